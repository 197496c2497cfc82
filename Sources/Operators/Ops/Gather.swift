import GraphIR

extension Operator {
    /// Slices along an axis, picked by indices; negative ones count from the end.
    /// https://onnx.ai/onnx/operators/onnx__Gather.html, versions 1, 11, 13.
    static let gather = Operator("Gather", accuracy: .exact, infer: .gather) { binding in
        let axis = Int(try binding.int("axis", default: 0))
        return { call in
            let x = try call.input(0)
            let indices = try call.input(1)
            let start = try normalized(axis: axis, rank: x.shape.count)
            let size = x.shape[start]
            let flat = try call.with(inputs: [indices.reshaped([indices.count])]).integers(0) ?? []
            let picked = try flat.map { index in
                guard index >= -size, index < size else {
                    throw GraphError(.argument, "index \(index) is outside of \(-size)..<\(size)", argument: "indices")
                }
                return index < 0 ? index + size : index
            }
            let shape = x.shape[..<start] + indices.shape + x.shape[(start + 1)...]
            let inner = product(x.shape[(start + 1)...])
            let outer = product(x.shape[..<start])
            return try call.moving([x]) { x in
                let block = inner * x[0].elementType.bitWidth / 8
                let result = try call.make(x[0].elementType, Array(shape), as: UInt8.self) { out in
                    try x[0].withElements(UInt8.self) { source in
                        guard let from = source.baseAddress, let to = out.baseAddress, !out.isEmpty else { return }
                        var at = 0
                        for row in 0..<outer {
                            for index in picked {
                                (to + at).update(from: from + (row * size + index) * block, count: block)
                                at += block
                            }
                        }
                    }
                }
                return [result]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let gather = InferenceRule { node in
        let axis = Int(try node.binding.int("axis", default: 0))
        guard let shape = node.shape(0) else { return node.set(0, shape: nil) }
        let start = try normalized(axis: axis, rank: shape.count)
        guard let indices = node.shape(1) else { return node.set(0, shape: nil) }
        node.set(0, shape: shape[..<start] + indices + shape[(start + 1)...])
        guard shape.count == 1, let elements = node.elements(0), let picked = node.integers(1) else { return }
        node.set(
            0,
            elements: try picked.map { index in
                guard let element = elements[checked: index < 0 ? index + elements.count : index] else {
                    throw GraphError(
                        .argument, "index \(index) is outside of \(-elements.count)..<\(elements.count)",
                        argument: "indices")
                }
                return element
            })
    }
}
