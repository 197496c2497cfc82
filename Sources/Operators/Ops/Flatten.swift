import GraphIR

extension Operator {
    /// A matrix: the axes before `axis` make the rows, the others the columns.
    /// https://onnx.ai/onnx/operators/onnx__Flatten.html, versions 1, 9, 11, 13, 21, 23, 24, 25.
    static let flatten = Operator("Flatten", accuracy: .exact, infer: .flatten) { binding in
        let axis = Int(try binding.int("axis", default: 1))
        return { call in
            let x = try call.input(0)
            let rank = x.shape.count
            let start = axis == rank ? rank : try normalized(axis: axis, rank: rank)
            return [try x.reshaped([product(x.shape[..<start]), product(x.shape[start...])])]
        }
    }
}

extension InferenceRule {
    fileprivate static let flatten = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: 1))
        guard axis >= 0 || node.binding.version >= 11 else {
            throw GraphError(.argument, "\(axis) is below 0, which came with version 11", argument: "axis")
        }
        guard let shape = node.shape(0) else { return node.set(0, shape: [.unknown, .unknown]) }
        let start = axis == shape.count ? axis : try normalized(axis: axis, rank: shape.count)
        node.set(0, shape: [.product(shape[..<start]), .product(shape[start...])])
    }
}
