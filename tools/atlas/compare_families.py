#!/usr/bin/env python3
"""Compare the families that are written by hand with the atlas, where both know an architecture of timm's.

    python compare_families.py TOOL [--most MILLIONS] [--table FILE]
    with timm 1.0.31, safetensors

Each published architecture of the timm files that families cover, of at most so many million parameters, gets random
weights and a config.json that names it. Both graphs run in float64, convolutional ones on a small image.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import timm
import torch
from safetensors.torch import save_file
from timm.models._registry import _model_to_module

FILES = {"convmixer": 56, "deit": None, "inception_v3": 107, "mlp_mixer": None, "resnet": 64, "vision_transformer": None}


def number(name, shape, generator):
    uniform = torch.rand(shape, generator=generator) * 2 - 1
    if name.endswith("running_var"):
        return uniform / 2 + 1
    if len(shape) > 1:
        return uniform * (6 / max(1, numpy.prod(shape[1:]))) ** 0.5
    return uniform / 5 + 1 if name.endswith("weight") else uniform / 10


def measure(tool, name, folder):
    with torch.device("meta"):
        model = timm.create_model(name)
    generator = torch.Generator().manual_seed(1)
    save_file({
        key: number(key, tensor.shape, generator) if tensor.is_floating_point() else torch.zeros(
            tensor.shape, dtype=tensor.dtype) for key, tensor in model.state_dict().items()
    }, f"{folder}/model.safetensors")
    pathlib.Path(f"{folder}/config.json").write_text(json.dumps({"architecture": name}))
    channels, *size = model.pretrained_cfg["input_size"]
    small = FILES[_model_to_module[name]]
    if small:
        size = [small, small]
    image = torch.randn(1, channels, *size, generator=generator).numpy()
    numpy.savez(f"{folder}/image.npz", input=image)
    results = []
    for road in ("--no-atlas", "--atlas"):
        command = [tool, "run", f"{folder}/model.safetensors", "--input", f"{folder}/image.npz", "-o",
                   f"{folder}/out.npz", "--precision", "float64", "--batch", "1", road]
        done = subprocess.run(command + (["--image-size", f"{size[0]}x{size[1]}"] if small else []),
                              capture_output=True, text=True)
        if done.returncode:
            return {"name": name, "refused": road, "error": (done.stdout + done.stderr).strip()[:300]}
        results.append(list(numpy.load(f"{folder}/out.npz").values())[0])
    scale = numpy.abs(results[0]).max()
    return {"name": name, "scale": float(scale), "difference": float(numpy.abs(results[0] - results[1]).max() / scale)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("--most", type=float, default=30)
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    done = subprocess.run([options.tool, "architectures", "--atlas", "--json"], capture_output=True, check=True)
    known = {row["name"]: row["parameters"] for row in json.loads(done.stdout) if row.get("source") == "atlas"}
    names = [name for name, parameters in known.items()
             if _model_to_module.get(name) in FILES and parameters <= options.most * 1e6]
    rows = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(options.tool, name, folder))
        print(json.dumps(rows[-1]), flush=True)
        if options.table:
            options.table.write_text(json.dumps(rows, indent=1) + "\n")
    good = sum(row.get("difference", 1) <= 1e-10 for row in rows)
    print(f"{good} of {len(rows)} agree")
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
