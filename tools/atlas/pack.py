#!/usr/bin/env python3
"""Pack the graphs that export.py gathered into the atlas: one file, the same bytes each time.

    python pack.py --cache FOLDER [--output ../../Sources/CAtlas/atlas.zip]     with torch 2.13.0 and timm 1.0.31

Sources/Atlas/README.md describes the file. What can't be packed is listed with its reason, and the exit status says so.
"""
import argparse
import hashlib
import json
import pathlib
import pickle
import struct
import sys
import zipfile
import zlib

import torch
import timm

from export import BATCHES, CHANNELS, CLASSES, plan

FORMAT = 1
GROUP_BYTES = 96 * 1024
INLINE_BYTES = 64
OUT = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CAtlas" / "atlas.zip"
ELEMENT_TYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]

# What a number is a multiple of: batch, classes, channels, and their products.
NUMBER, FACTORS = 0, {(1, 0, 0): 1, (0, 1, 0): 2, (0, 0, 1): 3, (1, 1, 0): 4, (1, 0, 1): 5}
CLASS_KINDS = [kind for powers, kind in FACTORS.items() if powers[1]]
# Kinds of arguments.
NONE, RESULT, STATE, CONSTANT, USER, TENSORS, INT, INTS, FLOAT, FLOATS, FALSE, TRUE, BOOLS, STRING, STRINGS, TYPE, \
    MEMORY, LAYOUT, DEVICE = range(19)
MEMORY_FORMATS = {"torch.contiguous_format": 1, "torch.channels_last": 2, "torch.preserve_format": 4}
# Operators that hand on what they get, and those that only check.
PASSED = {"aten.alias.default", "aten.detach.default", "aten.dropout.default", "aten.dropout_.default"}


class Unpackable(Exception):
    pass


class Writer:
    def __init__(self):
        self.data = bytearray()

    def number(self, value):
        if value < 0:
            raise Unpackable(f"a negative count, {value}")
        while value > 127:
            self.data.append(value & 127 | 128)
            value >>= 7
        self.data.append(value)

    def signed(self, value):
        self.number(value * 2 if value >= 0 else -value * 2 - 1)

    def text(self, value):
        encoded = value.encode()
        self.number(len(encoded))
        self.data += encoded

    def front(self, value, previous):
        """A name after another one: how much of that is the same, and the rest."""
        common = 0
        while common < min(len(value), len(previous)) and value[common] == previous[common]:
            common += 1
        self.number(common)
        self.text(value[common:])


class Table:
    """Things by the order in which they first came."""

    def __init__(self):
        self.items, self.places = [], {}

    def place(self, item):
        if item not in self.places:
            self.places[item] = len(self.items)
            self.items.append(item)
        return self.places[item]


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def fingerprints(state, free):
    """Sums, so that order doesn't matter, of hashes over names and over names with their shapes."""
    names = shapes = 0
    for name, shape, _ in state:
        if name.endswith("num_batches_tracked"):
            continue
        names += fnv(name.encode())
        if name not in free:
            shapes += fnv(f"{name}:{','.join(map(str, shape))}".encode())
    return names % 2**64, shapes % 2**64


