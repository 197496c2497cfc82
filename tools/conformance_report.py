#!/usr/bin/env python3
"""The tables of Sources/Operators/README.md: conformance_report.py FOLDER [--write]

FOLDER holds suites by version, as tools/onnx_suites makes them. Each is run by `verify --json`, three times, of which
the fastest counts. The cases that fixtures/onnx_suites/VERSION.txt lists are counted as excluded. --write puts the
tables into the README between its two marks; they are printed otherwise. WEIGHTBRIDGE_TOOL names the tool.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "Sources/Operators/README.md"
BEGIN, END = "<!-- made by tools/conformance_report.py -->\n", "<!-- end -->\n"
TOOL = os.environ.get("WEIGHTBRIDGE_TOOL", str(ROOT / ".build/release/weightbridge"))
KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator", "light"]


def run(folder):
    command = [TOOL, "verify", str(folder), "--json"]
    exceptions = ROOT / "fixtures/onnx_suites" / f"{folder.name}.txt"
    if exceptions.exists():
        command += ["--except", str(exceptions)]
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        result = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        seconds.append(time.monotonic() - start)
    return json.loads(result.stdout), min(seconds)


def row(*cells):
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def tally(entry):
    """Cases that were run, and of these those that failed; those that were left out."""
    left_out = entry["excluded"] + entry["refused"]
    return entry["cases"] - left_out, entry["failed"], left_out


def of_kind(entry):
    if entry is None:
        return "–"
    executed, failed, left_out = tally(entry)
    cell = f"{executed - failed:,} of {entry['cases']:,}"
    return cell + (f" ({left_out} excluded)" if left_out else "")


def tables(folder):
    versions = sorted((path for path in folder.iterdir() if path.is_dir() and path.name[0].isdigit()),
                      key=lambda path: [int(part) for part in path.name.split(".")])
    lines = ["Per suite; *random* are passed cases that are judged by their rate:", "",
             row("suite", "cases", "executed", "passed", "random", "failed", "excluded", "seconds"),
             "| --- |" + " ---: |" * 7]
    kinds, newest = [], None
    for version in versions:
        report, seconds = run(version)
        entry = {**report, "cases": len(report["cases"])}
        executed, failed, left_out = tally(entry)
        lines.append(row(version.name, entry["cases"], executed, executed - failed, entry["passed_as_random"], failed,
                         left_out, f"{seconds:.1f}"))
        by_name = {kind["name"]: kind for kind in report["kinds"]}
        kinds.append(row(version.name, *(of_kind(by_name.get(kind)) for kind in KINDS)))
        newest = (version.name, report)
    lines += ["", "Passed by kind:", "", row("suite", *KINDS), "| --- |" + " ---: |" * len(KINDS)] + kinds
    name, report = newest
    cells = []
    for entry in report["operators"]:
        short = entry["name"].removeprefix("ai.onnx.")
        cells.append((short, *tally(entry)))
    third = -(-len(cells) // 3)
    lines += ["", f"Per operator, ONNX {name}: the {len(cells)} operators that its cases use, with the cases that were "
              "executed (e), failed (f)", "and excluded (x). A case counts for each operator in it.", "",
              row(*["operator", "e", "f", "x"] * 3), "|" + " --- | ---: | ---: | ---: |" * 3]
    for index in range(third):
        columns = [cells[at] if at < len(cells) else ("",) * 4 for at in (index, index + third, index + 2 * third)]
        lines.append(row(*(cell for column in columns for cell in column)))
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    text = tables(pathlib.Path(sys.argv[1]))
    if "--write" not in sys.argv:
        print(text, end="")
        return
    before, rest = README.read_text().split(BEGIN)
    README.write_text(before + BEGIN + text + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
