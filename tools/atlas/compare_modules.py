#!/usr/bin/env python3
"""Compare outputs at modules and without head, of models whose graph is from the atlas, with PyTorch's.

    python compare_modules.py TOOL [NAME…] [--table FILE]
    with torch 2.13.0, timm 1.0.31, safetensors, onnx 1.23.2

Each architecture (without names: the smallest of each of timm's files) gets random weights and running statistics. All
modules that the converted model knows are asked for with `--module`, run in float64, and compared with what PyTorch's
modules return in float64 when they are last called. `--no-head` is compared with timm's `reset_classifier(0)`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import compare
import numpy
import onnx
import timm
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(compare.ROOT / "fixtures" / "atlas"))
from make import Wide  # noqa: E402

MODULES = "weightbridge.module_outputs"


def call(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip()[:600])


def outputs(tool, model, image, target):
    call(tool, "run", model, "--input", image, "-o", target, "--precision", "float64")
    return dict(numpy.load(target))


def hooked(model, image):
    """What each module returned when it was last called, where that is one tensor, and the model's own result."""
    found = {}

    def keep(name):
        def hook(_, __, result):
            found.pop(name, None)
            if isinstance(result, torch.Tensor):
                found[name] = result.clone().numpy()
        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in model.named_modules() if name]
    model(image)
    for handle in handles:
        handle.remove()
    return found


def distance(found, wanted):
    """The greatest difference as a part of the greatest number."""
    if found.shape != wanted.shape:
        return float("inf")
    return float(numpy.abs(found - wanted).max() / max(numpy.abs(wanted).max(), 1e-300))


@torch.no_grad()
def measure(tool, name, folder):
    torch.manual_seed(1)
    model = timm.create_model(name).eval().requires_grad_(False)
    compare.randomize(model, 2)
    image = torch.randn(1, *model.pretrained_cfg["input_size"], generator=torch.Generator().manual_seed(3))
    numpy.savez(f"{folder}/image.npz", input=image.numpy())
    checkpoint, options = f"{folder}/model.safetensors", ["--architecture", name, "--atlas", "--no-digest"]
    save_file({key: tensor.clone().contiguous() for key, tensor in model.state_dict().items()}, checkpoint)
    model = model.double()
    with Wide():
        wanted = hooked(model, image.double())

    call(tool, "convert", checkpoint, "-o", f"{folder}/whole.onnx", *options)
    nodes = onnx.load(f"{folder}/whole.onnx", load_external_data=False).graph.node
    known = [path for node in nodes for entry in node.metadata_props if entry.key == MODULES
             for path in entry.value.split("\n")]
    known = list(dict.fromkeys(known))
    asked = [path for path in known if path in wanted]
    arguments = [part for path in asked for part in ("--module", path)]
    call(tool, "convert", checkpoint, "-o", f"{folder}/part.onnx", *options, *arguments)
    found = outputs(tool, f"{folder}/part.onnx", f"{folder}/image.npz", f"{folder}/out.npz")
    distances = {path: distance(found[path], wanted[path]) for path in asked}
    row = {
        "name": name, "called": len(wanted), "known": len(asked),
        "containers": len([path for path in known if path not in wanted]),
        "greatest": max(distances.values()), "wrong": [path for path, value in distances.items() if value > 1e-9],
        "top": [path for path in asked if "." not in path], "unknown_top": [
            path for path in wanted if "." not in path and path not in known]}
    try:
        call(tool, "convert", checkpoint, "-o", f"{folder}/features.onnx", *options, "--no-head")
        found = outputs(tool, f"{folder}/features.onnx", f"{folder}/image.npz", f"{folder}/out.npz")
        row["features_shape"] = list(next(iter(found.values())).shape)
        model.reset_classifier(0)
        with Wide():
            result = model.eval()(image.double())
        result = (result if isinstance(result, torch.Tensor) else result[0]).numpy()
        row["features"] = distance(next(iter(found.values())), result)
    except Exception as error:
        row["no_head"] = f"{type(error).__name__}: {error}"[:300]
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("architectures", nargs="*")
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in options.architectures or compare.smallest_of_each_file():
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows.append(measure(options.tool, name, folder))
            except Exception as error:
                rows.append({"name": name, "error": f"{type(error).__name__}: {error}"[:600]})
        print(json.dumps(rows[-1]), flush=True)
        if options.table:
            options.table.write_text(json.dumps(rows, indent=1) + "\n")
    wrong = [row for row in rows if "error" in row or row["wrong"]]
    print(f"{len(rows) - len(wrong)} of {len(rows)} agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
