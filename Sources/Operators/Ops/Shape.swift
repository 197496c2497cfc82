import GraphIR

extension Operator {
    /// The dimensions, or those from `start` to before `end`, as int64.
    /// https://onnx.ai/onnx/operators/onnx__Shape.html, versions 1, 13, 15, 19, 21, 23, 24, 25.
    static let shape = Operator("Shape", accuracy: .exact, infer: .shape) { binding in
        let start = Int(try binding.int("start", default: 0))
        let end = try binding.int("end").map { Int($0) }
        return { call in
            let shape = try call.input(0).shape
            let range = try SliceRange(start: start, end: end ?? shape.count, step: 1, size: shape.count)
            let sizes = shape.dropFirst(range.first).prefix(range.count).map { Int64($0) }
            return [try Tensor(sizes, shape: [sizes.count])]
        }
    }
}

extension InferenceRule {
    fileprivate static let shape = InferenceRule { node in
        let start = Int(try node.binding.int("start", default: 0))
        let end = try node.binding.int("end").map { Int($0) }
        guard let shape = node.shape(0) else { return node.set(0, shape: [.unknown], type: .int64) }
        let range = try SliceRange(start: start, end: end ?? shape.count, step: 1, size: shape.count)
        let elements = Array(shape.dropFirst(range.first).prefix(range.count))
        node.set(0, shape: [.size(Int64(elements.count))], type: .int64)
        node.set(0, elements: elements)
    }
}