class Form:
    """One architecture with its head or without."""

    def __init__(self, record, operators):
        self.record, self.operators = record, operators
        self.channels, self.height, self.width = record["input"]
        self.parameters = record["parameters"]
        self.first, self.second = record["first"], record["second"]
        wide, height, width = record["second_input"]
        self.classes = (0, 0) if record["headless"] else CLASSES
        self.takes_odd = record["odd"]
        self.any_size = (height, width) != (self.height, self.width)
        self.values = ((BATCHES[0], self.classes[0], self.channels), (BATCHES[1], self.classes[1], wide))
        self.tensors = {}
        if len(self.first["nodes"]) != len(self.second["nodes"]):
            raise Unpackable("two traces differ in operators")

    def expression(self, one, two):
        """(kind, number): what a number of both traces comes from."""
        if one == two:
            return NUMBER, one
        for powers, kind in FACTORS.items():
            was, now = 1, 1
            for power, before, after in zip(powers, *self.values):
                was, now = was * before**power, now * after**power
            if was != now and was and one % was == 0 and one // was * now == two:
                return kind, one // was
        raise Unpackable(f"a number is {one} and then {two}")

    def write_expression(self, writer, one, two):
        kind, number = self.expression(one, two)
        if kind == NUMBER and abs(number) < 1 << 60:
            writer.number((number * 2 if number >= 0 else -number * 2 - 1) * 2)
        else:
            writer.number(kind * 2 + 1)
            writer.signed(number)

    def write_state(self, writer):
        first, second = self.record["state"], self.record["other_state"]
        if [row[0] for row in first] != [row[0] for row in second]:
            raise Unpackable("other classes give other names")
        self.free, self.has_classes = [], False
        writer.number(len(first))
        previous = ""
        for (name, shape, element), (_, other) in zip(first, second):
            writer.front(name, previous)
            previous = name
            writer.number(ELEMENT_TYPES.index(element))
            writer.number(len(shape))
            for one, two in zip(shape, other):
                self.write_expression(writer, one, two)
                self.has_classes |= self.expression(one, two)[0] in CLASS_KINDS
            if shape != other:
                self.free.append(name)

    def write_constants(self, writer):
        first, second = self.first["constants"], self.second["constants"]
        if list(first) != list(second):
            raise Unpackable("two traces differ in constants")
        used = [name for kind, name, _ in self.first["inputs"] if kind == "constant"]
        self.constants = {name: place for place, name in enumerate(used)}
        writer.number(len(used))
        for name in used:
            element, shape, data = first[name]
            if second[name][2] != hashlib.sha256(data).digest():
                raise Unpackable(f"the constant {name} differs between two traces")
            writer.text(name)
            writer.number(ELEMENT_TYPES.index(element))
            writer.number(len(shape))
            for dimension in shape:
                writer.number(dimension)
            if len(data) <= INLINE_BYTES:
                writer.number(0)
                writer.data += data
            else:
                key = hashlib.sha256(data).hexdigest()[:16]
                self.tensors[key] = data
                writer.number(1)
                writer.data += bytes.fromhex(key)

    def write_graph(self, writer):
        first, second = self.first, self.second
        self.sources, self.last_state, results = {}, -1, 0
        order = {name: place for place, (name, *_) in enumerate(self.record["state"])}
        for kind, name, number in first["inputs"]:
            place = {"state": order, "constant": self.constants}.get(kind, {"x": 0})[name]
            self.sources.setdefault(number, (kind, place))
        kept = []
        for one, two in zip(first["nodes"], second["nodes"]):
            if one[0] != two[0] or one[2] != two[2]:
                raise Unpackable(f"two traces differ: {one[0]} and {two[0]}")
            arguments = dict(one[1])
            if "_assert" in one[0]:
                continue
            if one[0] in PASSED and not arguments.get("train"):
                self.sources[one[2][0]] = self.sources[arguments.get("self", arguments.get("input"))[1]]
                continue
            outputs = one[2][0] if one[2] and isinstance(one[2][0], list) else one[2]
            for number in outputs:
                self.sources[number] = ("result", results)
                results += 1
            kept.append((one, two))
        modules, module_writer, previous = Table(), Writer(), ""
        for one, _ in kept:
            if one[3] not in modules.places:
                modules.place(one[3])
                module_writer.front(one[3], previous)
                previous = one[3]
        writer.number(len(modules.items))
        writer.data += module_writer.data
        writer.number(len(kept))
        self.done, at = 0, 0
        for one, two in kept:
            place = modules.place(one[3])
            writer.signed(place - at)
            at = place
            self.write_node(writer, one, two)
            listed = bool(one[2]) and isinstance(one[2][0], list)
            numbers = one[2][0] if listed else one[2]
            writer.number(len(numbers) * 2 + listed)
            self.done += len(numbers)
        writer.number(len(first["outputs"]))
        for number in first["outputs"]:
            self.write_reference(writer, number)

    def write_node(self, writer, one, two):
        name, arguments, _, _ = one
        writer.number(self.operators.place(name))
        schema = operator(name)._schema
        places = {argument.name: place for place, argument in enumerate(schema.arguments)}
        writer.number(len(arguments))
        for (key, value), (other_key, other) in zip(arguments, two[1], strict=True):
            if key != other_key:
                raise Unpackable(f"two traces differ in arguments of {name}")
            writer.number(places[key])
            self.write_argument(writer, value, other)

    def write_reference(self, writer, number):
        kind, place = self.sources[number]
        if kind == "result":
            writer.number(RESULT)
            writer.number(self.done - place)
        elif kind == "state":
            writer.number(STATE)
            writer.signed(place - self.last_state - 1)
            self.last_state = place
        elif kind == "constant":
            writer.number(CONSTANT)
            writer.number(place)
        else:
            writer.number(USER)

    def write_argument(self, writer, one, two):
        if type(one) is not type(two) or isinstance(one, (list, tuple)) and len(one) != len(two):
            raise Unpackable("two traces differ in the kind of an argument")
        if one is None:
            writer.number(NONE)
        elif isinstance(one, bool):
            if one != two:
                raise Unpackable("a switch depends on the input")
            writer.number(TRUE if one else FALSE)
        elif isinstance(one, int):
            writer.number(INT)
            self.write_expression(writer, one, two)
        elif isinstance(one, float):
            if struct.pack("<d", one) != struct.pack("<d", two):
                raise Unpackable(f"a real number is {one} and then {two}")
            writer.number(FLOAT)
            writer.data += struct.pack("<d", one)
        elif isinstance(one, str):
            writer.number(STRING)
            writer.text(one)
        elif isinstance(one, list):
            self.write_list(writer, one, two)
        elif one[0] == "t":
            self.write_reference(writer, one[1])
        elif one[0] == "T":
            writer.number(TENSORS)
            writer.number(len(one[1]))
            for number in one[1]:
                if number is None:
                    writer.number(NONE)
                else:
                    self.write_reference(writer, number)
        elif one[0] == "dtype":
            writer.number(TYPE)
            writer.number(ELEMENT_TYPES.index(one[1]))
        elif one[0] == "memory_format":
            writer.number(MEMORY)
            writer.number(MEMORY_FORMATS[one[1]])
        elif one[0] == "layout" and one[1] == "torch.strided":
            writer.number(LAYOUT)
        elif one[0] == "device":
            writer.number(DEVICE)
        else:
            raise Unpackable(f"an argument {one}")

    def write_list(self, writer, one, two):
        if all(isinstance(item, bool) for item in one) and one:
            writer.number(BOOLS)
            writer.number(len(one))
            for item in one:
                writer.number(int(item))
        elif all(isinstance(item, int) for item in one):
            writer.number(INTS)
            writer.number(len(one))
            for pair in zip(one, two):
                self.write_expression(writer, *pair)
        elif all(isinstance(item, (int, float)) for item in one):
            writer.number(FLOATS)
            writer.number(len(one))
            for item, other in zip(one, two):
                if item != other:
                    raise Unpackable(f"a real number is {item} and then {other}")
                writer.data += struct.pack("<d", item)
        elif all(item is None for item in one):
            writer.number(TENSORS)
            writer.number(len(one))
            writer.data += bytes(len(one))
        else:
            raise Unpackable(f"a list {one}")

    def payload(self):
        writer = Writer()
        self.write_state(writer)
        self.write_constants(writer)
        graph = Writer()
        self.write_graph(graph)
        self.graph_hash = fnv(hashlib.sha256(graph.data).digest())
        self.names, self.shapes = fingerprints(self.record["state"], set(self.free))
        return bytes(writer.data + graph.data)


