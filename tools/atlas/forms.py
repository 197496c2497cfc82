"""The graphs of the atlas as bytes; Sources/Atlas/README.md describes them."""
import hashlib
import struct

import torch

from export import BATCHES, CLASSES, root_scale

INLINE_BYTES = 64
ELEMENT_TYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]

# What a number is a multiple of: batch, classes, channels, and their products; or which expression of the size it is.
NUMBER, FACTORS, SIZED = 0, {(1, 0, 0): 1, (0, 1, 0): 2, (0, 0, 1): 3, (1, 1, 0): 4, (1, 0, 1): 5}, 6
CLASS_KINDS = [kind for powers, kind in FACTORS.items() if powers[1]]
# Kinds of arguments.
NONE, RESULT, STATE, CONSTANT, USER, TENSORS, INT, INTS, FLOAT, FLOATS, FALSE, TRUE, BOOLS, STRING, STRINGS, TYPE, \
    MEMORY, LAYOUT, DEVICE, REAL = range(20)
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
        self.parameters, self.pooling = record["parameters"], record["pooling"]
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
        if isinstance(one, tuple):
            writer.number(SIZED * 2 + 1)
            writer.signed(one[1])
            return
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
            if struct.pack("<d", one) == struct.pack("<d", two):
                writer.number(FLOAT)
                writer.data += struct.pack("<d", one)
                return
            scale = root_scale(one, two, self.values[0][2], self.values[1][2])
            if scale is None:
                raise Unpackable(f"a real number is {one} and then {two}")
            writer.number(REAL)
            writer.number(2)
            writer.data += struct.pack("<d", scale)
            self.write_expression(writer, self.values[0][2], self.values[1][2])
        elif isinstance(one, str):
            writer.number(STRING)
            writer.text(one)
        elif isinstance(one, list):
            self.write_list(writer, one, two)
        elif one[0] == "e":
            writer.number(INT)
            self.write_expression(writer, one, two)
        elif one[0] == "real":
            writer.number(REAL)
            writer.number(one[1])
            self.write_expression(writer, ("e", one[2]), None)
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
        elif all(isinstance(item, int) or isinstance(item, tuple) and item[0] == "e" for item in one):
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


class SizedForm(Form):
    """The graph of sized.py for other sizes: every number is written down as it is or names its expression."""

    def __init__(self, record, sized, operators):
        self.record, self.operators, self.sized = record, operators, sized
        hashed = {name: (kind, shape, hashlib.sha256(data).digest())
                  for name, (kind, shape, data) in sized["constants"].items()}
        self.first, self.second = sized, dict(sized, constants=hashed)
        self.tensors = {}

    def write_state(self, writer):
        writer.number(len(self.sized["state"]))
        previous = ""
        for name, shape, element in self.sized["state"]:
            writer.front(name, previous)
            previous = name
            writer.number(ELEMENT_TYPES.index(element))
            writer.number(len(shape))
            for side in shape:
                self.write_expression(writer, side, side)

    def expression(self, one, two):
        return NUMBER, one

    def payload(self):
        writer = Writer()
        writer.number(len(self.sized["expressions"]))
        for factor, function, coefficients, power in self.sized["expressions"]:
            for number in (factor, *function, power):
                writer.number(number)
            for number in coefficients:
                writer.signed(number)
        writer.number(len(self.sized["rules"]))
        for place, (kind, prefix, *sides) in self.sized["rules"]:
            writer.number(place)
            writer.number(kind)
            writer.number(prefix)
            for side in sides:
                self.write_expression(writer, side, side)
        self.write_state(writer)
        self.write_constants(writer)
        self.write_graph(writer)
        return bytes(writer.data)


def operator(name):
    parts = name.split(".")
    result = torch.ops
    for part in parts:
        result = getattr(result, part)
    return result
