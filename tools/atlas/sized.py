#!/usr/bin/env python3
"""Export the graphs of other image sizes, where export.py found a graph that holds for the published size alone.

    OMP_NUM_THREADS=1 python sized.py --cache FOLDER [NAME…]       after export.py, with the same versions

The constructor is written down as well as the forward pass, so that tables of relative positions, masks and rotations,
which Python makes for one size, are nodes too. A form is traced at four sizes, oblong ones where timm allows it, with
other batches, classes and channels. Sizes are a base and steps from there; the coarser ones are tried after the finer,
until all traces have the same operators. Each number that differs is an expression with two unknowns of which two
traces are the proof (fit.py); where one is rounded to whole windows, there are more traces at sizes where the roundings
that fit differ, until one is left. A state tensor whose shape changes wants a rule of timm's (rules.py).
"""
import argparse
import itertools
import logging
import math
import pathlib
import pickle
import time
import traceback
import zlib

import timm.layers.pos_embed_rel
import torch

import export
from align import contents, references, together
from export import functional_call, state
from fit import Fitter, Unfit
from rules import grids, has_rule, rule_of

BATCHES = (2, 5, 3, 7, 4, 6, 2)
CLASSES = (1000, 1013, 1009, 1019, 1000, 1021, 1031)
# Models that take no oblong images.
ONLY_SQUARE = {"mvitv2.MultiScaleVit", "nest.Nest", "convit.ConVit"}
# The largest image traced has at least this many pixels a side, and twice the published size more than the smallest;
# where windows are as large as the published image of a stage, that has to hold several of them.
FAR = 768
WINDOWED = {"swin_transformer.SwinTransformer": 1024, "swin_transformer_v2.SwinTransformerV2": 1600,
            "swin_transformer_v2_cr.SwinTransformerV2Cr": 1024}
# Pairs of step and base that are tried.
TRIES = 6
# The most traces that are made to tell roundings apart.
MOST_TRACES = 20
# Steps that don't follow from the patch: two patches of one image, pooled patches, blocks of attention with halos.
STEPS = {
    "byobnet.ByobNet": [32, 256], "crossvit.CrossVit": [120], "gemma4_vit.Gemma4VitEncoder": [48],
    "naflexvit.NaFlexVit": [16, 32],
    "swin_transformer.SwinTransformer": [32], "swin_transformer_v2.SwinTransformerV2": [32],
    "swin_transformer_v2_cr.SwinTransformerV2Cr": [32]}
# Operators that hand on what they get.
PASSED = {"aten.alias.default", "aten.detach.default", "aten.lift_fresh.default", "aten.contiguous.default",
          "aten.dropout.default", "aten.dropout_.default", "aten.detach_.default"}


class Recorder(export.Recorder):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if [str(returned.type) for returned in function._schema.returns] in (["Scalar"], ["number"], ["bool"], ["int"]):
            # What Python computes with is a number of the nodes after it.
            return function(*args, **(kwargs or {}))
        return super().__torch_dispatch__(function, types, args, kwargs)


def lookups(length, max_relative_position=None, device=None, dtype=None):
    """timm's generate_lookup_tensor, which fills the table number by number, in operators."""
    assert max_relative_position is None
    place = torch.arange(length, device=device)
    offset = place.unsqueeze(0) - place.unsqueeze(1) + (length - 1)
    return (offset.unsqueeze(2) == torch.arange(2 * length - 1, device=device)).to(dtype or torch.float32)


for size in (1, 2, 7):
    assert torch.equal(lookups(size), timm.layers.pos_embed_rel.generate_lookup_tensor(size))
timm.layers.pos_embed_rel.generate_lookup_tensor = lookups


def create(name, classes, channels, size, recorder):
    for keywords in ({"img_size": size}, {}):
        try:
            with export.enable_python_dispatcher(), recorder:
                model = export.timm.create_model(
                    name, pretrained=False, num_classes=classes, in_chans=channels, **keywords)
            return model.eval().requires_grad_(False)
        except TypeError as error:
            if "img_size" not in str(error):
                raise
    raise TypeError("img_size")


