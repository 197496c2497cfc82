import GraphIR

/// Tensors made of several, and several made of one: what Loop, Scan and the sequences' operators have in common.
extension Call {
    /// Tensors laid one behind the other along an axis that they have, counted from 0.
    /// - Throws: `op.argument` where types or the other dimensions differ, `limit.memory`.
    func joined(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        guard let first = tensors.first else { throw GraphError(.argument, "there is no tensor to join") }
        var shape = first.shape
        guard shape.indices.contains(axis) else {
            throw GraphError(.argument, "axis \(axis) is none of shape \(shape)", argument: "axis")
        }
        shape[axis] = 0
        for (position, tensor) in tensors.enumerated() {
            try requireType(first.elementType, tensor)
            var other = tensor.shape
            guard other.count == shape.count, let sum = shape[axis].adding(checked: other[axis]) else {
                throw GraphError(.argument, "rank differs from the first's", argument: "input \(position)")
            }
            shape[axis] = sum
            other[axis] = sum
            guard other == shape else {
                throw GraphError(
                    .argument, "shape \(tensor.shape) doesn't fit \(first.shape) along axis \(axis)",
                    argument: "input \(position)")
            }
        }
        try check(first.elementType, shape)
        if tensors.count == 1 { return first }
        let whole = shape
        return try moving(tensors) { tensors in
            let type = tensors.first?.elementType ?? first.elementType
            let strides = rowMajorStrides(whole)
            let result = try make(type, whole, as: UInt8.self) { out in
                guard let to = out.baseAddress else { return }
                var start = 0
                for tensor in tensors where tensor.count > 0 {
                    try tensor.withElements(UInt8.self) { source in
                        guard let from = source.baseAddress else { return }
                        copyStrided(
                            width: type.bitWidth / 8, shape: tensor.shape, from: UnsafeRawPointer(from),
                            rowMajorStrides(tensor.shape), 0, to: UnsafeMutableRawPointer(to), strides,
                            start * strides[axis])
                    }
                    start += tensor.shape[axis]
                }
            }
            return [result]
        }[0]
    }

    /// Tensors of one shape laid side by side along a new axis, counted from 0.
    func stacked(_ tensors: [Tensor], axis: Int) throws -> Tensor {
        try joined(
            tensors.map { tensor in
                var shape = tensor.shape
                guard axis >= 0, axis <= shape.count else {
                    throw GraphError(.argument, "axis \(axis) is none of rank \(shape.count + 1)", argument: "axis")
                }
                shape.insert(1, at: axis)
                return try tensor.reshaped(shape)
            }, axis: axis)
    }

    /// The parts of a tensor along an axis that it has, counted from 0. The sizes add up to no more than the axis has.
    func parts(of tensor: Tensor, axis: Int, sizes: [Int]) throws -> [Tensor] {
        try check(tensor.elementType, tensor.shape)
        return try moving([tensor]) { whole in
            guard let whole = whole.first else { return [] }
            let strides = rowMajorStrides(whole.shape)
            var start = 0
            return try sizes.map { size in
                var shape = whole.shape
                guard size >= 0, start + size <= shape[axis] else {
                    throw GraphError(.argument, "\(sizes) is more than the \(shape[axis]) of axis \(axis)")
                }
                shape[axis] = size
                defer { start += size }
                return try strided(whole, shape: shape, strides: strides, offset: start * strides[axis])
            }
        }
    }

    /// The slices of a tensor along an axis that it has, counted from 0: each without that axis.
    func slices(of tensor: Tensor, axis: Int) throws -> [Tensor] {
        var shape = tensor.shape
        let count = shape.remove(at: axis)
        // Each slice takes some memory of its own, however small it is.
        try check(.uint8, [count, RuntimeValue.overhead])
        return try parts(of: tensor, axis: axis, sizes: [Int](repeating: 1, count: count)).map {
            try $0.reshaped(shape)
        }
    }

    /// No tensors of a declared type laid side by side along a new axis; dimensions that aren't declared are 0.
    func emptyStack(of type: ValueType?, axis: Int, inDouble: Bool, argument: String) throws -> Tensor {
        guard var element = type?.elementType else {
            throw GraphError(
                .unsupportedArgument, "no iteration was run, and the output's element type is not declared",
                argument: argument, hint: "declare the type of the graph's output")
        }
        if inDouble, [.float32, .float16, .bfloat16].contains(element) { element = .float64 }
        var shape = (type?.dimensions ?? []).map { dimension in
            if case .size(let size) = dimension { Int(size) } else { 0 }
        }
        let rank = shape.count + 1
        shape.insert(0, at: axis < 0 ? Swift.max(axis + rank, 0) : Swift.min(axis, rank - 1))
        if element == .string { return try Tensor(strings: [], shape: shape) }
        return try Tensor(element, shape: shape, bytes: Bytes([]))
    }

