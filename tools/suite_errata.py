#!/usr/bin/env python3
"""Asks other judges about the cases of older suites that we don't agree with (fixtures/onnx_suites).

    suite_errata.py TOOL FOLDER

FOLDER holds the suites by version, as tools/onnx_suites leaves them. Each case that a list excuses is tried again with the
expectations of others in the place of its own: onnxruntime's results for the case's model and inputs, those of onnx's
reference evaluator, and what each later suite expects of the case of that name where its inputs are the same. Prints who
agrees with us (`TOOL verify` passes); exits with 1 where no one does and the case doesn't contradict itself: inputs of
another shape than its model declares.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

VERSIONS = ["1.8.1", "1.12.0", "1.16.2", "1.19.1", "1.22.0", "1.23.2"]


def values(case, model, kind):
    """The inputs or outputs of a case's first data set: arrays, lists of arrays for sequences."""
    found = []
    declared = model.graph.input if kind == "input" else model.graph.output
    for position, value in enumerate(declared):
        path = case / "test_data_set_0" / f"{kind}_{position}.pb"
        if not path.exists():
            break
        proto = onnx.SequenceProto() if value.type.HasField("sequence_type") else onnx.TensorProto()
        proto.ParseFromString(path.read_bytes())
        array = (numpy_helper.to_list(proto) if isinstance(proto, onnx.SequenceProto)
                 else numpy_helper.to_array(proto))
        # Old suites keep bfloat16 in integers of 16 bits.
        if value.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16 and array.dtype == numpy.uint16:
            array = array.view(ml_dtypes.bfloat16)
        found.append(array)
    return found


def same(a, b):
    """Whether two lists of values are equal to the bit, NaNs too."""
    if len(a) != len(b):
        return False
    return all(same(x, y) if isinstance(x, list) else x.dtype == y.dtype and x.shape == y.shape
               and x.tobytes() == y.tobytes() for x, y in zip(a, b))


def agrees(tool, case, model_file, outputs):
    """Whether we give these outputs, within the tolerance that the suite's own runner has."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "node" / case.name
        shutil.copytree(case, copy)
        shutil.copy(model_file, copy / "model.onnx")
        model = onnx.load(str(copy / "model.onnx"))
        for position, (value, output) in enumerate(zip(model.graph.output, outputs)):
            proto = (numpy_helper.from_list(output, value.name) if isinstance(output, list)
                     else numpy_helper.from_array(numpy.asarray(output), value.name))
            (copy / "test_data_set_0" / f"output_{position}.pb").write_bytes(proto.SerializeToString())
        run = subprocess.run([tool, "verify", folder], capture_output=True)
        return run.returncode == 0


def contradicts_itself(model, inputs):
    """Whether the data has another shape than the model declares."""
    for value, array in zip(model.graph.input, inputs):
        declared = [d.dim_value if d.HasField("dim_value") else None for d in value.type.tensor_type.shape.dim]
        if value.type.HasField("tensor_type") and not isinstance(array, list):
            if len(declared) != array.ndim or any(d not in (None, n) for d, n in zip(declared, array.shape)):
                return True
    return False


def judges(tool, folder, version, case):
    """Who agrees with us, and who was asked."""
    model_file = case / "model.onnx"
    model = onnx.load(str(model_file))
    inputs = values(case, model, "input")
    names = [value.name for value in model.graph.input]
    asked, agreeing = [], []

    def ask(name, results):
        try:
            outputs = results()
        except Exception:
            return
        asked.append(name)
        if agrees(tool, case, model_file, outputs):
            agreeing.append(name)

    def runtime():
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, dict(zip(names, inputs)))

    ask(f"onnxruntime {onnxruntime.__version__}", runtime)
    ask(f"onnx.reference {onnx.__version__}", lambda: ReferenceEvaluator(model).run(None, dict(zip(names, inputs))))
    for later in VERSIONS[VERSIONS.index(version) + 1:]:
        other = folder / later / "node" / case.name
        if not (other / "model.onnx").exists():
            continue
        theirs = onnx.load(str(other / "model.onnx"))
        if same(inputs, values(other, theirs, "input")):
            same_model = theirs.graph.node == model.graph.node
            ask(f"suite {later}" + ("" if same_model else " (model mended)"), lambda: values(other, theirs, "output"))
    return asked, agreeing, contradicts_itself(model, inputs)


def main():
    tool, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    lists = pathlib.Path(__file__).resolve().parent.parent / "fixtures/onnx_suites"
    alone = count = 0
    for version in VERSIONS:
        path = lists / f"{version}.txt"
        if not path.exists():
            continue
        for line in path.read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            name = line.split()[0]
            asked, agreeing, contradicts = judges(tool, folder, version, folder / version / name)
            others = [judge for judge in asked if judge not in agreeing]
            count += 1
            alone += not agreeing and not contradicts
            print(f"{version} {name}: with us {', '.join(agreeing) or 'no one'}; "
                  f"with the case or neither {', '.join(others) or 'no one'}"
                  f"{'; the data contradicts the model' if contradicts else ''}", flush=True)
    print(f"{count} cases, {alone} of them with no one on our side")
    sys.exit(1 if alone else 0)


if __name__ == "__main__":
    main()
