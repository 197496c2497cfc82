#!/usr/bin/env python3
"""Compares Weightbridge's shape inference with onnx's (strict, with data propagation), model by model.

    compare_inference.py TOOL FOLDER... [--list] [--filter TEXT]

Every `model.onnx` below the folders goes through `TOOL infer` and `onnx.shape_inference.infer_shapes`, once as it is and
once stripped of the types that it declares for anything but its inputs (a model that says everything already proves
nothing). For every value, those of graphs within nodes too, the two types are compared:

    contradicts   we say something else: never allowed
    less          onnx knows a type, a rank or a dimension that we don't: never allowed
    more          we know one that onnx doesn't

Exits with 1 where we contradict onnx, know less, or find fault with a model that onnx finds none with.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import onnx
from onnx import shape_inference

UNKNOWN = "unk__"

# Where onnx is wrong: values by label of the model and name, and why.
WRONG = [
    (r"AffineGrid_test_affine_grid_3d\w*_expanded_function_[HW]_then$",
     "Split of 5 into 4 parts, in a branch that isn't taken: onnx gives 2, 2, 2 and -1 where the standard gives 2, 2, 1 "
     "and 0"),
    (r"node/test_loop13_seq: seq_res$", "onnx takes items of unknown shape for scalars; the case's own data are vectors"),
    (r"node/test_maxpool_2d_ceil_output_size_reduce_by_one: y$", "before version 22 onnx counts a window that would start "
     "in the padding; the case's own data have none"),
    (r"nn/lp_pool_18_ceil: ", "a window that would start in the padding is none, as the kernel and PyTorch have it; "
     "onnx's LpPool counts it"),
    (r"nn/group_norm_18: ", "GroupNormalization 18 was withdrawn; our rules are those of operators that are in force"),
]


def strip(graph):
    """Removes declared types; the names of outputs stay, and the kind of graph inputs in bodies."""
    del graph.value_info[:]
    for output in graph.output:
        output.ClearField("type")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                strip(attribute.g)


def types(graph, path=""):
    """Every value's type by path and name."""
    found = {}
    for value in list(graph.value_info) + list(graph.output):
        if value.HasField("type") and value.type.WhichOneof("value"):
            found[path + value.name] = value.type
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found.update(types(attribute.g, f"{path}{node.output[0] if node.output else ''}/{attribute.name}/"))
    return found


class Verdict:
    def __init__(self):
        self.contradictions, self.less, self.more = [], [], 0


def compare(ours, theirs, where, verdict):
    """Two TypeProtos; either may be None."""
    ours_kind = ours.WhichOneof("value") if ours is not None else None
    theirs_kind = theirs.WhichOneof("value") if theirs is not None else None
    if theirs_kind is None:
        verdict.more += ours_kind is not None
        return
    if ours_kind is None:
        verdict.less.append(f"{where}: no type, onnx: {theirs_kind}")
        return
    if ours_kind != theirs_kind:
        verdict.contradictions.append(f"{where}: {ours_kind}, onnx: {theirs_kind}")
        return
    mine, other = getattr(ours, ours_kind), getattr(theirs, ours_kind)
    if ours_kind in ("tensor_type", "sparse_tensor_type"):
        compare_tensors(mine, other, where, verdict)
    elif ours_kind in ("sequence_type", "optional_type"):
        compare(mine.elem_type, other.elem_type, where + "[]", verdict)
    elif ours_kind == "map_type":
        if mine.key_type != other.key_type:
            verdict.contradictions.append(f"{where}: key {mine.key_type}, onnx: {other.key_type}")
        compare(mine.value_type, other.value_type, where + "{}", verdict)


