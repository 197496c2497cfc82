import GraphIR

extension Operator {
    /// The product over some axes. Multiplied in double; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__ReduceProd.html, versions 1, 11, 13, 18.
    static let reduceProd = reduction("ReduceProd", .product, axesAreInputSince: 18)
}
