#!/usr/bin/env python3
"""The outside judges: other projects' readers on files that Weightbridge wrote.

    judge.py onnx MODEL GOLDEN.npz      onnx.checker (full) and onnxruntime against logits_f32 within 1e-5
    judge.py families FOLDER GOLDENS    every NAME_OPSET.onnx in FOLDER: onnx.checker (full), and onnxruntime within 20
                                        roundings of GOLDENS/NAME/golden.npz, its outputs being the same at every opset
    judge.py strict FOLDER GOLDENS      every NAME.pth in FOLDER is a state dict that timm's model of GOLDENS/make.py or
                                        make_seeded.py loads with strict=True, with the bits of the golden's own weights;
                                        what timm doesn't have is compared with the golden's alone
    judge.py same-model A B             both ModelProtos are equal, field by field
    judge.py text MODEL TEXT            onnx.parser makes the same model of a text, but for what the text has no place for:
                                        documentation and metadata below the model, how tensors are stored
    judge.py safetensors FILE REF.npz   the same names, shapes, types and bits
    judge.py npz FILE REF.npz           likewise
    judge.py torch FILE REF.npz         likewise, by torch.load(weights_only=True), plain and mmap (where torch is there)

Prints 'ok' and exits with 0, or says what differs and exits with 1.
"""
import sys

import numpy as np


def compare(name, ours, reference):
    if list(ours) != list(reference):
        sys.exit(f"{name}: names or order differ: {list(ours)[:4]} and {list(reference)[:4]}")
    for key, want in reference.items():
        got = ours[key]
        if got.shape != want.shape or got.dtype != want.dtype or got.tobytes() != want.tobytes():
            sys.exit(f"{name}: {key} differs: {got.dtype}{got.shape} for {want.dtype}{want.shape}")


def judge_onnx(model, golden):
    import onnx
    import onnxruntime

    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    data = np.load(golden)
    (logits,) = session.run(None, {session.get_inputs()[0].name: data["input"]})
    error = np.abs(logits.astype(np.float64) - data["logits_f32"]).max()
    if not error <= 1e-5:
        sys.exit(f"{model}: onnxruntime differs by {error} from the golden logits")


def judge_families(folder, goldens):
    import pathlib

    import onnx
    import onnxruntime

    count = 0
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        name, _, opset = path.stem.rpartition("_")
        onnx.checker.check_model(str(path), full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        data = np.load(pathlib.Path(goldens) / name / "golden.npz")
        logits = session.run(None, {session.get_inputs()[0].name: data["input"]})[0]
        error = np.abs(logits.astype(np.float64) - data["logits_f64"]).max()
        limit = 20 * 2.0 ** -24 * np.abs(data["logits_f64"]).max()
        if not error <= limit:
            sys.exit(f"{name} at opset {opset}: onnxruntime differs by {error}, 20 roundings are {limit}")
        count += 1
    if count == 0:
        sys.exit(f"{folder} holds no models")


def judge_strict(folder, goldens):
    import pathlib

    import timm
    import torch

    sys.path.insert(0, goldens)
    sys.dont_write_bytecode = True
    import make
    import seeded

    models = {name: maker for name, (maker, _) in make.MODELS.items()}
    models["inception_v3"] = lambda: timm.create_model("inception_v3", num_classes=9)
    # torchvision's, which comes back under timm's keys; timm has no stem of convolutions.
    models["format_torchvision_vit"] = lambda: make.vit(mlp_ratio=2)
    loaded = 0
    for path in sorted(pathlib.Path(folder).glob("*.pth")):
        golden = pathlib.Path(goldens) / path.stem
        state = torch.load(path, weights_only=True)
        if path.stem in models:
            models[path.stem]().load_state_dict(state, strict=True)
            loaded += 1
        if path.stem.startswith("format_"):
            continue
        if (golden / "state.txt").exists():
            seed, *lines = (golden / "state.txt").read_text().splitlines()
            words = [line.split() for line in lines]
            reference = {key: seeded.weight(key, tuple(map(int, sizes)), int(seed)) for key, *sizes in words}
        else:
            from safetensors.numpy import load_file
            theirs = load_file(golden / "weights.safetensors")
            reference = {key: theirs[key] for key in state}
            if len(reference) != len(theirs):
                sys.exit(f"{path.stem}: {len(theirs) - len(reference)} tensors are lost")
        compare(path.stem, {key: value.numpy() for key, value in state.items()}, reference)
    if loaded < 23:
        sys.exit(f"{folder}: timm loaded {loaded} state dicts only")


def judge_same_model(first, second):
    import onnx

    if onnx.load(first, load_external_data=False) != onnx.load(second, load_external_data=False):
        sys.exit(f"{first} and {second} differ")


TEXT_OMITS = {
    "NodeProto": ["doc_string", "metadata_props"],
    "GraphProto": ["doc_string", "metadata_props", "quantization_annotation"],
    "ValueInfoProto": ["doc_string", "metadata_props"],
    "TensorProto": ["doc_string", "metadata_props", "data_location"],
    "AttributeProto": ["doc_string"],
    "FunctionProto": ["metadata_props"],
    "TypeProto": ["denotation"],
    "Dimension": ["denotation"],
}


def normalize(message):
    """Clears what a text can't say, and empty texts; gives tensors their raw data."""
    from onnx import TensorProto, numpy_helper

    kind = message.DESCRIPTOR.name
    if kind == "TensorProto" and message.data_location == 0 and message.data_type != TensorProto.STRING:
        raw = numpy_helper.from_array(numpy_helper.to_array(message)).raw_data
        for field in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
            message.ClearField(field)
        message.raw_data = raw
    for field, value in list(message.ListFields()):
        if field.name in TEXT_OMITS.get(kind, []) and not (field.name == "data_location" and value == 1):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for item in [value] if hasattr(value, "DESCRIPTOR") else value:
                normalize(item)
        elif isinstance(value, str) and not value:
            message.ClearField(field.name)


def judge_text(model, text):
    import onnx
    import onnx.parser

    ours = onnx.parser.parse_model(open(text, encoding="utf-8").read())
    reference = onnx.load(model, load_external_data=False)
    normalize(ours)
    normalize(reference)
    if ours != reference:
        sys.exit(f"onnx.parser makes another model of {text} than {model}")


def judge_safetensors(file, reference):
    from safetensors.numpy import load_file

    # The reference writer sorts by type and name, so order says nothing here.
    ours, theirs = load_file(file), dict(np.load(reference))
    compare(file, {key: ours[key] for key in sorted(ours)}, {key: theirs[key] for key in sorted(theirs)})


def judge_npz(file, reference):
    compare(file, dict(np.load(file)), dict(np.load(reference)))


def judge_torch(file, reference):
    import torch

    for mmap in (False, True):
        state = torch.load(file, weights_only=True, mmap=mmap)
        compare(file, {key: value.numpy() for key, value in state.items()}, dict(np.load(reference)))


if __name__ == "__main__":
    judges = {
        "onnx": judge_onnx, "families": judge_families, "strict": judge_strict, "same-model": judge_same_model, "text": judge_text,
        "safetensors": judge_safetensors, "npz": judge_npz,
        "torch": judge_torch,
    }
    judges[sys.argv[1]](*sys.argv[2:])
    print("ok")