def trace(name, batch, classes, channels, size):
    """The graph for one size, with what the constructor computes for it."""
    recorder = Recorder()
    model = create(name, classes, channels, size, recorder)
    fake = export.FakeTensorMode(allow_non_fake_inputs=True)
    real = state(model)
    persistent = set(model.state_dict(keep_vars=True))
    converted = {id(tensor): fake.from_tensor(tensor, static_shapes=True) for tensor in real.values()}
    values = {key: converted[id(tensor)] for key, tensor in real.items()}
    with fake:
        image = torch.empty(batch, channels, *size)
    names = {id(module): key for key, module in model.named_modules()}
    sources = {recorder.number(image, fresh=True): ("user", "x")}
    tensors = {}
    for key, tensor in values.items():
        if key in persistent:
            sources.setdefault(recorder.number(tensor, fresh=tensor not in recorder.numbers), ("state", key))
        elif real[key] in recorder.numbers:
            recorder.numbers[tensor] = recorder.numbers[real[key]]
        else:
            sources[recorder.number(tensor, fresh=True)] = ("constant", key)
            tensors[key] = real[key]
    before = export.register_module_forward_pre_hook(
        lambda module, _: recorder.path.append(names.get(id(module), recorder.path[-1])))
    after = export.register_module_forward_hook(lambda module, *_: recorder.leave(), always_call=True)
    try:
        with torch.no_grad(), export.enable_python_dispatcher(), fake, recorder:
            result = functional_call(model, values, (image,), strict=True)
    finally:
        before.remove()
        after.remove()
    outputs = [recorder.number(tensor) for tensor in ([result] if isinstance(result, torch.Tensor) else result)]
    for number, tensor in recorder.constants.items():
        sources[number] = ("constant", f"lifted_{number}")
        tensors[f"lifted_{number}"] = tensor
    found = tidy(recorder.nodes, recorder.types, outputs, sources, tensors)
    found["state"] = [(key, tuple(tensor.shape), str(tensor.dtype)[6:]) for key, tensor in model.state_dict().items()]
    found["grids"] = grids(model)
    found.update(batch=batch, classes=classes, channels=channels)
    return found


def operator(name):
    found = torch.ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


def tidy(nodes, types, outputs, sources, tensors):
    """The nodes that outputs depend on: (operator, arguments, results, whether they are a list, module)."""
    same, rows = {}, []

    def moved(value):
        if isinstance(value, tuple) and value and value[0] == "t":
            return ("t", same.get(value[1], value[1]))
        if isinstance(value, tuple) and value and value[0] == "T":
            return ("T", [None if item is None else same.get(item, item) for item in value[1]])
        return value

    for number, (kind, name) in sources.items():
        tensor = tensors.get(name)
        if kind == "constant" and tensor.ndim == 0 and tensor.dtype == torch.int64:
            # A number that is written into a table may depend on the size.
            rows.append(("aten.full.default", [("size", []), ("fill_value", int(tensor)), ("dtype", ("dtype", "int64"))],
                         [number], False, ""))
    for node in nodes:
        if "_assert" in node[0]:
            continue
        arguments = [(key, moved(value)) for key, value in node[1]]
        if node[0] in PASSED:
            same[node[2][0]] = arguments[0][1][1]
            continue
        listed = bool(node[2]) and isinstance(node[2][0], list)
        rows.append((node[0], arguments, node[2][0] if listed else node[2], listed, node[3]))
    outputs = [same.get(number, number) for number in outputs]
    made = {number for row in rows for number in row[2]}
    return {"rows": live(rows, outputs), "outputs": outputs, "types": types, "tensors": tensors,
            "sources": {number: source for number, source in sources.items() if number not in made}}


