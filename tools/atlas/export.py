#!/usr/bin/env python3
"""Export the graph of every architecture of timm that has pretrained weights, without weights, for pack.py.

    OMP_NUM_THREADS=1 python export.py --cache FOLDER [NAME…]       with torch 2.13.0 and timm 1.0.31

A model's forward pass runs on fake tensors, while a mode above autograd writes down the ATen operators: the operators
that torch.export keeps before decomposition, at a tenth of its time. One file an architecture and form (with its head,
without), so that the export resumes where it stopped; one architecture of each of timm's files comes first.

Each graph is traced twice: with a batch of 2 and the published input size, and with a batch of 5, other classes, other
input channels and, where the model takes it, an oblong image of another size. Numbers that differ are found by
comparing the two; pack.py makes expressions of them.
"""
import argparse
import hashlib
import itertools
import json
import logging
import math
import pathlib
import pickle
import time
import traceback
import zlib

import torch
import torch.nn.init

assert torch.__version__.startswith("2.13."), torch.__version__

BATCHES = (2, 5)
CLASSES = (1000, 1013)
CHANNELS = 5
ENLARGED = (64, 128)
ODD = (33, 95)


def leave(tensor, *args, **kwargs):
    """Initialisation costs time and memory, and no graph depends on it."""
    return tensor


for function in dir(torch.nn.init):
    if function.endswith("_") and not function.startswith("_"):
        setattr(torch.nn.init, function, leave)
for function in ("normal_", "uniform_", "erfinv_"):
    setattr(torch.Tensor, function, leave)

import timm  # noqa: E402
import timm.layers.weight_init  # noqa: E402
import timm.models.beit  # noqa: E402
import timm.models.eva  # noqa: E402

timm.layers.weight_init._trunc_normal_ = leave
for owner in (timm.models.beit.Beit, timm.models.eva.Eva):
    owner.fix_init_weight = lambda self: None
assert timm.__version__ == "1.0.31", timm.__version__

from torch._dispatch.python import enable_python_dispatcher  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.fx.experimental.proxy_tensor import ProxyTorchDispatchMode, PythonKeyTracer  # noqa: E402
from torch.utils.weak import WeakTensorKeyDictionary  # noqa: E402
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook  # noqa: E402
from torch.func import functional_call  # noqa: E402


class Recorder(ProxyTorchDispatchMode):
    """Writes down the operators that reach it, with the modules that call them.

    `nodes` holds (operator, [(argument, value)], [result], module). Values are ("t", k) for a tensor, by the number of
    the graph's value, ("T", [k or None]) for a list of tensors, and plain data for the rest.
    """

    def __init__(self):
        super().__init__(PythonKeyTracer(), "fake", pre_dispatch=True)
        self.nodes, self.types, self.constants = [], [], {}
        # Weak: a tensor that something else holds too is copied on its way out of a function that makes one.
        self.numbers, self.path = WeakTensorKeyDictionary(), [""]

    def leave(self):
        self.path.pop()

    def number(self, tensor, fresh=False):
        if fresh or tensor not in self.numbers:
            if not fresh:
                self.constants[len(self.types)] = tensor
            self.numbers[tensor] = len(self.types)
            self.types.append((str(tensor.dtype)[6:], tuple(tensor.shape)))
        return self.numbers[tensor]

    def value(self, argument):
        if isinstance(argument, torch.Tensor):
            return ("t", self.number(argument))
        if isinstance(argument, (list, tuple)):
            if any(isinstance(item, torch.Tensor) for item in argument):
                return ("T", [None if item is None else self.number(item) for item in argument])
            return [self.value(item) for item in argument]
        if argument is None or isinstance(argument, (bool, int, float, str)):
            return argument
        if isinstance(argument, torch.dtype):
            return ("dtype", str(argument)[6:])
        if isinstance(argument, (torch.device, torch.layout, torch.memory_format)):
            return (type(argument).__name__, str(argument))
        raise TypeError(f"an argument of type {type(argument).__name__}")

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        schema = function._schema
        if schema.name == "prim::device":
            return torch.device("cpu")
        arguments = [(schema.arguments[index].name, self.value(argument)) for index, argument in enumerate(args)]
        arguments += [(name, self.value(argument)) for name, argument in kwargs.items()]
        result = function(*args, **kwargs)
        single = [result] if isinstance(result, torch.Tensor) else result
        if not isinstance(single, (list, tuple)) or not all(isinstance(item, torch.Tensor) for item in single):
            if result is None and function.namespace == "aten" and "_assert" in schema.name:
                return result
            raise TypeError(f"{function} gives {type(result).__name__}")
        listed = len(schema.returns) == 1 and not isinstance(result, torch.Tensor)
        numbers = [self.number(item, fresh=True) for item in single]
        self.nodes.append((str(function), arguments, [numbers] if listed else numbers, self.path[-1]))
        return result


