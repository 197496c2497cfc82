import GraphIR

extension Operator {
    /// Which elements are not a number.
    /// https://onnx.ai/onnx/operators/onnx__IsNaN.html, versions 9, 13, 20; the eight-bit types since 20.
    static let isNaN = Operator("IsNaN", accuracy: .exact, infer: boolShape) { _ in
        { call in [try call.classified(call.input(0)) { $0.isNaN }] }
    }

    /// Which elements are infinite, of the signs asked for.
    /// https://onnx.ai/onnx/operators/onnx__IsInf.html, versions 10, 20; halves and the eight-bit types since 20.
    static let isInf = Operator("IsInf", accuracy: .exact, infer: boolShape) { binding in
        let detectsNegative = try binding.flag("detect_negative", default: true)
        let detectsPositive = try binding.flag("detect_positive", default: true)
        return { call in
            let result = try call.classified(call.input(0)) {
                $0.isInfinite && ($0 < 0 ? detectsNegative : detectsPositive)
            }
            return [result]
        }
    }
}

private let boolShape = InferenceRule { node in node.set(0, shape: node.shape(0), type: .bool) }

extension Call {
    /// Whether a condition holds for each floating-point element.
    fileprivate func classified(_ x: Tensor, _ condition: @Sendable (Double) -> Bool) throws -> Tensor {
        let wide =
            try SmallFloat(x.elementType) != nil
            ? x.decodedSmallFloats() : x.widened(to: x.isHalf ? .float32 : x.elementType)
        return try withReal(wide.elementType) {
            try mapped(wide, to: .bool) { (value: Float) -> UInt8 in condition(Double(value)) ? 1 : 0 }
        } double: {
            try mapped(wide, to: .bool) { (value: Double) -> UInt8 in condition(value) ? 1 : 0 }
        }
    }
}
