import GraphIR

extension Operator {
    /// The sum over some axes. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__ReduceSum.html, versions 1, 11, 13.
    static let reduceSum = reduction("ReduceSum", .sum, axesAreInputSince: 13)
}