def live(rows, outputs):
    """The rows that outputs depend on, through writes into views as well: values that may share memory are one."""
    parent = {}

    def root(number):
        while parent.get(number, number) != number:
            parent[number] = parent.get(parent[number], parent[number])
            number = parent[number]
        return number

    writers = []
    for place, (name, arguments, results, _, _) in enumerate(rows):
        info = {argument.name: argument.alias_info for argument in operator(name)._schema.arguments}
        for key, value in arguments:
            for number in references(value) if info[key] is not None else ():
                for result in results:
                    parent[root(result)] = root(number)
                if info[key].is_write:
                    writers.append((place, number))
    makers = {}
    for place, (_, _, results, _, _) in enumerate(rows):
        for number in results:
            makers.setdefault(root(number), []).append(place)
    for place, number in writers:
        makers.setdefault(root(number), []).append(place)
    open_roots, kept = [root(number) for number in outputs], set()
    seen = set(open_roots)
    while open_roots:
        for place in makers.get(open_roots.pop(), ()):
            if place in kept:
                continue
            kept.add(place)
            for number in [number for _, value in rows[place][1] for number in references(value)]:
                if root(number) not in seen:
                    seen.add(root(number))
                    open_roots.append(root(number))
    return [rows[place] for place in sorted(kept)]


def candidates(record, key):
    """Steps and bases to try: (step, base height, base width)."""
    _, height, width = record["input"]
    stride = next((dict(row[1])["stride"][0] for row in record["first"]["nodes"]
                   if row[0] == "aten.conv2d.default" and "stride" in dict(row[1])), 1)
    patch = stride if stride >= 8 else 14 if height % 16 and height % 14 == 0 else 16
    steps = STEPS.get(key, [patch, patch * 2] if stride >= 8 else [32, 64])
    for step in steps:
        up = [math.ceil(side / step) * step for side in (height, width)]
        half = [math.ceil(side / 2 / step) * step for side in (height, width)]
        for base in (half, [side + step for side in up], [side * 2 + step for side in up]):
            yield step, tuple(base)