    /// The only element of a boolean tensor.
    /// - Throws: `op.argument` where it isn't one boolean.
    func condition(_ tensor: Tensor, _ name: String) throws -> Bool {
        guard tensor.elementType == .bool, tensor.count == 1, let byte = try tensor.bytes().array().first else {
            throw GraphError(
                .argument, "expected one boolean, found \(tensor.elementType.onnxName) of shape \(tensor.shape)",
                argument: name)
        }
        return byte != 0
    }

    /// An integer input of one element, as a position among `count`; negative ones count from the end.
    /// - Throws: `op.argument` where it is out of range.
    func position(_ input: Int, count: Int, allowsEnd: Bool = false) throws -> Int? {
        guard self[input] != nil else { return nil }
        guard let found = try integers(input), found.count == 1, let position = found.first else {
            throw GraphError(.argument, "expected one integer", argument: "position")
        }
        guard position >= -count, allowsEnd ? position <= count : position < count else {
            throw GraphError(.argument, "\(position) is no position in a sequence of \(count)", argument: "position")
        }
        return position < 0 ? position + count : position
    }

    /// The tensors of an input that is a sequence of tensors.
    func tensors(_ input: Int) throws -> [Tensor] {
        try sequence(input).map { item in
            guard let tensor = item.tensor else {
                throw GraphError(
                    .argument, "expected a sequence of tensors, found \(item.kindName) in it",
                    argument: "input \(input)")
            }
            return tensor
        }
    }
}

extension Inference {
    /// The type of a sequence's items.
    func item(_ input: Int) -> ValueType? {
        guard case .sequence(let item)? = type(input)?.kind else { return nil }
        return item
    }

    /// Types that values keep from iteration to iteration of a body, and what the body then gives.
    /// - Parameters:
    ///   - start: the types that the values have before the first iteration.
    ///   - skipped: outputs of the body that come before the values.
    ///   - keepsShape: whether a value must keep its shape too.
    /// - Throws: `op.argument` where a value comes out of the body as something else.
    func steadyState(
        _ start: [ValueType?], skipping skipped: Int, keepsShape: Bool = false,
        _ run: ([ValueType?]) throws -> [InferredValue]
    ) throws -> (state: [ValueType?], results: [InferredValue]) {
        var state = start
        for _ in 0..<InferenceLimits.rounds {
            let results = try run(state)
            let next = try state.indices.map { position -> ValueType? in
                guard let before = state[position], let after = results[checked: position + skipped]?.type,
                    before.kind != nil, after.kind != nil
                else { return nil }
                let merged =
                    keepsShape
                    ? before.merged(with: after)
                    : before.unwrapped.withoutShape.merged(with: after.unwrapped.withoutShape)
                guard merged != nil else {
                    throw GraphError(
                        .argument,
                        "the value \(position) goes into an iteration as \(before.text) and comes out as"
                            + " \(after.text); expected the same \(keepsShape ? "type and shape" : "type")",
                        argument: "body")
                }
                return keepsShape ? merged : before.common(with: after)
            }
            if next == state { return (state, results) }
            state = next
        }
        // Shapes that are still changing are given up; element types can't change.
        state = state.map { $0?.withoutShape }
        return (state, try run(state))
    }
}

extension Inference {
    /// - Throws: `op.argument` where the node's outputs aren't as many as a graph attribute gives.
    func requireOutputs(_ count: Int, _ attribute: String) throws {
        guard count != outputs.count else { return }
        throw GraphError(
            .argument, "the graph gives \(count) values for the node's \(outputs.count) outputs", argument: attribute)
    }
}

extension ValueType {
    /// What an optional holds; any other type as it is. A loop may go in with the one and come out with the other.
    fileprivate var unwrapped: ValueType {
        if case .optional(let item?) = kind { item } else { self }
    }
}

extension InferenceLimits {
    /// Rounds after which the shapes of values that a loop hands on are given up.
    static let rounds = 3
}
