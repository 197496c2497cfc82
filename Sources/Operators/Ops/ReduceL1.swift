import GraphIR

extension Operator {
    /// The sum of the magnitudes over some axes. Summed in double; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__ReduceL1.html, versions 1, 11, 13, 18.
    static let reduceL1 = reduction("ReduceL1", .sumOfMagnitudes, axesAreInputSince: 18)
}
