import GraphIR

extension Operator {
    /// A sequence of the parts of a tensor along an axis: of given sizes, of one size, or single slices.
    /// https://onnx.ai/onnx/operators/onnx__SplitToSequence.html, versions 11, 24.
    static let splitToSequence = Operator(
        "SplitToSequence", accuracy: .exact,
        infer: InferenceRule { node in
            let axis = Int(try node.binding.int("axis", default: 0))
            let keeps = try node.binding.flag("keepdims", default: true)
            guard let element = node.elementType(0) else { return }
            guard var shape = node.shape(0) else {
                node.set(0, type: ValueType(.sequence(.tensor(element, nil))))
                return
            }
            let start = try normalized(axis: axis, rank: shape.count)
            if node.inputs[checked: 1] ?? nil == nil {
                shape[start] = .size(1)
                if !keeps { shape.remove(at: start) }
            } else {
                let size = shape[start]
                shape[start] = .unknown
                if let sizes = node.integers(1), let first = sizes.first {
                    let isScalar = node.shape(1)?.isEmpty ?? false
                    let sum = sizes.reduce(0) { $0.adding(checked: $1) ?? .max }
                    if isScalar ? first <= 0 : (size.known ?? Int64(sum)) != Int64(sum) {
                        throw GraphError(
                            .argument, "\(isScalar ? "a part of \(first)" : "\(sizes)") doesn't cut \(size.text)",
                            argument: "split")
                    }
                    // The last part may be smaller where one size is given for all.
                    if isScalar ? first > 0 && size.isMultiple(of: first) : sizes.allSatisfy({ $0 == first }) {
                        shape[start] = .size(Int64(first))
                    }
                }
            }
            node.set(0, type: ValueType(.sequence(.tensor(element, shape))))
        },
        bindValues: { binding in
            let axis = Int(try binding.int("axis", default: 0))
            let keeps = try binding.flag("keepdims", default: true)
            return { call in
                let x = try call.input(0)
                let start = try normalized(axis: axis, rank: x.shape.count)
                let size = x.shape[start]
                guard let split = call[1] else {
                    let slices = try call.slices(of: x, axis: start)
                    if !keeps { return [.sequence(slices.map { .tensor($0) })] }
                    var shape = x.shape
                    shape[start] = 1
                    return [.sequence(try slices.map { .tensor(try $0.reshaped(shape)) })]
                }
                var sizes = try call.integers(1) ?? []
                if split.shape.isEmpty, let part = sizes.first {
                    guard part > 0 else {
                        throw GraphError(.argument, "\(part) is no size of a part", argument: "split")
                    }
                    let count = size / part + (size % part == 0 ? 0 : 1)
                    try call.check(.uint8, [count, RuntimeValue.overhead])
                    sizes = (0..<count).map { Swift.min(part, size - $0 * part) }
                }
                guard sizes.allSatisfy({ $0 >= 0 && $0 <= size }), sizes.reduce(0, { $0 &+ $1 }) == size else {
                    throw GraphError(.argument, "\(sizes.prefix(20)) doesn't cut \(size) into parts", argument: "split")
                }
                try call.check(.uint8, [sizes.count, RuntimeValue.overhead])
                return [.sequence(try call.parts(of: x, axis: start, sizes: sizes).map { .tensor($0) })]
            }
        })
}

extension Dimension {
    fileprivate func isMultiple(of factor: Int) -> Bool {
        if case .size(let size) = self { size.isMultiple(of: Int64(factor)) } else { false }
    }
}
