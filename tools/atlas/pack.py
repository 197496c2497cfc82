#!/usr/bin/env python3
"""Pack the graphs that export.py and sized.py gathered into the atlas: one file, the same bytes each time.

    python pack.py --cache FOLDER [--output ../../Sources/CAtlas/atlas.zip]     with torch 2.13.0 and timm 1.0.31

Sources/Atlas/README.md describes the file. What can't be packed is listed with its reason, and the exit status says so.
"""
import argparse
import json
import pathlib
import pickle
import struct
import sys
import zipfile
import zlib

import timm
import torch

from export import plan, width
from forms import Form, SizedForm, Table, Unpackable, Writer, operator

FORMAT = 2
GROUP_BYTES = 96 * 1024
OUT = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CAtlas" / "atlas.zip"


def preprocessing(config):
    """What a published model's images go through, as one text that many tags share."""
    return json.dumps([
        list(config["mean"]), list(config["std"]), list(config["input_size"]), config["crop_pct"],
        config["interpolation"], config["crop_mode"]])


def tag_is_headless(name, tag):
    return timm.get_pretrained_cfg(f"{name}.{tag}" if tag else name).num_classes == 0


def tags_of():
    result = {}
    for known in timm.list_pretrained():
        name, _, tag = known.partition(".")
        config = timm.get_pretrained_cfg(known).to_dict()
        result.setdefault(name, []).append((tag, config["num_classes"] or 0, preprocessing(config)))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, default=OUT)
    options = parser.parse_args()
    operators, tensors, failures, forms = Table(), {}, [], []
    for label, name, tag, headless in sorted(plan(), key=lambda row: (row[1], row[3], row[0])):
        path = options.cache / f"{label}.z"
        if not path.exists():
            failures.append((name, headless, "not exported"))
            continue
        record = pickle.loads(zlib.decompress(path.read_bytes()))
        try:
            form = Form(record, operators)
            data = form.payload()
        except Unpackable as error:
            failures.append((name, headless, str(error)))
            continue
        if not headless and tag_is_headless(name, tag) and not form.has_classes:
            # Asking for classes changes nothing.
            continue
        form.other, form.reason, form.width_of_tag = None, None, width(name, tag)
        if not form.any_size:
            sized = path.with_suffix(".sized")
            found = pickle.loads(zlib.decompress(sized.read_bytes())) if sized.exists() else {"reason": "not exported"}
            form.reason = found.get("reason")
            if form.reason == "not exported":
                failures.append((name, headless, "not exported for other sizes"))
            elif form.reason is None:
                other = SizedForm(record, found, operators)
                form.other = (other.payload(), found["step"], found["top"], *found["base"], int(found["square"]))
                tensors.update(other.tensors)
        tensors.update(form.tensors)
        forms.append((record["module"], record["class"], name, headless, form, data))
        form.record = None
        form.first = form.second = None
    forms.sort(key=lambda row: row[:4])
    write(options.output, forms, operators, tensors)
    for name, headless, reason in failures:
        print(f"left out: {name}{' without head' if headless else ''}: {reason}")
    names = {row[2] for row in forms}
    sized = sum(row[4].other is not None for row in forms)
    print(f"{len(names)} architectures, {len(forms)} forms, {sized} of them with a graph for other sizes, "
          f"{sum(len(rows) for name, rows in tags_of().items() if name in names)} tags, {len(tensors)} tensors, "
          f"{sum(map(len, tensors.values()))} bytes of them, {options.output.stat().st_size} bytes")
    return 1 if failures else 0


def write(path, forms, operators, tensors):
    groups, current = [], bytearray()
    sized, others, reasons, poolings = [], bytearray(), Table(), Table()
    index, modules, free_names, recipes, tags = Writer(), Table(), Table(), Table(), tags_of()
    rows = Writer()
    for module, kind, name, headless, form, data in forms:
        if current and len(current) + len(data) > GROUP_BYTES:
            groups.append(bytes(current))
            current = bytearray()
        rows.text(name)
        rows.number(modules.place(f"{module.rpartition('.')[2]}.{kind}"))
        rows.number(int(headless) + (2 if form.any_size else 0) + (4 if form.takes_odd else 0)
                    + (8 if form.other else 0))
        for number in (form.channels, form.height, form.width, form.parameters, len(groups), len(current), len(data)):
            rows.number(number)
        for hashed in (form.names, form.shapes, form.graph_hash):
            rows.data += struct.pack("<Q", hashed)
        rows.number(poolings.place(form.pooling or ""))
        rows.number(len(form.free))
        for free in form.free:
            rows.number(free_names.place(free))
        mine = [row for row in tags[name] if (row[1] == 0) == headless and width(name, row[0]) == form.width_of_tag]
        rows.number(len(mine))
        for tag, classes, recipe in mine:
            rows.text(tag)
            rows.number(classes)
            rows.number(recipes.place(recipe))
        current += data
        if form.other:
            payload, *numbers = form.other
            if others and len(others) + len(payload) > GROUP_BYTES:
                sized.append(bytes(others))
                others = bytearray()
            for number in (len(sized), len(others), len(payload), *numbers):
                rows.number(number)
            others += payload
        elif not form.any_size:
            rows.number(reasons.place(form.reason))
    sized.append(bytes(others))
    groups.append(bytes(current))
    index.number(FORMAT)
    index.text(timm.__version__)
    index.text(torch.__version__.partition("+")[0])
    for table in (modules, free_names, recipes, reasons, poolings):
        index.number(len(table.items))
        for item in table.items:
            index.text(item)
    index.number(len(operators.items))
    for name in operators.items:
        index.text(name)
        arguments = operator(name)._schema.arguments
        index.number(len(arguments))
        for argument in arguments:
            index.text(argument.name)
    index.number(len(forms))
    index.data += rows.data
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        def add(name, data):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)

        add("index", bytes(index.data))
        for number, group in enumerate(groups):
            add(f"graphs/{number}", group)
        for number, group in enumerate(sized):
            add(f"sized/{number}", group)
        for key in sorted(tensors):
            add(f"tensors/{key}", tensors[key])


if __name__ == "__main__":
    sys.exit(main())
