#!/usr/bin/env python3
"""Runs architectures of full size against PyTorch: timm's code, torchvision's, and the authors'.

    compare_families.py TOOL [--code FOLDER] [--results FILE] [NAME…]

in an environment with torch 2.13.0, torchvision 0.28.0, timm 1.0.31, onnx 1.23.2, onnxruntime 1.31.1, safetensors,
einops and scipy. --code holds clones of CvT, TokenLabeling, WS-DAN.PyTorch and WS_DAN_PyTorch, as make_authors.py,
make_seeded.py and make_wvinzh.py of fixtures/architectures want them; without it their models are left out. For each model, with random weights and running
statistics by a fixed seed:

    - `weightbridge convert --no-atlas` at opset 13, 17 and 20; onnx.checker; onnxruntime against PyTorch
    - `weightbridge verify` in float64 (logits and every block) and in float32 against PyTorch in the same type
    - `weightbridge convert` back; load_state_dict(strict=True) where the keys are the code's own; all bits the same

--results keeps a line of JSON for each model and goes on where it stopped. Prints a table in Markdown, and exits with 1
where a logit or block differs by more than 1e-10 of the greatest in float64, or anything else fails. A rounding is 2⁻²⁴
of the greatest logit. *float32* is how far our float32 is from PyTorch's, *its own* and *PyTorch's own* how far each is
from PyTorch's float64, onnxruntime's (the worst of three opsets) likewise.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings
import zipfile

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "fixtures/architectures"))
sys.dont_write_bytecode = True
import make
import make_authors
import make_wvinzh
import seeded

TIMM = """convmixer_1024_20_ks9_p14 convmixer_768_32 vit_tiny_patch16_224 vit_small_patch32_224 vit_base_patch32_224
vit_base_patch16_224 vit_base_patch32_clip_quickgelu_224 vit_base_patch32_siglip_256 vit_medium_patch16_gap_240
vit_medium_patch16_reg4_gap_256 deit_tiny_distilled_patch16_224 deit3_small_patch16_224 mixer_s16_224 gmixer_24_224
resmlp_12_224 gmlp_s16_224 eva02_tiny_patch14_224 vit_pe_core_tiny_patch16_384 vit_small_patch16_rope_mixed_ape_224
vit_small_plus_patch16_dinov3 vit_relpos_small_patch16_224 resnet18 resnet50 resnet50d resnet26t resnet50_gn
wide_resnet50_2 resnext50_32x4d seresnet50 legacy_seresnet50 ecaresnet26t resnetaa50 resnetblur50 resnetrs50
inception_v3""".split()
BLOCKS = 1e-10


class Case:
    """A model, how its file is named, and what is said beside its weights."""

    def __init__(self, make, size, config=None, own_keys=True, seeds=False, outputs=("logits",), without=()):
        self.make, self.size, self.config = make, size, config
        self.own_keys, self.seeds, self.outputs = own_keys, seeds, outputs
        # Modules that return nothing that counts, or several tensors.
        self.without = without


def timm_case(name):
    import timm
    size = timm.get_pretrained_cfg(name).input_size[-1]
    # What timm's config.json says beside every file.
    return Case(lambda: timm.create_model(name, num_classes=1000), size, {"architecture": name},
                seeds=name.startswith("inception"))


def vision_transformer(widths, dim, depth, heads, hidden):
    from torchvision.models.vision_transformer import ConvStemConfig, VisionTransformer
    stride = [2 if index == 0 or width > widths[index - 1] else 1 for index, width in enumerate(widths)]
    stem = [ConvStemConfig(width, 3, step) for width, step in zip(widths, stride)] if widths else None
    return VisionTransformer(224, 16, depth, heads, dim, hidden, conv_stem_configs=stem)


def cases(code):
    found = {name: timm_case(name) for name in TIMM}
    for name, sizes in {
        "vit_c_1gf": ([24, 48, 96, 192], 192, 11, 3, 576), "vit_c_4gf": ([48, 96, 192, 384], 384, 11, 6, 1152),
        "vit_p_1gf": ([], 192, 12, 3, 576),
    }.items():
        found[name] = Case(lambda sizes=sizes: vision_transformer(*sizes), 224, own_keys=False)
    if code is None:
        return found
    found["cvt_13"] = Case(lambda: make_authors.cvt_model(code, [64, 192, 384], [1, 2, 10], [1, 3, 6], 1000), 224)
    for name in ("lvvit_t", "lvvit_s"):
        found[name] = Case(lambda name=name: getattr(make_authors.lvvit_source(code), name)(), 224)
    for net in ("inception_mixed_6e", "inception_mixed_7c", "resnet34", "resnet50", "resnet50_cbam"):
        found[f"wsdan_{net}"] = Case(
            lambda net=net: make_authors.wsdan_source(code / "WS-DAN.PyTorch").WSDAN(200, M=32, net=net), 448,
            seeds=True, outputs=("logits", None, "attention_map"))

    def bap(index, function, **options):
        source = make_wvinzh.sources(str(code / "WS_DAN_PyTorch"))[index]
        return getattr(source, function)(num_classes=200, **options)

    outputs = ("attention_maps", None, "logits")
    found["inception_v3_bap"] = Case(
        lambda: bap(0, "inception_v3_bap", aux_logits=False), 448, seeds=True, outputs=outputs,
        without=("Mixed_7a",))
    found["resnet50_bap"] = Case(
        lambda: bap(1, "resnet50", use_bap=True), 448, seeds=True, outputs=outputs, without=("layer4.1",))
    return found


def is_block(name):
    return make.is_block(name) or name in ("attentions", "bap") or (
        name.startswith(("Mixed_", "features.")) and name.count(".") <= 1)


def plain(module, output):
    """A copy, the first of several; a class token that is normed alone, [B, 1, D], as [B, D]; patches in rows and
    columns as one sequence."""
    if isinstance(output, tuple):
        output = output[0]
    if getattr(getattr(module, "output_fmt", None), "value", "") == "NHWC":
        output = output.flatten(1, 2)
    return output.clone().squeeze(1) if output.ndim == 3 and output.shape[1] == 1 else output.clone()


def tool(*arguments):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def results(case, output):
    parts = output if isinstance(output, tuple) else (output,)
    # CvT's code squeezes a batch of one away.
    return {name: (part if part.ndim > 1 else part[None]).numpy() for name, part in zip(case.outputs, parts) if name}


def relative(item):
    """The greatest error of an array in a report over the array's scale; none is counted where shapes differ."""
    error = item["error"]
    if error is None:
        print(item, file=sys.stderr)
        return float("inf")
    return error["max_absolute"] / error["scale"] if error["max_absolute"] else 0


