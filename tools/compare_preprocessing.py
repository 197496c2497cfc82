#!/usr/bin/env python3
"""Compares `convert --embed-preprocessing` with timm's transform for evaluation: pixels, and a model's logits.

    WEIGHTBRIDGE_TOOL=.build/release/weightbridge python3 tools/compare_preprocessing.py [--images N] [--seed N]

For each interpolation, crop mode, size and opset an identity model gets its preprocessing built in; random pictures of
random sizes go through it, in onnxruntime and by `weightbridge run`, and through timm's transform on Pillow images.
The greatest difference of the 8-bit pixels is printed, and how many pictures differ; likewise for `Resize(antialias=1)`,
which is what ONNX offers as one operator. With --model FILE (a checkpoint that maps), the greatest change of its logits
as well. Exit status 1 where a pixel differs by our graph.

    pip install torch==2.13.0 timm==1.0.31 pillow==13.0.0 onnx==1.23.2 onnxruntime==1.31.1
"""
import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from PIL import Image
from timm.data.transforms_factory import transforms_imagenet_eval

TOOL = os.environ.get("WEIGHTBRIDGE_TOOL", ".build/release/weightbridge")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Interpolation, crop mode, height and width, crop fraction, opset.
CASES = [
    ("bicubic", "center", (224, 224), 0.96, 20),
    ("bicubic", "center", (224, 224), 0.875, 17),
    ("bicubic", "center", (384, 384), 1.0, 13),
    ("bilinear", "center", (224, 224), 0.875, 20),
    ("bicubic", "center", (160, 224), 0.9, 17),
    ("bicubic", "squash", (224, 224), 0.9, 20),
    ("bilinear", "squash", (448, 448), 0.875, 13),
    ("bicubic", "border", (224, 224), 0.9, 20),
    ("bilinear", "border", (96, 64), 1.0, 17),
    ("nearest", "center", (224, 224), 0.9, 17),
    ("nearest", "squash", (64, 96), 1.0, 13),
    ("box", "center", (224, 224), 0.9, 20),
    ("hamming", "center", (224, 224), 0.9, 17),
    ("lanczos", "squash", (224, 224), 0.9, 20),
]


def run(*arguments):
    subprocess.run([TOOL, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options)


def identity(folder, opset):
    """A model that returns what it is given."""
    shape = ["batch", 3, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["output"])], "identity",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)])
    path = folder / f"identity_{opset}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def embedded(folder, case):
    interpolation, mode, (height, width), crop, opset = case
    path = folder / f"{interpolation}_{mode}_{height}x{width}_{crop}_{opset}.onnx"
    settings = {
        "mean": ",".join(map(str, MEAN)), "std": ",".join(map(str, STD)), "crop_pct": crop,
        "interpolation": interpolation, "crop_mode": mode,
    }
    pairs = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    run("convert", identity(folder, opset), "-o", path, "--embed-preprocessing", "--image-size",
        f"{height}x{width}", *pairs)
    onnx.checker.check_model(str(path), full_check=True)
    return path


