import GraphIR

extension Operator {
    /// The root of the sum of the squares over some axes. Computed in double; for integers the fraction is cut off.
    /// https://onnx.ai/onnx/operators/onnx__ReduceL2.html, versions 1, 11, 13, 18.
    static let reduceL2 = reduction("ReduceL2", .norm, axesAreInputSince: 18)
}
