import GraphIR

extension Operator {
    /// The middle of the input, cut or padded with zeros to given sizes.
    /// https://onnx.ai/onnx/operators/onnx__CenterCropPad.html, version 18.
    static let centerCropPad = Operator(
        "CenterCropPad", accuracy: .exact,
        infer: InferenceRule { node in
            let named = try node.binding.ints("axes")?.map { Int($0) }
            guard let input = node.shape(0) else { return }
            let axes = try named.map { try normalized(axes: $0, rank: input.count) } ?? Array(input.indices)
            var shape = input
            let sizes = node.elements(1)
            if let sizes, sizes.count != axes.count {
                throw GraphError(.argument, "\(sizes.count) numbers for \(axes.count) axes", argument: "shape")
            }
            for (position, axis) in axes.enumerated() { shape[axis] = sizes?[position] ?? .unknown }
            node.set(0, shape: shape)
        }
    ) { binding in
        let named = try binding.ints("axes")?.map { Int($0) }
        return { call in
            let x = try call.input(0)
            let axes = try named.map { try normalized(axes: $0, rank: x.shape.count) } ?? Array(x.shape.indices)
            let sizes = try call.integers(1) ?? []
            guard sizes.count == axes.count else {
                throw GraphError(.argument, "\(sizes.count) numbers for \(axes.count) axes", argument: "shape")
            }
            var shape = x.shape
            for (axis, size) in zip(axes, sizes) {
                guard size >= 0 else { throw GraphError(.argument, "size \(size)", argument: "shape") }
                shape[axis] = size
            }
            try call.check(x.elementType, shape)
            // What both have in common, and where it begins in the input and in the result.
            let common = zip(x.shape, shape).map { Swift.min($0, $1) }
            let from = zip(x.shape, common).map { ($0 - $1) / 2 }
            let to = zip(shape, common).map { ($0 - $1) / 2 }
            let result = shape
            return try call.moving([x, call.zero(of: x.elementType)]) { tensors in
                let width = tensors[0].elementType.bitWidth / 8
                let (old, new) = (rowMajorStrides(x.shape), rowMajorStrides(result))
                return [
                    try call.make(tensors[0].elementType, result, as: UInt8.self) { out in
                        guard let target = out.baseAddress, !out.isEmpty else { return }
                        try tensors[1].withElements(UInt8.self) { zero in
                            guard let zero = zero.baseAddress else { return }
                            for at in stride(from: 0, to: out.count, by: width) {
                                (target + at).update(from: zero, count: width)
                            }
                        }
                        try tensors[0].withElements(UInt8.self) { source in
                            guard let source = source.baseAddress, !common.contains(0) else { return }
                            copyStrided(
                                width: width, shape: common, from: source, old,
                                zip(from, old).reduce(0) { $0 + $1.0 * $1.1 },
                                to: target, new, zip(to, new).reduce(0) { $0 + $1.0 * $1.1 })
                        }
                    }
                ]
            }
        }
    }
}
