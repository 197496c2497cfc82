import GraphIR

extension Operator {
    /// Ones on a diagonal of a matrix shaped like the input, zeros elsewhere.
    /// https://onnx.ai/onnx/operators/onnx__EyeLike.html, versions 9, 22.
    static let eyeLike = Operator(
        "EyeLike", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(
                0, shape: try node.shape(0, rank: 2...2, "input"),
                type: try node.binding.elementType() ?? node.elementType(0))
        }
    ) { binding in
        let type = try binding.elementType()
        let diagonal = Int(try binding.int("k", default: 0))
        return { call in
            let x = try call.input(0)
            guard x.shape.count == 2 else {
                throw GraphError(.argument, "shape \(x.shape), expected rank 2", argument: "input")
            }
            let target = type ?? x.elementType
            try call.check(target, x.shape)
            let columns = x.shape[1]
            let ones = try call.make(.uint8, x.shape, as: UInt8.self) { out in
                out.update(repeating: 0)
                for row in 0..<x.shape[0] {
                    guard let column = row.adding(checked: diagonal), (0..<columns).contains(column) else { continue }
                    out[row * columns + column] = 1
                }
            }
            return [try call.converted(ones, to: target)]
        }
    }
}
