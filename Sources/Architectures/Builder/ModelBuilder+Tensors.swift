import GraphIR

/// Operators on tensors that layers are made of, by ONNX's names. Sizes that are multiplied or divided must be known;
/// the batch, axis 0, may be dynamic.
extension ModelBuilder {
    /// `Reshape` of all axes but the first, which is kept.
    /// - Throws: `tensor.shape` where the elements aren't as many.
    public func reshape(_ module: String, _ x: Wire, _ sizes: [Int], isResult: Bool = false) throws -> Wire {
        let module = path(module)
        let known = x.shape.dropFirst().compactMap(\.knownSize)
        guard known.count == x.shape.count - 1, let count = known.checkedProduct(), count == sizes.checkedProduct(),
            let batch = x.shape.first
        else {
            throw GraphError(.shape, "\(x.shape) can't take the shape [batch] + \(sizes)", node: module)
        }
        let shape = constant(try Tensor([0] + sizes.map(Int64.init), shape: [sizes.count + 1]), at: module)
        return node(
            "Reshape", at: module, [x, shape], shape: [batch] + sizes.map { .size(Int64($0)) }, isResult: isResult)
    }

    /// `Transpose`: axis `i` of the result is axis `order[i]` of `x`.
    public func transpose(_ module: String, _ x: Wire, _ order: [Int], isResult: Bool = false) throws -> Wire {
        let module = path(module)
        guard order.sorted() == Array(x.shape.indices) else {
            throw GraphError(.shape, "\(order) is no order of \(x.shape.count) axes", node: module)
        }
        return node(
            "Transpose", at: module, [x], attributes: [Attribute("perm", .ints(order.map(Int64.init)))],
            shape: order.map { x.shape[$0] }, isResult: isResult)
    }

    /// `Concat` along an axis.
    public func concat(_ module: String, _ parts: [Wire], axis: Int) throws -> Wire {
        let module = path(module)
        guard var shape = parts.first?.shape, shape.indices.contains(axis) else {
            throw GraphError(.shape, "there is no axis \(axis) to join along", node: module)
        }
        let sizes = parts.compactMap { $0.shape[checked: axis]?.knownSize }
        guard sizes.count == parts.count else { throw GraphError(.shape, "a size isn't known", node: module) }
        shape[axis] = .size(Int64(sizes.reduce(0, &+)))
        return node(
            "Concat", at: module, parts, attributes: [Attribute("axis", .int(Int64(axis)))], shape: shape,
            isResult: false)
    }

    /// `Slice` of one axis.
    public func slice(_ module: String, _ x: Wire, axis: Int, from start: Int, to end: Int) throws -> Wire {
        let module = path(module)
        guard let size = x.shape[checked: axis]?.knownSize, 0 <= start, start < end, end <= size else {
            throw GraphError(.shape, "\(start)..<\(end) isn't within axis \(axis) of \(x.shape)", node: module)
        }
        var shape = x.shape
        shape[axis] = .size(Int64(end - start))
        let bounds = try [start, end, axis].map { constant(try Tensor([Int64($0)], shape: [1]), at: module) }
        return node("Slice", at: module, [x] + bounds, shape: shape, isResult: false)
    }

    /// `Split` of one axis in equal parts.
    public func split(_ module: String, _ x: Wire, axis: Int, into count: Int) throws -> [Wire] {
        let size = x.shape[checked: axis]?.knownSize ?? 0
        guard count > 0, size > 0, size % count == 0 else {
            throw GraphError(.shape, "axis \(axis) of \(x.shape) in \(count) parts", node: path(module))
        }
        let length = size / count
        return try (0..<count).map {
            try slice(module, x, axis: axis, from: $0 * length, to: ($0 + 1) * length)
        }
    }

    /// One position of an axis, which goes away (`Gather` of a scalar index).
    public func select(_ module: String, _ x: Wire, axis: Int, _ position: Int) throws -> Wire {
        let module = path(module)
        guard let size = x.shape[checked: axis]?.knownSize, (0..<size).contains(position) else {
            throw GraphError(.shape, "axis \(axis) of \(x.shape) has no position \(position)", node: module)
        }
        var shape = x.shape
        shape.remove(at: axis)
        let index = constant(try Tensor(scalar: Int64(position)), at: module)
        return node(
            "Gather", at: module, [x, index], attributes: [Attribute("axis", .int(Int64(axis)))], shape: shape,
            isResult: false)
    }

    /// The mean over an axis, which goes away.
    public func mean(_ module: String, _ x: Wire, axes: [Int], keepsAxes: Bool = false) throws -> Wire {
        let module = path(module)
        guard axes.allSatisfy({ x.shape.indices.contains($0) }) else {
            throw GraphError(.shape, "\(x.shape) has no axes \(axes)", node: module)
        }
        let shape = x.shape.indices.compactMap { axis -> Dimension? in
            axes.contains(axis) ? (keepsAxes ? .size(1) : nil) : x.shape[axis]
        }
        let list = constant(try Tensor(axes.map(Int64.init), shape: [axes.count]), at: module)
        return node(
            "ReduceMean", at: module, [x, list], attributes: [Attribute("keepdims", .int(keepsAxes ? 1 : 0))],
            shape: shape, isResult: false)
    }

