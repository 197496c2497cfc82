#!/usr/bin/env python3
"""Lines of code per operator: operator_lines.py [--all]

Counts the lines of Sources/Operators/Ops that are neither blank nor comments. An operator belongs to the file that
links to its page of the specification; a file that several share is divided evenly between them. --all lists each.
"""
import pathlib
import re
import statistics
import sys

OPERATORS = pathlib.Path(__file__).resolve().parent.parent / "Sources/Operators"
LINK = re.compile(r"onnx\.ai/onnx/operators/onnx_\w*?_(\w+)\.html")


def code(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def main():
    lines, count = {}, {}
    for path in sorted((OPERATORS / "Ops").glob("*.swift")):
        count[path] = code(path)
        names = sorted({name.rsplit("_", 1)[-1] for name in LINK.findall(path.read_text())})
        for name in names:
            lines[name] = lines.get(name, 0) + count[path] / len(names)
    kernel = sum(code(path) for path in (OPERATORS / "Kernel").glob("*.swift"))
    if "--all" in sys.argv:
        for name, number in sorted(lines.items(), key=lambda entry: (-entry[1], entry[0])):
            print(f"{number:6.0f}  {name}")
    longest = max(lines, key=lines.get)
    print(f"{len(lines)} operators in {len(count)} files: {sum(count.values())} lines of code; median "
          f"{statistics.median(lines.values()):.0f} per operator, mean {statistics.mean(lines.values()):.0f}, "
          f"most {lines[longest]:.0f} ({longest})\nwhat they share, in Kernel: {kernel} lines")


if __name__ == "__main__":
    main()
