#!/usr/bin/env python3
"""Compares the verdicts of `weightbridge check` with those of onnx's checker (full check).

    compare_check.py TOOL PATH... [--mutants N] [--seed S] [--filter TEXT] [--keep FOLDER]

Judges every .onnx file below the paths and, with --mutants, N mutants of each that onnx finds valid (tools/mutants.py).
Prints each disagreement and the counts; exits with 1 where there is one that isn't in `STRICTER` or `LAXER`: what we do otherwise on
purpose. The seed of the mutants is printed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import select
import signal
import subprocess
import sys
import tempfile

import onnx

from mutants import mutants

# Where our verdict differs on purpose: a pattern of what the stricter side says, and why.
STRICTER = [
    (r"refers to the attribute|refers to an attribute of a function", "a reference to a function's attribute means "
     "nothing outside of a function; onnx follows it nowhere"),
    (r"is imported in two versions", "two versions of one operator set: onnx takes the last, others the first"),
    (r"operator set .* is asked for; 1 to", "an operator set that no release has"),
    (r"no element type", "UNDEFINED is no element type; onnx asks only that the field is there"),
    (r"\[(tensor\.bounds|tensor\.value|tensor\.dtype|tensor\.shape)\]",
     "a tensor's data must be what its type and shape say, to the byte and in range, external data too"),
    (r"\[path\.escape\]|external data (is|says)|of external data", "external data must lie in a file of its own, at an "
     "offset in decimal digits"),
    (r"\[proto\.malformed\]", "encodings that no writer makes and that readers take differently"),
    (r"\[name\.reserved\]", "C programs cut names at a NUL, so that two become one"),
    (r"the operator (Affine|ATen|ConstantFill|Crop|DynamicSlice|GRUUnit|GivenTensorFill|ImageScaler|ParametricSoftplus|"
     r"Scale|ScaledTanh) is unknown", "operators that were withdrawn before they had a schema: onnx passes over them"),
    (r"LayerNormalization has no such attribute", "onnx leaves the attributes of LayerNormalization unchecked"),
    (r"comes twice|is there twice", "what is defined twice is ambiguous"),
    (r"axis \S+ is outside of", "an axis that the input doesn't have; onnx checks it for some operators only"),
    (r"is declared as .* but the node makes", "a declared type that contradicts what follows, where onnx infers nothing"),
    (r"expected the same size|don't fit weights|is no order of|columns against|number of elements differs|"
     r"can't be worked out|elements of an axis of size|the step is 0|doesn't broadcast|doesn't fit the padded input|"
     r"is outside of -?\d+\.\.<|numbers, expected|don't broadcast|expected rank|numbers for|expected a scalar|"
     r"is of size \d+, not 1|is no dimension|differ in length|doesn't cut|don't cut into|is no scale|in parts of|"
     r"is outside of \d+\.\.\.",
     "shapes that contradict each other, which our rules see and onnx's leave to the runtime"),
]
STRICTER += [
    (r"nothing makes the graph output", "a graph handed to a function, which onnx doesn't look into"),
    (r"FlexAttention -> [^ ]*/(score|prob)_mod/", "the graph that FlexAttention runs on its scores, which onnx doesn't "
     "look into"),
    (r"the function .* has no such attribute", "an attribute that the function hasn't: it would have no effect"),
    (r"elements don't come of|is none of NOTSET", "ConvTranspose's padding, which onnx leaves to the runtime"),
    (r"is declared as .* and as", "two declarations of one value that contradict each other"),
    (r"is none of [a-z0-9]|is none of the known values|is neither 0 nor 1|hidden_size .*, expected 1 or more|"
     r"has no filter to smooth with", "values of attributes that the operator's text rules out, which onnx leaves to "
     "the runtime"),
    (r"input \d+ is left out", "a gap in a list of inputs, of which onnx looks at the first only"),
    (r"inputs and \d+ outputs, the function", "a call that wants more than the function gives"),
    (r"besides rate and count", "the number of Adagrad's inputs, which onnx counts for Adam and Momentum only"),
    (r"\d+, expected 0 or 1", "flags beyond 32 bits, which implementations cut off"),
    (r"the operator ai\.onnx\.preview\S* is unknown", "onnx takes unknown operators of the preview domains for custom "
     "ones"),
    (r"comes with the other one", "Attention's past keys without values, which onnx asks for since version 25 only"),
    (r"neither of scales and sizes", "Resize: numbers of which there are none stand for none; onnx sees that of "
     "constants"),
    (r"the function's caller leaves it out", "a required input that a function's caller leaves out; onnx asks for "
     "those whose type it needs"),
    (r"ranks \d+( and \d+|, \d+, \d+), expected|rank \d+, expected|expected batch and classes|weights of rank",
     "ranks that the operator's text rules out, which onnx leaves to the runtime"),
]


def nodes(model):
    """Every node of a model, those of graphs within nodes and of functions too."""
    waiting = [model.graph, *model.functions]
    while waiting:
        for node in waiting.pop().node:
            yield node
            for attribute in node.attribute:
                waiting += [attribute.g, *attribute.graphs] if attribute.HasField("g") else attribute.graphs


def version(model):
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)


def rounds_up(model):
    return any(node.op_type.endswith("Pool") and attribute.name == "ceil_mode" and attribute.i
               for node in nodes(model) for attribute in node.attribute)


def counts_axes_from_the_end(model):
    return version(model) < 11 and any(
        node.op_type in ("Squeeze", "Unsqueeze") and attribute.name == "axes" and min(attribute.ints, default=0) < 0
        for node in nodes(model) for attribute in node.attribute)


def has_internal_attributes(model):
    return any(node.op_type == "Constant" and any(attribute.name.startswith("__") for attribute in node.attribute)
               for node in nodes(model))


def has_custom_operators(model):
    return any(node.domain not in ("", "ai.onnx") and not node.domain.startswith("ai.onnx.") for node in nodes(model))


# The same for what only onnx finds; the third says of which models it holds.
LAXER = [
    (r"No opset import for domain 'ai\.onnx'", "'ai.onnx' is another name of the empty domain, in imports and nodes"),
    (r"but 'w\.\.bin' points outside", "two dots within a file's name lead nowhere; onnx refuses them anywhere"),
    (r"has multiple hard links", "a hard link is no other file than the one it names; what could be read is in the folder"),
    (r"FLOAT6 int32_data values must use only bits 0-5", "the unused bits of six-bit floats say nothing"),
    (r"One and only one of the attributes 'value', 'value_\*' or 'sparse_value'",
     "onnx's function body of MeanVarianceNormalization breaks its own rule"),
    (r"(Average|Max|Lp)Pool\): \[ShapeInferenceError\] Inferred shape and existing shape differ in dimension",
     "with ceil_mode, a window that would start in the padding is none: so onnx's reference evaluator and onnxruntime "
     "have it in all versions, and onnx's inference since version 22; its inference of older ones counts the window",
     rounds_up),
    (r"RMSNormalization\): Y has inconsistent type", "the schema lets X and scale be of two types and gives Y the type "
     "of scale; onnx's rule gives it the type of X, so that it takes no such model"),
    (r"Number of elements of input 'sizes' \(0\)", "Resize: how many sizes there are isn't known, which onnx takes "
     "for 0"),
    (r"Input shape must have either \[C\] or \[1,C\]", "StringNormalizer: a first dimension that has a name may be 1"),
    (r"inferred=sparse_tensor_type|sparse_tensor\(", "a sparse initializer stands for a tensor, as the specification "
     "and the runtimes have it; onnx's inference makes it a sparse tensor, which no operator takes"),
    (r"Squeeze\): .* Inferred shape and existing shape differ in rank", "Squeeze before version 11 with axes below 0, "
     "which its text rules out and the runtimes count from the end; onnx's inference finds no such axis",
     counts_axes_from_the_end),
    (r"subgraph outputs should all be tensors or sequences or optionals, but output \d+ was 0", "a custom operator's "
     "result has a type that isn't known; onnx takes it for none where a Loop's body returns it", has_custom_operators),
    (r"ParseData type mismatch for tensor: \. Expected", "attributes that begin with two underscores are the writer's own, "
     "so onnx's checker too; but its inference takes one for a Constant's value", has_internal_attributes),
    (r"no answer", "onnx doesn't come to an end, or crashes"),
]


def their_verdict(path, limit=20):
    """`None` where onnx finds no fault, else what it says. In a process of its own: it may crash, or never end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        text = b""
        try:
            onnx.checker.check_model(str(path), full_check=True)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".replace("\n", " ").encode()[:4000]
        os.write(writer, b"\0" + text)
        os._exit(0)
    os.close(writer)
    answer = b""
    if select.select([reader], [], [], limit)[0]:
        answer = os.read(reader, 8000)
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not answer:
        return "no answer: it crashed, or takes too long"
    return answer[1:].decode(errors="replace") or None