def pictures(random, count):
    """Pictures of random sizes: noise, and smooth ones with hard edges; some as narrow or small as pixels get."""
    for index in range(count):
        height, width = (int(size) for size in np.exp(random.uniform(np.log(16), np.log(1400), 2)))
        if index % 7 == 0:
            height, width = [(1, 1), (1, 300), (300, 1), (224, 224), (233, 233), (2, 3)][index // 7 % 6]
        noise = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
        if index % 2:
            rough = Image.fromarray(noise[: height // 9 + 1, : width // 7 + 1])
            noise = np.asarray(rough.resize((width, height), Image.BICUBIC)).copy()
            noise[height // 3 : height // 2, width // 4 : width // 2] = (255, 0, 128)
        yield noise


def antialiased(image, case):
    """The pixels that ONNX's Resize(antialias=1) gives where it can be told the size, rounded; None elsewhere."""
    interpolation, mode, (height, width), crop, _ = case
    if interpolation not in ("bicubic", "bilinear") or mode != "squash":
        return None
    size = [math.floor(height / crop), math.floor(width / crop)]
    node = helper.make_node(
        "Resize", ["x", "", "", "size"], ["y"], mode="cubic" if interpolation == "bicubic" else "linear",
        antialias=1, cubic_coeff_a=-0.5)
    graph = helper.make_graph(
        [node], "resize", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, *image.shape[:2]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, *size])],
        [helper.make_tensor("size", TensorProto.INT64, [4], [1, 3, *size])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    resizer = onnxruntime.InferenceSession(model.SerializeToString())
    x = image.astype(np.float32).transpose(2, 0, 1)[None]
    y = np.clip(np.rint(resizer.run(None, {"x": x})[0][0]), 0, 255)
    top, left = round((size[0] - height) / 2), round((size[1] - width) / 2)
    return y[:, top : top + height, left : left + width]


def transform(case):
    interpolation, mode, size, crop, _ = case
    return transforms_imagenet_eval(
        img_size=size, crop_pct=crop, crop_mode=mode, interpolation=interpolation, mean=MEAN, std=STD)


def pixels(normalised):
    """The 8-bit pixels of what a transform returns."""
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (MEAN, STD))
    return np.rint((normalised * std + mean) * 255)


def compare(folder, case, random, count):
    path = embedded(folder, case)
    theirs = session(path)
    reference = transform(case)
    greatest, differing, bits, resize, refused = 0, 0, 0, 0, 0
    for index, image in enumerate(pictures(random, count)):
        try:
            wanted = reference(Image.fromarray(image)).numpy()
        except ValueError:
            # Pillow refuses a side of no pixels, which `border` asks for with pictures that are narrow enough.
            refused += 1
            continue
        found = [theirs.run(None, {"images": image[None]})[0][0]]
        if index % 8 == 0:
            np.savez(folder / "in.npz", images=image[None])
            run("run", path, "--input", folder / "in.npz", "-o", folder / "out.npz")
            found.append(np.load(folder / "out.npz")["output"][0])
        for ours in found:
            difference = np.abs(pixels(ours) - pixels(wanted)).max()
            greatest = max(greatest, difference)
            differing += bool(difference)
            bits += not np.array_equal(ours, wanted)
        other = antialiased(image, case)
        if other is not None:
            resize = max(resize, np.abs(other - pixels(wanted)).max())
    interpolation, mode, (height, width), crop, opset = case
    compared = f"Resize differs by {resize:.0f}" if resize else ""
    print(
        f"{interpolation:9} {mode:7} {height}x{width} crop {crop:<5} opset {opset}: {count - refused} pictures, "
        f"greatest difference {greatest:.0f}, {differing} differ, {bits} not the same float32  {compared}", flush=True)
    return greatest


def logits(folder, model, random, count):
    """The greatest change of a model's logits, as a share of their greatest magnitude."""
    plain, built_in = folder / "plain.onnx", folder / "built_in.onnx"
    run("convert", model, "-o", plain)
    run("convert", model, "-o", built_in, "--embed-preprocessing")
    known = {entry.key.rsplit(".", 1)[1]: entry.value for entry in onnx.load(plain).metadata_props
             if entry.key.startswith("weightbridge.preprocessing.")}
    numbers = {name: [float(part) for part in known[name].split(",")] for name in ("mean", "std", "input_size")}
    reference = transforms_imagenet_eval(
        img_size=tuple(int(size) for size in numbers["input_size"][1:]), crop_pct=float(known["crop_pct"]),
        crop_mode=known["crop_mode"], interpolation=known["interpolation"], mean=numbers["mean"], std=numbers["std"])
    first, second = session(plain), session(built_in)
    change, magnitude = 0.0, 0.0
    for image in pictures(random, count):
        wanted = first.run(None, {"input": reference(Image.fromarray(image)).numpy()[None]})[0]
        found = second.run(None, {"images": image[None]})[0]
        change, magnitude = max(change, np.abs(found - wanted).max()), max(magnitude, np.abs(wanted).max())
    print(f"logits of {count} pictures: greatest change {change:.3g}, greatest logit {magnitude:.3g}")
    return change


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40, help="pictures for each case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=pathlib.Path, help="a checkpoint whose logits are compared")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        greatest = max(compare(folder, case, random, options.images) for case in CASES)
        if options.model:
            logits(folder, options.model, random, options.images)
    sys.exit(1 if greatest else 0)


if __name__ == "__main__":
    main()
