import GraphIR

extension Operator {
    /// The least over some axes, NaN before all; over none the type's greatest value.
    /// https://onnx.ai/onnx/operators/onnx__ReduceMin.html, versions 1, 11, 12, 13, 18, 20.
    static let reduceMin = reduction("ReduceMin", .minimum, axesAreInputSince: 18)
}
