import GraphIR

extension Operator {
    /// One value where a new axis' position is the index, another elsewhere; an index that is out of range has only the
    /// other.
    /// https://onnx.ai/onnx/operators/onnx__OneHot.html, versions 9, 11, 28; negative indices count from
    /// the end since 11.
    static let oneHot = Operator(
        "OneHot", accuracy: .exact,
        infer: InferenceRule { node in
            let axis = Int(try node.binding.int("axis", default: -1))
            if let depth = try node.shape(1, rank: 0...1, "depth"), (depth.first?.known ?? 1) > 1 {
                throw GraphError(.argument, "shape \(depth.text), expected one number", argument: "depth")
            }
            if let values = try node.vector(2, "values") { _ = try node.unified(values[0], .size(2), "values") }
            guard var shape = node.shape(0) else { return }
            let depth = try node.constant(1).flatMap {
                try $0.shape.count <= 1 && $0.count == 1 ? classCount(of: $0) : nil
            }
            shape.insert(
                depth.map { .size(Int64($0)) } ?? node.elements(1)?.first ?? .unknown,
                at: try normalized(axis: axis, rank: shape.count + 1))
            node.set(0, shape: shape)
        }
    ) { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let countsFromEnd = binding.version >= 11
        return { call in
            let indices = try call.input(0)
            let depth = try classCount(of: call.input(1))
            let values = try call.input(2)
            guard values.shape == [2] else {
                throw GraphError(.argument, "shape \(values.shape), expected [2]", argument: "values")
            }
            let axis = try normalized(axis: axis, rank: indices.shape.count + 1)
            let shape = indices.shape[..<axis] + [depth] + indices.shape[axis...]
            let inner = product(indices.shape[axis...])
            // Numbers beyond int64 wrap to negative ones that mean something else.
            let wraps = indices.elementType == .uint64
            try call.check(.int64, indices.shape)
            let hot = try call.converted(indices, to: .int64).array(of: Int64.self).map { index -> Int in
                if index >= 0 || wraps { return Int(index) }
                return countsFromEnd && index >= -Int64(depth) ? Int(index) + depth : -1
            }
            return try call.moving([values]) { values in
                let width = values[0].elementType.bitWidth / 8
                return [
                    try call.make(values[0].elementType, Array(shape), as: UInt8.self) { out in
                        try values[0].withElements(UInt8.self) { values in
                            guard let to = out.baseAddress, let off = values.baseAddress, !out.isEmpty else { return }
                            for at in stride(from: 0, to: out.count, by: width) {
                                (to + at).update(from: off, count: width)
                            }
                            for (position, index) in hot.enumerated() where index >= 0 && index < depth {
                                let at = (position / inner * depth + index) * inner + position % inner
                                (to + at * width).update(from: off + width, count: width)
                            }
                        }
                    }
                ]
            }
        }
    }
}

/// The number of classes: one element of any number type.
private func classCount(of tensor: Tensor) throws -> Int {
    let call = Call(values: [], outputCount: 0, memory: 64)
    let depth = Int(try call.converted(tensor, to: .int64).scalar(Int64.self, "depth"))
    guard depth >= 0 else { throw GraphError(.argument, "\(depth) classes", argument: "depth") }
    return depth
}
