import GraphIR

extension Operator {
    /// ¬x.
    /// https://onnx.ai/onnx/operators/onnx__Not.html, versions 1.
    static let not = Operator("Not", accuracy: .exact, infer: .sameShape) { _ in
        { call in
            let x = try call.input(0)
            guard x.elementType == .bool else { throw unsupportedType(x.elementType) }
            return [try call.mapped(x, to: .bool) { (value: UInt8) -> UInt8 in value == 0 ? 1 : 0 }]
        }
    }
}