def compare_tensors(mine, other, where, verdict):
    if mine.elem_type != other.elem_type:
        if other.elem_type == 0:
            verdict.more += 1
        elif mine.elem_type == 0:
            verdict.less.append(f"{where}: no element type, onnx: {other.elem_type}")
        else:
            verdict.contradictions.append(f"{where}: element type {mine.elem_type}, onnx: {other.elem_type}")
    if not other.HasField("shape"):
        verdict.more += mine.HasField("shape")
        return
    if not mine.HasField("shape"):
        verdict.less.append(f"{where}: no shape, onnx: rank {len(other.shape.dim)}")
        return
    if len(mine.shape.dim) != len(other.shape.dim):
        verdict.contradictions.append(f"{where}: rank {len(mine.shape.dim)}, onnx: {len(other.shape.dim)}")
        return
    for axis, (a, b) in enumerate(zip(mine.shape.dim, other.shape.dim)):
        ours, theirs = rank_of(a), rank_of(b)
        if ours == theirs == 2 and a.dim_value != b.dim_value:
            verdict.contradictions.append(f"{where}: axis {axis} is {a.dim_value}, onnx: {b.dim_value}")
        elif ours < theirs:
            verdict.less.append(f"{where}: axis {axis} is {a.dim_param}, onnx: {b.dim_value or b.dim_param}")
        elif ours > theirs:
            verdict.more += 1


def rank_of(dimension):
    """How much is known: nothing, a name of the model's, a number."""
    if dimension.HasField("dim_value"):
        return 2
    return int(bool(dimension.dim_param) and not dimension.dim_param.startswith(UNKNOWN))


def judge(tool, model, folder):
    """What both find; `None` for a side that finds fault."""
    source, target = folder / "model.onnx", folder / "inferred.onnx"
    source.write_bytes(model.SerializeToString())
    target.unlink(missing_ok=True)
    run = subprocess.run([tool, "infer", str(source), "-o", str(target)], capture_output=True, text=True)
    ours = types(onnx.load(str(target)).graph) if run.returncode == 0 and target.exists() else None
    try:
        inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        theirs, reason = types(inferred.graph), ""
    except Exception as error:
        theirs, reason = None, str(error)
    return ours, run.stderr.strip(), theirs, reason


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    pattern = sys.argv[sys.argv.index("--filter") + 1] if "--filter" in sys.argv else ""
    if pattern:
        arguments.remove(pattern)
    tool, folders = arguments[0], arguments[1:]
    models = sorted(p for f in folders for p in pathlib.Path(f).rglob("*.onnx") if pattern in str(p))
    counts = {False: collections.Counter(), True: collections.Counter()}
    with tempfile.TemporaryDirectory() as name:
        for path in models:
            original = onnx.load(str(path), load_external_data=False)
            for stripped in (False, True):
                count = counts[stripped]
                model = original
                if stripped:
                    model = onnx.ModelProto()
                    model.CopyFrom(original)
                    strip(model.graph)
                label = f"{path.parent.parent.name}/{path.parent.name}{' (stripped)' if stripped else ''}"
                ours, our_reason, theirs, reason = judge(tool, model, pathlib.Path(name))
                count["models"] += 1
                if ours is None or theirs is None:
                    kind = ("both find fault" if ours is None and theirs is None
                            else "only onnx finds fault" if theirs is None else "only we find fault")
                    count[kind] += 1
                    if ours is None or "--list" in sys.argv:
                        print(f"{kind}: {label}: {our_reason or reason}", flush=True)
                    continue
                verdict = Verdict()
                for key in sorted(ours.keys() | theirs.keys()):
                    place = f"{label.removesuffix(' (stripped)')}: {key}"
                    if any(re.search(pattern, place) for pattern, _ in WRONG):
                        count["onnx is wrong"] += 1
                        continue
                    compare(ours.get(key), theirs.get(key), key, verdict)
                count["values"] += len(ours.keys() | theirs.keys())
                count["contradicts"] += len(verdict.contradictions)
                count["less"] += len(verdict.less)
                count["more"] += verdict.more
                count["models where we know more"] += verdict.more > 0
                for text in verdict.contradictions:
                    print(f"contradicts: {label}: {text}", flush=True)
                for text in verdict.less:
                    print(f"less: {label}: {text}", flush=True)
    failed = 0
    for stripped, count in counts.items():
        print("without declared types" if stripped else "as they are")
        for key in ("models", "values", "contradicts", "less", "more", "models where we know more",
                    "only we find fault", "only onnx finds fault", "both find fault", "onnx is wrong"):
            print(f"  {key:26} {count[key]}")
        failed += count["contradicts"] + count["less"] + count["only we find fault"]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
