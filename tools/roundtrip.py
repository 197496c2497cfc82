#!/usr/bin/env python3
"""Writes every model of a suite anew and asks Python's onnx whether the two ModelProtos are equal.

    roundtrip.py TOOL FOLDER...

Runs `TOOL convert a.onnx -o b.onnx` for every model.onnx below the folders. Prints each model that can't be converted or
differs, and the counts; exits with 1 where there is one.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import onnx


def fault(tool, model, work):
    """What is wrong with one model's way through the tool; nothing where it comes back equal."""
    written = work / f"{abs(hash(str(model)))}.onnx"
    try:
        run = subprocess.run(
            [tool, "convert", str(model), "-o", str(written)], capture_output=True, text=True, timeout=120)
        if run.returncode != 0:
            return f"exit status {run.returncode}: {run.stderr.strip()[:200]}"
        first, second = (onnx.load(path, load_external_data=False) for path in (model, written))
        return None if first == second else "differs"
    except subprocess.TimeoutExpired:
        return "no answer"
    finally:
        written.unlink(missing_ok=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool = sys.argv[1]
    models = sorted(path for folder in sys.argv[2:] for path in pathlib.Path(folder).rglob("model.onnx"))
    equal = 0
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for model, found in zip(models, pool.map(lambda path: fault(tool, path, pathlib.Path(work)), models)):
            if found:
                print(f"{model}: {found}")
            else:
                equal += 1
    print(f"{equal} of {len(models)} models come back equal")
    sys.exit(0 if models and equal == len(models) else 1)


if __name__ == "__main__":
    main()
