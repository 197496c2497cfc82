import GraphIR

extension Operator {
    /// The index of the least element along an axis: the first such, or the last.
    /// https://onnx.ai/onnx/operators/onnx__ArgMin.html, versions 1, 11, 12, 13.
    static let argMin = argReduction("ArgMin", takesLeast: true)
}
