import GraphIR

extension Operator {
    /// Swish(A) · B = A / (1 + e^(−alpha · A)) · B, of two tensors of one shape.
    /// https://onnx.ai/onnx/operators/onnx__SwiGLU.html, versions 28.
    static let swiGLU = Operator("SwiGLU", accuracy: .rounding(ulps: 0.51), infer: .equalShapes) { binding in
        let alpha = try binding.real("alpha", default: 1)
        let function: @Sendable (Double, Double) -> Double = { a, b in
            a / (1 + Double.exponential(-alpha * a)) * b
        }
        return roundingOnce { call in
            let a = try call.input(0)
            let b = try call.input(1)
            try requireType(a.elementType, b)
            guard a.shape == b.shape else {
                throw GraphError(.argument, "shapes \(a.shape) and \(b.shape), expected one shape", argument: "B")
            }
            return [
                try withReal(a.elementType) {
                    try call.zipped(a, b, to: .float32) { (x: Float, y: Float) in
                        Float(function(Double(x), Double(y)))
                    }
                } double: {
                    try call.zipped(a, b, to: .float64, function)
                }
            ]
        }
    }
}

extension InferenceRule {
    /// The first output has the one shape that the first two inputs have.
    fileprivate static let equalShapes = InferenceRule { node in
        guard let a = node.shape(0), let b = node.shape(1) else {
            return node.set(0, shape: node.shape(0) ?? node.shape(1))
        }
        guard a.count == b.count else {
            throw GraphError(.argument, "inputs of ranks \(a.count) and \(b.count), expected one shape")
        }
        let merged = try zip(a, b).map { a, b in
            guard case .size(let left) = a else { return b == .unknown ? a : b }
            guard case .size(let right) = b, right != left else { return a }
            throw GraphError(.argument, "dimensions \(left) and \(right), expected one shape")
        }
        node.set(0, shape: merged)
    }
}
