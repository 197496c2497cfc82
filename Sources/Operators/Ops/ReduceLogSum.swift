import GraphIR

extension Operator {
    /// The logarithm of the sum over some axes, in double; -∞ over none.
    /// https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html, versions 1, 11, 13, 18, 28; integers, cut off, before 28.
    static let reduceLogSum = reduction("ReduceLogSum", .logarithmOfSum, axesAreInputSince: 18)
}
