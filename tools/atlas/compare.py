#!/usr/bin/env python3
"""Compare the atlas with timm: names and shapes of all published models, and forward passes of a sample.

    python compare.py names
    python compare.py run TOOL [NAME…] [--image-size HEIGHTxWIDTH] [--folder FOLDER] [--table FILE]
    with torch 2.13.0, timm 1.0.31, safetensors, onnx 1.23.2, onnxruntime

`names` reads the packed file and asks timm for every published model. `run` makes a checkpoint with random weights and
running statistics of each architecture (without names: the smallest of each of timm's files), converts it with the
tool, and compares in turn: the tool's logits with PyTorch's in float32 (in roundings of the greatest, 2^-24 each) and
float64, onnx's checker, onnxruntime at opsets 17 and 20, and the state dict that comes back. With `--image-size` timm's
model is made for that size and loads the checkpoint by its own loader, which adapts tables of positions; `other` is the
smallest form of each file that has a graph for other sizes, at one of them.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy
import timm
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fixtures" / "atlas"))
from make import Wide  # noqa: E402

ATLAS = ROOT / "Sources" / "CAtlas" / "atlas.zip"
ELEMENT_TYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


class Reader:
    """The file's numbers and texts; see Sources/Atlas/README.md."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def number(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def text(self):
        count = self.number()
        self.at += count
        return self.data[self.at - count:self.at].decode()

    def list(self, item):
        return [item() for _ in range(self.number())]

    def expression(self, classes, channels):
        head = self.number()
        factor, value = (head >> 1, self.number()) if head & 1 else (0, head >> 1)
        value = value >> 1 if value % 2 == 0 else -(value >> 1) - 1
        return value * {0: 1, 2: classes, 3: channels}[factor]


def read_index(archive):
    reader = Reader(archive.read("index"))
    reader.number(), reader.text(), reader.text()
    for _ in range(5):
        reader.list(reader.text)
    reader.list(lambda: (reader.text(), reader.list(reader.text)))

    def entry():
        name, _, flags = reader.text(), reader.number(), reader.number()
        _, height, width, parameters = [reader.number() for _ in range(4)]
        group, offset, length = reader.number(), reader.number(), reader.number()
        reader.at += 24
        reader.number()
        reader.list(reader.number)
        tags = reader.list(lambda: (reader.text(), reader.number(), reader.number()))
        grid = None
        if flags & 8:
            *_, step, top, low, left, square = [reader.number() for _ in range(8)]
            grid = (step, top, low, left, square)
        elif not flags & 2:
            reader.number()
        return name, bool(flags & 1), parameters * height * width, group, offset, [tag[0] for tag in tags], grid

    return reader.list(entry)


def read_state(archive, group, offset, classes, channels):
    reader = Reader(archive.read(f"graphs/{group}"), offset)
    rows, previous = [], ""
    for _ in range(reader.number()):
        common = reader.number()
        previous = previous[:common] + reader.text()
        element = ELEMENT_TYPES[reader.number()]
        rows.append((previous, tuple(reader.list(lambda: reader.expression(classes, channels))), element))
    return rows


def names():
    archive = zipfile.ZipFile(ATLAS)
    places = {}
    for name, _, _, group, offset, tags, _ in read_index(archive):
        for tag in tags:
            places[f"{name}.{tag}" if tag else name] = (group, offset)
    published, agreed, wrong = timm.list_pretrained(), 0, []
    for known in published:
        if known not in places:
            wrong.append(f"{known}: not in the atlas")
            continue
        with torch.device("meta"):
            model = timm.create_model(known)
        config = timm.get_pretrained_cfg(known)
        wanted = [(key, tuple(tensor.shape), str(tensor.dtype)[6:]) for key, tensor in model.state_dict().items()]
        found = read_state(archive, *places[known], config.num_classes, config.input_size[0])
        if found == wanted:
            agreed += 1
        else:
            differing = [pair for pair in zip(found, wanted) if pair[0] != pair[1]]
            wrong.append(f"{known}: {len(found)} tensors, {len(wanted)} in timm, first difference {differing[:1]}")
    print(*wrong, sep="\n")
    print(f"{agreed} of {len(published)} published models have timm's names, shapes and types")
    return 1 if wrong else 0


def randomize(model, seed):
    """Random running statistics; what starts as a constant (norms, layer scales, heads) becomes random too."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
        elif name.endswith("running_mean"):
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.1)
        elif tensor.is_floating_point() and tensor.numel() > 1 and tensor.min() == tensor.max():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * (0.1 if tensor.ndim < 2 else 0.02))


def convert(tool, source, target, *options):
    done = subprocess.run([tool, "convert", source, "-o", target, *options], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip()[:600])
    return done.stdout


def infer(tool, model, image, target, *options):
    done = subprocess.run([tool, "run", model, "--input", image, "-o", target, *options], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip()[:600])
    return list(numpy.load(target).values())[0]


def difference(found, wanted):
    if found.shape != wanted.shape:
        return float("inf")
    return float(numpy.abs(found.astype(numpy.float64) - wanted).max())


def for_size(name, size, checkpoint=None):
    """timm's model for another size, with the weights of a checkpoint, if any, as its loader adapts them."""
    loading = {"pretrained": True, "pretrained_cfg_overlay": {"file": checkpoint}} if checkpoint else {}
    for keywords in ({"img_size": size}, {}):
        try:
            model = timm.create_model(name, **loading, **keywords)
            return model.eval().requires_grad_(False)
        except TypeError as error:
            if "img_size" not in str(error):
                raise
    raise TypeError("img_size")