def our_verdicts(tool, paths):
    """The faults that we find by path."""
    found = {}
    for start in range(0, len(paths), 200):
        part = [str(path) for path in paths[start:start + 200]]
        run = subprocess.run([tool, "check", "--json", *part], capture_output=True, text=True)
        if run.returncode not in (0, 65):
            sys.exit(f"{tool} check left with {run.returncode}: {run.stderr}")
        verdicts = json.loads(run.stdout)
        for verdict in verdicts if isinstance(verdicts, list) else [verdicts]:
            found[verdict["model"]] = [
                " ".join(filter(None, [*f["place"], f["problem"], f"[{f['code']}]"])) for f in verdict["faults"]]
    return found


def reason(path, ours, theirs):
    """Why the verdicts differ, where it is on purpose."""
    texts, rules = (ours, STRICTER) if ours else ([theirs], LAXER)
    for pattern, why, *holds in rules:
        if any(re.search(pattern, text) for text in texts) and all(
                of(onnx.load(path, load_external_data=False)) for of in holds):
            return why
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--filter", default="")
    parser.add_argument("--keep", help="a folder for the mutants that we disagree about")
    options = parser.parse_args()
    files = sorted(f for p in options.paths for f in ([pathlib.Path(p)] if p.endswith(".onnx")
                                                      else pathlib.Path(p).rglob("*.onnx")))
    files = [f for f in files if options.filter in str(f)]
    if options.mutants:
        print("seed", options.seed)
    with tempfile.TemporaryDirectory() as folder:
        labels, theirs = {}, {}
        for index, file in enumerate(files):
            labels[str(file)], theirs[str(file)] = str(file), their_verdict(file)
            if theirs[str(file)] or not options.mutants:
                continue
            model = onnx.load(str(file), load_external_data=False)
            made = mutants(model, options.mutants, options.seed + index)
            for number, (change, mutant) in enumerate(made):
                path = pathlib.Path(folder) / f"{index}_{number}_{change}.onnx"
                path.write_bytes(mutant.SerializeToString())
                labels[str(path)] = f"{file.parent.name}: {change} ({number})"
                theirs[str(path)] = their_verdict(path)
        ours = our_verdicts(options.tool, list(labels))
        counts, reasons = collections.Counter(), collections.Counter()
        for path, label in labels.items():
            mine, other = ours[path], theirs[path]
            if bool(mine) == bool(other):
                counts["both find fault" if mine else "both find none"] += 1
                continue
            why = reason(path, mine, other)
            if why:
                reasons[why] += 1
                continue
            counts["only we find fault" if mine else "only onnx finds fault"] += 1
            print(f"{'only we' if mine else 'only onnx'}: {label}: {'; '.join(mine[:3]) if mine else other[:300]}")
            if options.keep:
                target = pathlib.Path(options.keep)
                target.mkdir(parents=True, exist_ok=True)
                (target / pathlib.Path(path).name).write_bytes(pathlib.Path(path).read_bytes())
        for key, count in sorted(counts.items()):
            print(f"{count:6} {key}")
        for why, count in reasons.most_common():
            print(f"{count:6} on purpose: {why}")
        sys.exit(1 if counts["only we find fault"] + counts["only onnx finds fault"] else 0)


if __name__ == "__main__":
    main()
