#!/usr/bin/env python3
"""Writes Sources/Operators/Schema/OperatorTable+Data.swift from the operator schemas of the `onnx` package.

    pip install onnx==1.23.2 && python3 tools/operator_schemas.py

Takes facts only: names, versions, formal inputs and outputs, types, attributes with their kinds and defaults.
One line per operator version, fields separated by `|`:

    domain|name|since|flags|inputs|outputs|attributes|types

    flags        D = deprecated
    inputs       `name:type` separated by spaces; behind the type ? = optional, * = variadic, ~ = variadic of mixed types,
                 with the least count behind either; a type is a letter bound under `types` or a type itself
    attributes   `name:kind` separated by spaces; ! = required; =VALUE default (JSON)
    types        `T=k` separated by spaces, k the number of a line `#k types…` at the top
"""
import json
import pathlib

import onnx
import onnx.defs

HEAD = '''// Made by tools/operator_schemas.py from the schemas of onnx {version}; not edited by hand.
// swift-format-ignore-file

extension OperatorTable {{
    /// The newest version of ONNX's own operator set that the table knows.
    public static let newestOpset: Int64 = {newest}

    /// The schemas as text; the form is described in tools/operator_schemas.py.
    static let data = #"""
'''


def short(types):
    return " ".join(sorted(t.replace(" ", "").replace("tensor(", "(") for t in types))


def formal(parameter):
    mark = ""
    option = str(parameter.option).rsplit(".", 1)[-1]
    if option == "Optional":
        mark = "?"
    if option == "Variadic":
        mark = ("*" if parameter.is_homogeneous else "~") + str(parameter.min_arity)
    return f"{parameter.name}:{parameter.type_str.replace(' ', '').replace('tensor(', '(')}{mark}"


def attribute(a):
    kind = str(a.type).rsplit(".", 1)[-1].lower()
    text = f"{a.name}:{kind}"
    if a.required:
        return text + "!"
    value = a.default_value
    if value is None or value.type == 0:
        return text
    found = onnx.helper.get_attribute_value(value)
    if isinstance(found, bytes):
        found = found.decode()
    elif isinstance(found, (list, tuple)) or hasattr(found, "__len__") and not isinstance(found, str):
        found = [x.decode() if isinstance(x, bytes) else x for x in found]
    return text + "=" + json.dumps(found, separators=(",", ":")).replace(" ", "\\u0020").replace("|", "\\u007c")


def main():
    schemas = sorted(
        onnx.defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version))
    lists, lines = {}, []
    for s in schemas:
        bound = []
        for t in sorted(s.type_constraints, key=lambda t: t.type_param_str):
            number = lists.setdefault(short(t.allowed_type_strs), len(lists))
            bound.append(f"{t.type_param_str}={number}")
        lines.append("|".join([
            s.domain, s.name, str(s.since_version), "D" if s.deprecated else "",
            " ".join(map(formal, s.inputs)), " ".join(map(formal, s.outputs)),
            " ".join(attribute(s.attributes[k]) for k in sorted(s.attributes)), " ".join(bound)]))
    out = HEAD.format(version=onnx.__version__, newest=onnx.defs.onnx_opset_version())
    out += "".join(f"#{n} {t}\n" for t, n in lists.items()) + "\n".join(lines) + '\n"""#\n}\n'
    target = pathlib.Path(__file__).resolve().parent.parent / "Sources/Operators/Schema/OperatorTable+Data.swift"
    target.write_text(out)
    print(f"{target.name}: {len(lines)} schemas, {len(lists)} type lists, {len(out)} bytes")


if __name__ == "__main__":
    main()
