import GraphIR

extension Operator {
    /// a · b. Broadcasting; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__Mul.html, versions 1, 6, 7, 13, 14.
    static let mul = arithmetic("Mul", .multiply)
}
