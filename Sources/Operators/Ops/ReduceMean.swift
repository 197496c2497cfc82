import GraphIR

extension Operator {
    /// The mean over some axes. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__ReduceMean.html, versions 1, 11, 13, 18.
    static let reduceMean = reduction("ReduceMean", .mean, axesAreInputSince: 18)
}
