import GraphIR

extension Operator {
    /// The greatest over some axes, NaN before all; of no elements the least number of the type.
    /// https://onnx.ai/onnx/operators/onnx__ReduceMax.html, versions 1, 11, 12, 13, 18, 20.
    static let reduceMax = reduction("ReduceMax", .maximum, axesAreInputSince: 18)
}
