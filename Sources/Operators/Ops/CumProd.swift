import GraphIR

extension Operator {
    /// The products of all elements up to each along an axis.
    /// https://onnx.ai/onnx/operators/onnx__CumProd.html, versions 26.
    static let cumProd = cumulation("CumProd", isProduct: true)
}
