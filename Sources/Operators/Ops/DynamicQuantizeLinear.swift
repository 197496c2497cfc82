import GraphIR

extension Operator {
    /// Quantizes to uint8 by the range of the input itself, 0 included; gives scale and zero point too.
    /// https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html, version 11.
    ///
    /// All steps are rounded in the input's type, as the standard's function body does. An input of zeros only has no
    /// range; its scale is 1.
    static let dynamicQuantizeLinear = Operator(
        "DynamicQuantizeLinear", accuracy: .rounding(ulps: 1), infer: dynamicQuantizeRule
    ) { _ in
        { call in
            let x = try call.input(0)
            guard x.count > 0 else {
                throw GraphError(.argument, "shape \(x.shape) has no elements and so no range", argument: "x")
            }
            return try withReal(x.elementType) {
                try dynamicallyQuantized(call, x, Float.self)
            } double: {
                try dynamicallyQuantized(call, x, Double.self)
            }
        }
    }

    private static let dynamicQuantizeRule = InferenceRule { node in
        node.set(0, shape: node.shape(0), type: .uint8)
        node.set(1, shape: [], type: .float32)
        node.set(2, shape: [], type: .uint8)
    }
}

private func dynamicallyQuantized<T: Real>(_ call: Call, _ x: Tensor, _: T.Type) throws -> [Tensor?] {
    try x.withElements(T.self) { values in
        var least: T = 0
        var greatest: T = 0
        for value in values {
            if value < least || value.isNaN { least = value }
            if value > greatest || value.isNaN { greatest = value }
        }
        let scale = greatest == least ? 1 : (greatest - least) / 255
        let target = try QuantizedType(.uint8)
        let start = target.pattern(of: Double(-least / scale), zero: 0)
        let source = Shared(values)
        let y = try call.quantized(target, x.shape) { piece, write in
            for i in piece { write(i, target.pattern(of: Double(source.pointer[i] / scale), zero: Double(start))) }
        }
        return [y, try Tensor(scalar: scale), try Tensor(scalar: UInt8(truncatingIfNeeded: start))]
    }
}
