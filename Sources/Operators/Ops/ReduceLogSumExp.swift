import GraphIR

extension Operator {
    /// ln Σ eˣ over some axes, in double and without overflow; -∞ over none.
    /// https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html, versions 1, 11, 13, 18, 28; integers, cut off, before 28.
    static let reduceLogSumExp = reduction("ReduceLogSumExp", .logarithmOfSumOfExponentials, axesAreInputSince: 18)
}