def create(name, classes, channels=None, size=None):
    kwargs = {"num_classes": classes}
    if channels:
        kwargs["in_chans"] = channels
    model = timm.create_model(name, pretrained=False, **kwargs)
    return model.eval().requires_grad_(False)


def state(model):
    return {**dict(model.named_parameters(remove_duplicate=False)), **dict(model.named_buffers(remove_duplicate=False))}


def trace(model, shape):
    """The graph of a model for one shape of input, and the tensors that are neither parameters nor results."""
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    real = state(model)
    recorder = Recorder()
    converted = {id(tensor): fake.from_tensor(tensor, static_shapes=True) for tensor in real.values()}
    values = {name: converted[id(tensor)] for name, tensor in real.items()}
    with fake:
        image = torch.empty(shape)
    names = {id(module): name for name, module in model.named_modules()}
    inputs = [("user", "x", recorder.number(image, fresh=True))]
    persistent = set(model.state_dict(keep_vars=True))
    for name, tensor in values.items():
        kind = "state" if name in persistent else "constant"
        tied = tensor in recorder.numbers
        inputs.append((kind, name, recorder.number(tensor, fresh=not tied)))
    before = register_module_forward_pre_hook(
        lambda module, _: recorder.path.append(names.get(id(module), recorder.path[-1])))
    after = register_module_forward_hook(lambda module, *_: recorder.leave(), always_call=True)
    try:
        with torch.no_grad(), enable_python_dispatcher(), fake, recorder:
            result = functional_call(model, values, (image,), strict=True)
    finally:
        before.remove()
        after.remove()
    outputs = [result] if isinstance(result, torch.Tensor) else list(result)
    assert outputs
    lifted = {}
    for index, (number, tensor) in enumerate(recorder.constants.items()):
        inputs.append(("constant", f"lifted_tensor_{index}", number))
        lifted[f"lifted_tensor_{index}"] = tensor
    constants = {name: tensor for name, tensor in real.items() if name not in persistent}
    constants.update(lifted)
    data = {}
    for name, tensor in constants.items():
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            raise TypeError(f"{name} is a {type(tensor).__name__} of {tuple(tensor.shape)}")
        array = tensor.detach().cpu().contiguous()
        data[name] = (str(array.dtype)[6:], tuple(array.shape), array.reshape(-1).view(torch.uint8).numpy().tobytes())
    return {
        "inputs": inputs, "outputs": [recorder.number(tensor) for tensor in outputs], "nodes": recorder.nodes,
        "types": recorder.types, "constants": data}


def entry(name, tag, headless):
    """The two graphs of one architecture, and all that config.json would say."""
    known = f"{name}.{tag}" if tag else name
    classes = (0, 0) if headless else CLASSES
    model = create(known, classes[0])
    config = model.pretrained_cfg
    channels, height, width = config["input_size"]
    record = {
        "name": name, "tag": tag, "headless": headless, "module": type(model).__module__, "class": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "state": [(key, tuple(tensor.shape), str(tensor.dtype)[6:]) for key, tensor in model.state_dict().items()],
        "input": (channels, height, width), "pooling": pooling(model),
    }
    record["first"] = trace(model, (BATCHES[0], channels, height, width))
    del model
    record["notes"] = []
    sizes = [(height + ENLARGED[0], width + ENLARGED[1]), (height, width)]
    for wide, size in itertools.product((CHANNELS, channels), sizes):
        if "second" in record and wide != record["second_input"][0] and same_reals(record):
            break
        try:
            # Anew each time: some models keep tables of the size that they saw last.
            other = create(known, classes[1], wide)
            second = trace(other, (BATCHES[1], wide, *size))
        except Exception as error:
            record["notes"].append(f"{wide}x{size[0]}x{size[1]}: {type(error).__name__}: {error}"[:300])
            continue
        for constant, (dtype, shape, data) in second["constants"].items():
            second["constants"][constant] = (dtype, shape, hashlib.sha256(data).digest())
        if "second" in record:
            record["enlarged"], record["enlarged_input"] = record["second"], record["second_input"]
        record["second"], record["second_input"] = second, (wide, *size)
        record["other_state"] = [(key, tuple(tensor.shape)) for key, tensor in other.state_dict().items()]
        if explained(record):
            break
    if "second" not in record:
        raise RuntimeError("; ".join(record["notes"]))
    record["odd"] = takes_odd(record, known)
    return record


def pooling(model):
    """What save_for_hf writes as `global_pool`."""
    found = getattr(model, "global_pool", None)
    return found if isinstance(found, str) else None


