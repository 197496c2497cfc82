import GraphIR

extension Operator {
    /// The sums of all elements up to each along an axis.
    /// https://onnx.ai/onnx/operators/onnx__CumSum.html, versions 11, 14.
    static let cumSum = cumulation("CumSum", isProduct: false)
}