def operator(name):
    parts = name.split(".")
    result = torch.ops
    for part in parts:
        result = getattr(result, part)
    return result


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
    for name, tag, headless in sorted(plan()):
        path = options.cache / f"{name}{'.headless' if headless else ''}.z"
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
        tensors.update(form.tensors)
        forms.append((record["module"], record["class"], name, headless, form, data))
        form.record = None
        form.first = form.second = None
    forms.sort(key=lambda row: row[:4])
    write(options.output, forms, operators, tensors)
    for name, headless, reason in failures:
        print(f"left out: {name}{' without head' if headless else ''}: {reason}")
    names = {row[2] for row in forms}
    print(f"{len(names)} architectures, {len(forms)} forms, "
          f"{sum(len(rows) for name, rows in tags_of().items() if name in names)} tags, {len(tensors)} tensors, "
          f"{sum(map(len, tensors.values()))} bytes of them, {options.output.stat().st_size} bytes")
    return 1 if failures else 0


def write(path, forms, operators, tensors):
    groups, current = [], bytearray()
    index, modules, free_names, recipes, tags = Writer(), Table(), Table(), Table(), tags_of()
    rows = Writer()
    for module, kind, name, headless, form, data in forms:
        if current and len(current) + len(data) > GROUP_BYTES:
            groups.append(bytes(current))
            current = bytearray()
        rows.text(name)
        rows.number(modules.place(f"{module.rpartition('.')[2]}.{kind}"))
        rows.number(int(headless) + (2 if form.any_size else 0) + (4 if form.takes_odd else 0))
        for number in (form.channels, form.height, form.width, form.parameters, len(groups), len(current), len(data)):
            rows.number(number)
        for hashed in (form.names, form.shapes, form.graph_hash):
            rows.data += struct.pack("<Q", hashed)
        rows.number(len(form.free))
        for free in form.free:
            rows.number(free_names.place(free))
        mine = [row for row in tags[name] if (row[1] == 0) == headless]
        rows.number(len(mine))
        for tag, classes, recipe in mine:
            rows.text(tag)
            rows.number(classes)
            rows.number(recipes.place(recipe))
        current += data
    groups.append(bytes(current))
    index.number(FORMAT)
    index.text(timm.__version__)
    index.text(torch.__version__.partition("+")[0])
    for table in (modules, free_names, recipes):
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
        for key in sorted(tensors):
            add(f"tensors/{key}", tensors[key])


if __name__ == "__main__":
    sys.exit(main())