    /// The greatest element along an axis, which goes away unless `keepsAxis`.
    public func max(_ module: String, _ x: Wire, axis: Int, keepsAxis: Bool = false) throws -> Wire {
        let module = path(module)
        guard x.shape.indices.contains(axis) else {
            throw GraphError(.shape, "\(x.shape) has no axis \(axis)", node: module)
        }
        var shape = x.shape
        if keepsAxis { shape[axis] = .size(1) } else { shape.remove(at: axis) }
        let axes = constant(try Tensor([Int64(axis)], shape: [1]), at: module)
        return node(
            "ReduceMax", at: module, [x, axes], attributes: [Attribute("keepdims", .int(keepsAxis ? 1 : 0))],
            shape: shape, isResult: false)
    }

    /// `MatMul` of stacks of matrices; the axes before the last two must agree.
    public func matMul(_ module: String, _ a: Wire, _ b: Wire) throws -> Wire {
        let module = path(module)
        guard a.shape.count >= 2, a.shape.count == b.shape.count, let inner = a.shape.last,
            inner.mayEqual(b.shape[b.shape.count - 2]), let last = b.shape.last
        else {
            throw GraphError(.shape, "\(a.shape) times \(b.shape)", node: module)
        }
        count(a.shape + [last])
        return node("MatMul", at: module, [a, b], shape: a.shape.dropLast() + [last], isResult: false)
    }

    /// The product with a number.
    public func scale(_ module: String, _ x: Wire, by factor: Double) throws -> Wire {
        let module = path(module)
        let factor = constant(try Tensor.scalar(factor, as: computeType), at: module)
        return node("Mul", at: module, [x, factor], shape: x.shape, isResult: false)
    }

    /// An elementwise operator of two wires that broadcast: `Add`, `Mul`, `Sub`, `Div`.
    public func elementwise(_ type: String, _ module: String, _ a: Wire, _ b: Wire, isResult: Bool = false) throws
        -> Wire
    {
        let module = path(module)
        let rank = Swift.max(a.shape.count, b.shape.count)
        let left = [Dimension](repeating: .size(1), count: rank - a.shape.count) + a.shape
        let right = [Dimension](repeating: .size(1), count: rank - b.shape.count) + b.shape
        let shape = try zip(left, right).map { x, y in
            if x == .size(1) { return y }
            if y == .size(1) || x.mayEqual(y) { return x }
            throw GraphError(.shape, "\(a.shape) and \(b.shape) don't broadcast", node: module)
        }
        return node(type, at: module, [a, b], shape: shape, isResult: isResult)
    }

    /// An operator of one input that keeps its shape: `Sqrt`, `Abs`, `Sign`.
    func function(_ type: String, _ module: String, _ x: Wire) throws -> Wire {
        node(type, at: path(module), [x], shape: x.shape, isResult: false)
    }

    /// √Σx² along an axis, which is kept.
    func euclideanLength(_ module: String, _ x: Wire, axis: Int) throws -> Wire {
        let module = path(module)
        guard x.shape.indices.contains(axis) else {
            throw GraphError(.shape, "\(x.shape) has no axis \(axis)", node: module)
        }
        var shape = x.shape
        shape[axis] = .size(1)
        let axes = constant(try Tensor([Int64(axis)], shape: [1]), at: module)
        return node(
            "ReduceL2", at: module, [x, axes], attributes: [Attribute("keepdims", .int(1))], shape: shape,
            isResult: false)
    }

    /// A weight that belongs to no layer, under its key in the current scope.
    /// - Parameter shape: what it must be; `nil` takes what the checkpoint has.
    public func parameter(_ key: String, shape: [Int]? = nil) throws -> Wire {
        try weight(path(key), shape: shape, role: .uniform(fanIn: Swift.max(shape?.last ?? 1, 1)))
    }

    /// A row `[1, n, D]` repeated for each item of the batch of `like`.
    public func expandBatch(_ module: String, _ row: Wire, like x: Wire) throws -> Wire {
        let module = path(module)
        guard let batch = x.shape.first else { throw GraphError(.shape, "a scalar has no batch axis", node: module) }
        let sizes = row.shape.dropFirst().compactMap(\.knownSize)
        let shape: Wire
        if let size = batch.knownSize {
            shape = constant(
                try Tensor([Int64(size)] + sizes.map(Int64.init), shape: [sizes.count + 1]), at: module)
        } else {
            let first = node(
                "Shape", at: module, [x], attributes: [Attribute("start", .int(0)), Attribute("end", .int(1))],
                shape: [.size(1)], elementType: .int64, isResult: false)
            let rest = constant(try Tensor(sizes.map(Int64.init), shape: [sizes.count]), at: module)
            shape = node(
                "Concat", at: module, [first, rest], attributes: [Attribute("axis", .int(0))],
                shape: [.size(Int64(sizes.count + 1))], elementType: .int64, isResult: false)
        }
        return node("Expand", at: module, [row, shape], shape: [batch] + row.shape.dropFirst(), isResult: false)
    }
}

extension Dimension {
    /// The size, where it is a number.
    var knownSize: Int? {
        if case .size(let size) = self { return Int(exactly: size) }
        return nil
    }
}