def takes_odd(record, known):
    """Whether the graph is also that of a size which shares no factor of two with the others: where images are padded
    to what strides want, it isn't."""
    (wide, height, width), (_, *size) = record["second_input"], record["input"]
    if [height, width] == size:
        return False
    try:
        other = create(known, 0 if record["headless"] else CLASSES[1], wide)
        third = trace(other, (BATCHES[1], wide, size[0] + ODD[0], size[1] + ODD[1]))
    except Exception:
        return False
    return repr(third["nodes"]) == repr(record["second"]["nodes"])


def explained(record):
    """Whether the numbers of the two graphs differ by no more than the batch: the graph takes any size of image."""
    first, second = record["first"], record["second"]
    if len(first["nodes"]) != len(second["nodes"]):
        return False
    for name, (dtype, shape, data) in first["constants"].items():
        if second["constants"].get(name, (0, 0, 0))[2] != hashlib.sha256(data).digest():
            return False
    channels = record["input"][0], record["second_input"][0]
    return all(same(one, two, channels) for one, two in zip(first["nodes"], second["nodes"]))


def same_reals(record):
    """Whether real numbers differ by no more than the number of input channels."""
    def reals(value):
        if isinstance(value, (list, tuple)):
            return [real for item in value for real in reals(item)]
        return [value] if isinstance(value, float) else []

    channels = record["input"][0], record["second_input"][0]
    one, two = reals(record["first"]["nodes"]), reals(record["second"]["nodes"])
    return len(one) == len(two) and all(same(*pair, channels) for pair in zip(one, two))


def same(one, two, channels):
    if type(one) is not type(two):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(same(*pair, channels) for pair in zip(one, two))
    if isinstance(one, int) and not isinstance(one, bool) and one != two:
        return one * BATCHES[1] == two * BATCHES[0]
    return one == two or isinstance(one, float) and root_scale(one, two, *channels) is not None


def root_scale(one, two, before, after):
    """g, where the numbers are g / √channels, as weight standardisation scales a stem; None where they aren't."""
    if before == after or not (math.isfinite(one) and one):
        return None
    near = one * before**0.5
    for scale in (near, math.nextafter(near, 0), math.nextafter(near, math.inf)):
        if scale * before**-0.5 == one and abs(scale * after**-0.5 - two) <= 2 * math.ulp(two):
            return scale
    return None


def width(name, tag):
    """What a published model's tag settles beside its name: the width of a projector to a language model."""
    module = getattr(timm.models, timm.models._registry._model_to_module[name])
    resolve = [value for key, value in vars(module).items() if key.startswith("_resolve_") and key.endswith("_out_features")]
    return resolve[0](name, tag) if resolve and name.endswith(("_align", "_enc", "_merge")) else None


def plan():
    """All forms to export: (label, name, tag, headless), one architecture of each of timm's files first. The label is the
    name, with the tag where an architecture has several widths."""
    forms = {}
    for known in timm.list_pretrained():
        name, _, tag = known.partition(".")
        config = timm.get_pretrained_cfg(known)
        forms.setdefault(name, {}).setdefault(width(name, tag), {}).setdefault(config.num_classes == 0, tag)
    turns = {}
    rows = []
    for name, widths in forms.items():
        module = timm.models._registry._model_to_module[name]
        turn = turns[module] = turns.get(module, -1) + 1
        for place, tags in enumerate(widths.values()):
            for headless, tag in sorted(tags.items()) + [(False, tags.get(True))] * (False not in tags):
                label = (name if place == 0 else f"{name}.{tag}") + (".headless" if headless else "")
                rows.append((turn, module, label, name, tag, headless))
    return [row[2:] for row in sorted(rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    logging.disable(logging.ERROR)
    rows = [row for row in plan() if not options.names or row[1] in options.names]
    start, failed = time.time(), 0
    for index, (label, name, tag, headless) in enumerate(rows):
        path = options.cache / f"{label}.z"
        if path.exists() and not options.names:
            continue
        try:
            began = time.time()
            record = entry(name, tag, headless)
            packed = zlib.compress(pickle.dumps(record, 4), 3)
            part = options.cache / f"{label}.part"
            part.write_bytes(packed)
            part.rename(path)
            sizes = "steps" if record["second_input"][1:] != record["input"][1:] else "one size"
            print(f"{index} {label} {len(record['first']['nodes'])} nodes, "
                  f"{'any size' if record['odd'] else sizes}, {len(packed)} B, {time.time() - began:.2f} s "
                  f"{json.dumps(record['notes'])}", flush=True)
        except Exception as error:
            failed += 1
            (options.cache / f"{label}.error").write_text(traceback.format_exc())
            print(f"{index} {label} FAILED {type(error).__name__}: {error}"[:400], flush=True)
    print(f"{len(rows)} forms, {failed} failed, {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