def judge(program, name, case, folder):
    torch.manual_seed(0)
    model = case.make().eval()
    if case.seeds:
        seeded.fill(model, 1)
    else:
        make.randomize(model, seed=sum(name.encode()))
    weights, golden, blocks = folder / "weights.safetensors", folder / "golden.npz", folder / "blocks.npz"
    state = {key: value.clone().contiguous() for key, value in model.state_dict().items()}
    save_file(state, weights)
    if case.config:
        (folder / "config.json").write_text(json.dumps(case.config))
    image = torch.randn(1, 3, case.size, case.size, generator=torch.Generator().manual_seed(1))
    found = {}
    with torch.no_grad():
        single = results(case, model(image))
        make.to_double(model)
        hooks = [
            module.register_forward_hook(
                lambda module, _, output, key=key: found.__setitem__(key, plain(module, output).numpy()))
            for key, module in model.named_modules()
            if case.own_keys and is_block(key) and not key.startswith(case.without)
        ]
        double = results(case, model(image.double()))
        for hook in hooks:
            hook.remove()
    np.savez(golden, input=image.numpy(), **single)
    np.savez(folder / "golden64.npz", input=image.numpy(), **double)
    np.savez(blocks, **found)
    greatest = np.abs(double["logits"]).max()
    rounding = greatest * 2.0 ** -24
    line = {"name": name, "greatest": greatest, "faults": [],
            "torch": np.abs(single["logits"] - double["logits"]).max() / rounding}

    for opset in (13, 17, 20):
        path = folder / f"{opset}.onnx"
        code, text, error = tool(program, "convert", "--no-atlas", weights, "-o", path, "--opset", opset, "--json")
        if code != 0:
            line["faults"].append(f"opset {opset}: {error.strip()[:300]}")
            return line
        onnx.checker.check_model(str(path), full_check=True)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        theirs = session.run(["logits"], {"input": image.numpy()})[0]
        line[f"runtime{opset}"] = np.abs(theirs - double["logits"]).max() / rounding

    for column, precision, data in (
        ("double", "float64", folder / "golden64.npz"), ("single", "native", golden),
        ("own", "native", folder / "golden64.npz"),
    ):
        arguments = ["--blocks", blocks] if precision == "float64" and found else []
        code, text, error = tool(
            program, "verify", folder / "20.onnx", "--golden", data, "--precision", precision, "--json", *arguments)
        try:
            report = json.loads(text)
        except json.JSONDecodeError:
            line["faults"].append(f"verify {precision}: {error.strip()[:300]}")
            return line
        logits = next(item for item in report["outputs"] if item["output"] == "logits")
        if precision == "native":
            line[column] = logits["error"]["max_absolute"] / rounding
            continue
        line[column] = max(map(relative, report["outputs"]))
        errors = {item["module"]: relative(item) for item in report["blocks"]}
        line["blocks"] = len(errors)
        worst = [name for name, error in errors.items() if not error <= BLOCKS]
        missing = [name for name in found if name not in errors]
        if worst or missing:
            line["faults"].append(f"blocks differ: {worst[:4]}, missing: {missing[:4]}")

    code, text, error = tool(program, "convert", folder / "17.onnx", "-o", folder / "back.safetensors")
    if code != 0:
        line["faults"].append(f"back: {error.strip()[:300]}")
        return line
    back = load_file(folder / "back.safetensors")
    if case.own_keys:
        case.make().load_state_dict(back, strict=True)
        if any(not torch.equal(back[key].flatten().view(torch.uint8), state[key].flatten().view(torch.uint8))
               for key in state):
            line["faults"].append("bits differ")
    elif sum(value.numel() for value in back.values()) != sum(value.numel() for value in state.values()):
        line["faults"].append("elements are lost")
    if not line["double"] <= BLOCKS:
        line["faults"].append("float64 differs")
    return line


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--code", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_intermixed_args()
    done = {}
    if arguments.results and arguments.results.exists():
        done = {line["name"]: line for line in map(json.loads, arguments.results.read_text().splitlines())}
    known = cases(arguments.code)
    code, text, _ = tool(arguments.tool, "architectures", "--json")
    catalog = {entry["name"]: (entry["parameters"], entry["macs"]) for entry in json.loads(text)}
    with zipfile.ZipFile(ROOT / "fixtures/architectures/timm.zip") as table:
        for entry in table.namelist():
            parameters, macs = table.read(entry).split(maxsplit=2)[:2]
            catalog.setdefault(entry.removesuffix(".txt"), (int(parameters), int(macs)))
    for name in arguments.names or known:
        if name in done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            line = judge(arguments.tool, name, known[name], pathlib.Path(folder))
        done[name] = line
        print(name, "; ".join(line["faults"]) or "ok", file=sys.stderr, flush=True)
        if arguments.results:
            with arguments.results.open("a") as file:
                file.write(json.dumps(line, default=float) + "\n")
    print("| model | parameters | GMACs | blocks | float64 | float32 | its own | PyTorch's own | onnxruntime |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in filter(done.__contains__, known):
        line = done[name]
        if line["faults"]:
            print(f"| `{name}` | {'; '.join(line['faults'])} |")
            continue
        parameters, macs = catalog[name]
        runtime = max(line[f"runtime{opset}"] for opset in (13, 17, 20))
        counted = f"{macs / 1e9:.3f}" if macs else "–"
        print(f"| `{name}` | {parameters:,} | {counted} | {line['blocks'] or '–'} | {line['double']:.0e} | "
              f"{line['single']:.1f} | {line['own']:.1f} | {line['torch']:.1f} | {runtime:.1f} |")
    sys.exit(1 if any(line["faults"] for line in done.values()) else 0)


if __name__ == "__main__":
    main()
