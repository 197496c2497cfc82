#!/usr/bin/env python3
"""Writes the ONNX project's own backend suite as folders that `weightbridge verify` runs.

    onnx_suite.py OUT [--kind KIND]… [--only TEXT]

The suite is that of the installed onnx package:

    OUT/<kind>/<case>/model.onnx
    OUT/<kind>/<case>/test_data_set_<n>/input_<i>.pb, output_<i>.pb
    OUT/<kind>/<case>/tolerance.json    the case's own rtol and atol

Kinds are node and simple (made by the package's code), pytorch-converted and pytorch-operator (files in the package), and
light (models whose weights are constants, run on a ramp from 0 to 1). A .pb file holds a TensorProto, SequenceProto,
OptionalProto or MapProto, as the model declares the value. A case that is there already is written anew.
"""
import argparse
import collections
import json
import pathlib
import shutil
import warnings

import numpy
import onnx
import onnx.backend.test.case.model
import onnx.backend.test.case.node
from onnx import numpy_helper

KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator", "light"]
PACKAGE_DATA = pathlib.Path(onnx.__file__).parent / "backend/test/data"
DEFAULT_TOLERANCE = (1e-3, 1e-7)


def message(value, info):
    """A value of a case as the message that the declared type asks for."""
    if hasattr(value, "SerializeToString"):
        return value
    makers = {
        "sequence_type": numpy_helper.from_list,
        "optional_type": numpy_helper.from_optional,
        "map_type": numpy_helper.from_dict,
    }
    make = makers.get(info.type.WhichOneof("value"))
    return make(value, info.name) if make else numpy_helper.from_array(numpy.asarray(value), info.name)


class Suite:
    def __init__(self, root, kinds, only):
        self.root, self.kinds, self.only = root, kinds, only
        self.written = collections.Counter()

    def wants(self, kind, name):
        return kind in self.kinds and self.only in name

    def folder(self, kind, name, tolerance):
        folder = self.root / kind / name
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        rtol, atol = tolerance
        (folder / "tolerance.json").write_text(json.dumps({"rtol": rtol, "atol": atol}) + "\n")
        self.written[kind] += 1
        return folder

    @staticmethod
    def write_set(folder, number, inputs, outputs):
        data = folder / f"test_data_set_{number}"
        data.mkdir()
        for role, messages in (("input", inputs), ("output", outputs)):
            for position, item in enumerate(messages):
                (data / f"{role}_{position}.pb").write_bytes(item.SerializeToString())

    def write_generated(self):
        node = onnx.backend.test.case.node.collect_testcases(None)
        simple = onnx.backend.test.case.model.collect_testcases()
        for case in [*node, *simple]:
            if case.model is None or not self.wants(case.kind, case.name):
                continue
            folder = self.folder(case.kind, case.name, (case.rtol, case.atol))
            (folder / "model.onnx").write_bytes(case.model.SerializeToString())
            graph = case.model.graph
            for number, (inputs, outputs) in enumerate(case.data_sets or []):
                self.write_set(
                    folder, number, map(message, inputs, graph.input), map(message, outputs, graph.output))

    def write_packaged(self, kind):
        for source in sorted((PACKAGE_DATA / kind).glob("*/model.onnx")):
            name = source.parent.name
            if not self.wants(kind, name) or (self.root / kind / name / "model.onnx").exists():
                continue
            folder = self.folder(kind, name, DEFAULT_TOLERANCE)
            shutil.copytree(source.parent, folder, dirs_exist_ok=True)

    def write_light(self):
        for source in sorted((PACKAGE_DATA / "light").glob("light_*.onnx")):
            if not self.wants("light", source.stem):
                continue
            folder = self.folder("light", source.stem, DEFAULT_TOLERANCE)
            shutil.copyfile(source, folder / "model.onnx")
            graph = onnx.load(source).graph
            constants = {initializer.name for initializer in graph.initializer}
            inputs = []
            for info in graph.input:
                if info.name not in constants:
                    shape = [dimension.dim_value or 1 for dimension in info.type.tensor_type.shape.dim]
                    count = int(numpy.prod(shape))
                    ramp = (numpy.arange(count) / count).astype(numpy.float32).reshape(shape)
                    inputs.append(numpy_helper.from_array(ramp, info.name))
            outputs = []
            for path in sorted(source.parent.glob(f"{source.stem}_output_*.pb")):
                outputs.append(onnx.TensorProto.FromString(path.read_bytes()))
            self.write_set(folder, 0, inputs, outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--kind", action="append", choices=KINDS, help="this kind only; repeatable")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    # Overflow and the like are what many cases are about.
    warnings.filterwarnings("ignore")
    numpy.seterr(all="ignore")
    suite = Suite(options.out, options.kind or KINDS, options.only)
    suite.write_generated()
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        suite.write_packaged(kind)
    suite.write_light()
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(suite.written.items()))
    print(f"onnx {onnx.__version__}: {sum(suite.written.values())} cases ({counts})")


if __name__ == "__main__":
    main()