def sizes_of(record, key, step, base):
    """Heights and widths of the first traces, which reach from the base to the largest size; the largest side."""
    far = WINDOWED.get(key, FAR)
    last = math.ceil(max(far - min(base), (2 if far == FAR else 4) * max(record["input"][1:])) / step)
    moves = ((0, 1), (2, 0), (last // 2 + 1, last), (last, last // 2 + 2),
             (1, last // 3), (last // 3 + 1, 2), (last // 4, last // 4 + 3))
    if key in ONLY_SQUARE:
        moves = tuple((side, side) for side in (0, 1, last // 2, last, 2, last // 3, last // 4 + 1))
    sizes = [(base[0] + step * down, base[1] + step * right) for down, right in moves]
    return sizes, max(max(size) for size in sizes[:4])


def entry(record):
    """The graph of other sizes, or why there is none."""
    # A published model's configuration may settle widths.
    name = f"{record['name']}.{record['tag']}" if record["tag"] else record["name"]
    headless = record["headless"]
    key = f"{record['module'].rpartition('.')[2]}.{record['class']}"
    first, wide = record["input"][0], record["second_input"][0]
    reasons, hopeless = [], None
    for step, base in itertools.islice(candidates(record, key), TRIES):
        if step == hopeless:
            continue
        traces = []
        sizes, top = sizes_of(record, key, step, base)
        while True:
            place = len(traces)
            try:
                traces.append(trace(
                    name, BATCHES[place % len(BATCHES)], 0 if headless else CLASSES[place % len(CLASSES)],
                    wide if place == 1 else first, sizes[place]))
                for row, other in zip(record["state"], traces[0]["state"]):
                    if row[1] != other[1] and not has_rule(key, row[0]):
                        return {"reason": f"timm has no rule for {row[0]}"}
                if place < 3:
                    continue
                reference, rows = together(traces)
            except Unfit as error:
                reasons.append(str(error))
                break
            except Exception as error:
                # An assertion often has no text but its condition.
                said = str(error) or (traceback.extract_tb(error.__traceback__)[-1].line or "")
                said = said.partition("\n")[0].partition(" (")[0].partition("!")[0]
                reasons.append(f"timm's model fails at other sizes: {type(error).__name__}: {said}"[:160])
                break
            known = [(trace["batch"], trace["classes"], trace["channels"]) for trace in traces]
            fitter = Fitter(*zip(*known), sizes[:len(traces)], step, base, top, key in ONLY_SQUARE)
            try:
                found = merge(record, key, traces, reference, rows, fitter)
                undecided = fitter.undecided()
                if undecided is None:
                    return found
                if len(traces) == MOST_TRACES:
                    raise Unfit("a number is rounded in a way that isn't found")
                sizes[len(traces):] = [undecided]
            except Unfit as error:
                # A number of few values wants more of them.
                if "a number is" in str(error) and len(traces) < len(sizes):
                    continue
                reasons.append(str(error))
                hopeless = step
                if "no rule" in reasons[-1]:
                    return {"reason": reasons[-1]}
                break
    return {"reason": reasons[-1]}


def merge(record, key, traces, reference, aligned_rows, fitter):
    """One graph of four, with expressions where numbers differ. Values are numbered anew: what the graph reads, in the
    order of its first use, then results."""
    shapes, rules = [], []
    for rows in zip(*(found["state"] for found in traces), strict=True):
        if len({row[0] for row in rows}) > 1:
            raise Unfit("names of weights depend on the size")
        shapes.append((rows[0][0], fitter.merged([list(row[1]) for row in rows]), rows[0][2]))
    old = {name: shape for name, shape, _ in record["state"]}
    for place, (name, shape, _) in enumerate(shapes):
        if any(fitter.is_of_size(side) for side in shape):
            rule = rule_of(key, name, shape, old[name], record, [found["grids"] for found in traces], fitter)
            rules.append((place, rule))
    numbers, inputs, constants = {}, [], {}
    for row in reference["rows"]:
        for number in [number for _, value in row[1] for number in references(value)]:
            if number in reference["sources"] and number not in numbers:
                kind, name = reference["sources"][number]
                if kind == "constant":
                    data = contents(reference["tensors"][name])
                    name = f"constant_{len(constants)}"
                    constants[name] = data
                inputs.append((kind, name, len(numbers)))
                numbers[number] = len(numbers)
    for row in reference["rows"]:
        for number in row[2]:
            numbers[number] = len(numbers)

    def renumbered(value):
        if value[0] == "t":
            return ("t", numbers[value[1]])
        return ("T", [None if item is None else numbers[item] for item in value[1]])

    nodes = []
    for place, (name, arguments, results, listed, module) in enumerate(reference["rows"]):
        values = []
        for index, (argument, value) in enumerate(arguments):
            others = [rows[place][index][1] for rows in aligned_rows]
            values.append((argument, renumbered(value) if references(value) else fitter.merged(others)))
        results = [numbers[number] for number in results]
        nodes.append((name, values, [results] if listed else results, module))
    outputs = [numbers[number] for number in reference["outputs"]]
    return {"step": fitter.step, "base": fitter.base, "top": fitter.top, "square": fitter.square, "state": shapes,
            "rules": rules, "nodes": nodes, "inputs": inputs, "outputs": outputs, "constants": constants,
            "expressions": fitter.expressions}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.ERROR)
    start, counts = time.time(), {"sized": 0, "one": 0, "missing": 0}
    for label, name, _, headless in export.plan():
        if options.names and name not in options.names:
            continue
        path = options.cache / f"{label}.z"
        target = path.with_suffix(".sized")
        if target.exists() and not options.names:
            continue
        if not path.exists():
            counts["missing"] += 1
            continue
        record = pickle.loads(zlib.decompress(path.read_bytes()))
        if record["second_input"][1:] != record["input"][1:]:
            continue
        began = time.time()
        found = entry(record)
        target.with_suffix(".part").write_bytes(zlib.compress(pickle.dumps(found, 4), 3))
        target.with_suffix(".part").rename(target)
        counts["one" if "reason" in found else "sized"] += 1
        what = found.get("reason") or (
            f"steps of {found['step']} from {found['base']} to {found['top']}, {len(found['nodes'])} nodes, "
            f"{len(found['expressions'])} expressions, {len(found['rules'])} rules")
        print(f"{label} {record['input'][1]}: {what}, {time.time() - began:.2f} s", flush=True)
    print(f"{counts}, {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
