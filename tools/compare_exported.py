#!/usr/bin/env python3
"""Compare models that come from exported programs (.pt2) with PyTorch.

    python tools/compare_exported.py TOOL NAME… [--forms training decomposed] [--runtime] [--table FILE]
    with torch 2.13.0, timm 1.0.31, onnx 1.23.2, onnxruntime

Each timm architecture gets random weights and running statistics, is exported with `torch.export` as it stands
(`training`) and after `run_decompositions()` (`decomposed`), and is converted and run with the tool. Compared are the
first output with PyTorch's in float32 (in roundings of the greatest, 2^-24 each) and in float64, and the state dict
that comes back. With --runtime also onnx's checker and onnxruntime at opsets 17 and 20.
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


def call(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).strip()[:600])


def infer(tool, model, image, target, *options):
    call(tool, "run", model, "--input", image, "-o", target, *options)
    return list(numpy.load(target).values())[0]


def difference(found, wanted):
    if found.shape != wanted.shape:
        return float("inf")
    return float(numpy.abs(found.astype(numpy.float64) - wanted).max())


def first(value):
    while not isinstance(value, torch.Tensor):
        value = value[0]
    return value.numpy()


class Widened(torch.fx.Interpreter):
    """Runs a program in float64, also where it asks for float32."""

    def call_function(self, target, args, kwargs):
        def widen(value):
            if value is torch.float32:
                return torch.float64
            return Widened(value).run if isinstance(value, torch.fx.GraphModule) else value
        args, kwargs = torch.utils._pytree.tree_map(widen, (args, kwargs))
        if isinstance(target, torch._ops.HigherOrderOperator):
            body = next(index for index, value in enumerate(args) if callable(value))
            return args[body](*args[body + 1:])
        if "_assert_tensor_metadata" in str(target):
            return None
        return super().call_function(target, args, kwargs)


def in_float64(program, image):
    """The program's first output with all weights, constants and steps in float64."""
    values = []
    for item in program.graph_signature.input_specs:
        tensor = image if item.target is None else program.state_dict.get(item.target)
        tensor = program.constants[item.target] if tensor is None else tensor
        values.append(tensor.double() if tensor.is_floating_point() else tensor)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            return first(Widened(program.graph_module).run(*values))
    finally:
        torch.set_default_dtype(torch.float32)


def measure(tool, name, folder, forms, runtime):
    torch.manual_seed(1)
    model = timm.create_model(name).eval().requires_grad_(False)
    with torch.no_grad():
        randomize(model, 2)
    state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    image = torch.randn(1, *model.pretrained_cfg["input_size"], generator=torch.Generator().manual_seed(3))
    image_file, out = f"{folder}/image.npz", f"{folder}/out.npz"
    program = torch.export.export(model, (image,), strict=False)
    numpy.savez(image_file, **{program.graph_signature.user_inputs[0]: image.numpy()})
    with torch.no_grad():
        single = first(model(image)).astype(numpy.float64)
    double = in_float64(program, image)
    del model
    rounding = numpy.abs(double).max() * 2.0**-24
    rows = []
    for form in forms:
        row = {"name": name, "form": form, "greatest": float(numpy.abs(double).max()),
               "torch": difference(single, double) / rounding}
        rows.append(row)
        try:
            if form == "decomposed":
                program = program.run_decompositions()
            source, path = f"{folder}/model.pt2", f"{folder}/model.onnx"
            torch.export.save(program, source)
            call(tool, "convert", source, "-o", path, "--no-digest")
            found = infer(tool, path, image_file, out)
            row["single"] = difference(found, single) / rounding
            row["single_to_double"] = difference(found, double) / rounding
            row["double"] = difference(infer(tool, path, image_file, out, "--precision", "float64"), double)
            call(tool, "convert", path, "-o", f"{folder}/back.safetensors")
            from safetensors.torch import load_file
            back = load_file(f"{folder}/back.safetensors")
            row["back"] = back.keys() == state.keys() and all(
                tensor.numpy().tobytes() == back[key].numpy().tobytes() for key, tensor in state.items())
            if runtime:
                judge(tool, source, folder, image, single, rounding, row)
        except Exception as error:
            row["error"] = f"{type(error).__name__}: {error}"[:600]
    return rows


def judge(tool, source, folder, image, single, rounding, row):
    import onnx
    import onnxruntime

    for opset in (17, 20):
        path = f"{folder}/opset{opset}.onnx"
        call(tool, "convert", source, "-o", path, "--opset", opset, "--no-digest")
        onnx.checker.check_model(path, full_check=True)
        options = onnxruntime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 3, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        found = session.run(None, {session.get_inputs()[0].name: image.numpy()})[0]
        row[f"ort{opset}"] = difference(found, single) / rounding


def passes(row):
    """Twenty roundings of PyTorch's, or no farther from float64 than twice what PyTorch is."""
    return "error" not in row and (row["single"] <= 20 or row["single_to_double"] <= 2 * row["torch"]) and row[
        "double"] <= 1e-9 * max(1, row["greatest"]) and row["back"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("architectures", nargs="+")
    parser.add_argument("--forms", nargs="+", default=["training"])
    parser.add_argument("--runtime", action="store_true")
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in options.architectures:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = measure(options.tool, name, folder, options.forms, options.runtime)
            except Exception as error:
                found = [{"name": name, "error": f"{type(error).__name__}: {error}"[:600]}]
        for row in found:
            rows.append(row)
            print(("ok   " if passes(row) else "FAIL ") + json.dumps(row), flush=True)
        if options.table:
            options.table.write_text(json.dumps(rows, indent=1) + "\n")
    good = sum(map(passes, rows))
    print(f"{good} of {len(rows)} agree")
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