def measure(tool, name, folder, image_size=None):
    import onnx
    import onnxruntime
    from safetensors.numpy import load_file
    from safetensors.torch import save_file

    torch.manual_seed(1)
    model = timm.create_model(name).eval().requires_grad_(False)
    size = model.pretrained_cfg["input_size"]
    with torch.no_grad():
        randomize(model, 2)
    state = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
    checkpoint, image_file = f"{folder}/{name}.safetensors", f"{folder}/{name}.npz"
    save_file({key: tensor.clone() for key, tensor in state.items()}, checkpoint)
    if image_size:
        model = for_size(name, image_size, checkpoint)
        size = (size[0], *image_size)
    image = torch.randn(2, *size, generator=torch.Generator().manual_seed(3))
    numpy.savez(image_file, input=image.numpy())
    with torch.no_grad():
        single = model(image)
        single = (single if isinstance(single, torch.Tensor) else single[0]).numpy().astype(numpy.float64)
        with Wide():
            if image_size:
                # Tables that the constructor makes for the size are nodes of the graph, and float64 there too.
                torch.set_default_dtype(torch.float64)
                wide = for_size(name, image_size)
                torch.set_default_dtype(torch.float32)
                wide.load_state_dict(model.state_dict())
                own = wide(image.double())
            double = model.double()(image.double())
        double = (double if isinstance(double, torch.Tensor) else double[0]).numpy()
        own = (own if isinstance(own, torch.Tensor) else own[0]).numpy() if image_size else double
    del model
    sized = ["--image-size", "{}x{}".format(*image_size)] if image_size else []
    rounding = numpy.abs(double).max() * 2.0**-24
    row = {"name": name, "size": size[1:], "greatest": float(numpy.abs(double).max()),
           "torch": difference(single, double) / rounding}
    for opset in ("17", "20"):
        path = f"{folder}/{name}.{opset}.onnx"
        # Some resample positions in their forward pass, against aliasing, which ONNX has from 18 on.
        folding = ["--fold"] if image_size and opset == "17" else []
        convert(
            tool, checkpoint, path, "--architecture", name, "--atlas", "--opset", opset, "--no-digest", *sized, *folding)
        onnx.checker.check_model(path, full_check=True)
        options = onnxruntime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 3, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        row[f"ort{opset}"] = difference(session.run(None, {"input": image.numpy()})[0], single) / rounding
        del session
    found = infer(tool, path, image_file, f"{folder}/{name}.out.npz")
    row["single"] = difference(found, single) / rounding
    row["single_to_double"] = difference(found, double) / rounding
    found = infer(tool, path, image_file, f"{folder}/{name}.out.npz", "--precision", "float64")
    # Other tables are stored as float32 has them.
    row["double"] = min(difference(found, double), difference(found, own))
    back = f"{folder}/{name}.back.safetensors"
    convert(tool, path, back)
    returned = load_file(back)
    row["back"] = list(returned) == list(load_file(checkpoint)) and all(
        returned[key].tobytes() == tensor.numpy().tobytes() for key, tensor in state.items())
    for path in pathlib.Path(folder).glob(f"{name}.*"):
        path.unlink()
    return row


def passes(row):
    """Twenty roundings of PyTorch's, or, where PyTorch itself is farther from float64, not farther than twice that;
    onnxruntime, which sums in another order than either, within a ten-thousandth of the greatest logit."""
    return (row["single"] <= 20 or row["single_to_double"] <= 2 * row["torch"]) and row["double"] <= 1e-9 * max(
        1, row["greatest"]) and max(row["ort17"], row["ort20"]) <= 1e-4 * 2**24 and row["back"]


def smallest_of_each_file(other_sizes=False, names=()):
    """(name, image size): with other sizes an oblong one where it may be, one and two steps from the smallest."""
    from timm.models._registry import _model_to_module
    best = {}
    for name, headless, cost, _, _, _, grid in read_index(zipfile.ZipFile(ATLAS)):
        module = _model_to_module[name]
        if other_sizes and (grid is None or headless) or names and name not in names:
            continue
        module = name if names else module
        if module not in best or cost < best[module][0]:
            size = None
            if other_sizes:
                step, _, low, left, square = grid
                size = (low + step, left + step * (1 if square else 2))
            best[module] = (cost, name, size)
    return [(name, size) for _, (_, name, size) in sorted(best.items())]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("names", "run"))
    parser.add_argument("tool", nargs="?")
    parser.add_argument("architectures", nargs="*")
    parser.add_argument("--image-size", help="HEIGHTxWIDTH, or 'other': one of each form's own")
    parser.add_argument("--folder")
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "names":
        return names()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        given = options.image_size
        size = tuple(int(side) for side in given.split("x")) if given and given != "other" else None
        rows_to_make = [(name, size) for name in options.architectures]
        if given == "other" or not rows_to_make:
            rows_to_make = smallest_of_each_file(given == "other", options.architectures)
        for name, size in rows_to_make:
            try:
                row = measure(options.tool, name, options.folder or temporary, size)
            except Exception as error:
                row = {"name": name, "error": f"{type(error).__name__}: {error}"[:600]}
            rows.append(row)
            print(("ok   " if "error" not in row and passes(row) else "FAIL ") + json.dumps(row), flush=True)
            if options.table:
                options.table.write_text(json.dumps(rows, indent=1))
    good = sum("error" not in row and passes(row) for row in rows)
    print(f"{good} of {len(rows)} architectures agree")
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
