import GraphIR

extension Operator {
    /// The index of the greatest element along an axis: the first such, or the last.
    /// https://onnx.ai/onnx/operators/onnx__ArgMax.html, versions 1, 11, 12, 13.
    static let argMax = argReduction("ArgMax", takesLeast: false)
}
