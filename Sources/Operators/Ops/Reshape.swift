import GraphIR

extension Operator {
    /// The same elements under another shape; −1 stands for what is left, 0 for the input's dimension.
    /// https://onnx.ai/onnx/operators/onnx__Reshape.html, versions 1, 5, 13, 14, 19, 21, 23, 24, 25.
    static let reshape = Operator("Reshape", accuracy: .exact, infer: .reshape) { binding in
        binding.ignore("consumed_inputs")
        let fixed = binding.version < 5 ? try binding.ints("shape")?.map { Int($0) } : nil
        let allowsZero = try binding.flag("allowzero")
        return { call in
            let x = try call.input(0)
            guard let wanted = try fixed ?? call.integers(1) else {
                throw GraphError(.argument, "the shape is required", argument: "shape")
            }
            return [try x.reshaped(resolved(wanted, of: x.shape, allowsZero: allowsZero))]
        }
    }
}

/// The shape with its −1 and zeros worked out.
/// - Throws: `op.argument` where it doesn't hold the input's elements.
private func resolved(_ wanted: [Int], of shape: [Int], allowsZero: Bool) throws -> [Int] {
    func misfit(_ problem: String) -> GraphError {
        GraphError(.argument, "\(problem): \(wanted) for an input of shape \(shape)", argument: "shape")
    }
    guard wanted.allSatisfy({ $0 >= -1 }) else { throw misfit("a dimension below -1") }
    guard wanted.count(where: { $0 == -1 }) <= 1 else { throw misfit("more than one -1") }
    var result = wanted
    for (axis, size) in wanted.enumerated() where size == 0 && !allowsZero {
        guard let kept = shape[checked: axis] else { throw misfit("0 at axis \(axis), which the input lacks") }
        result[axis] = kept
    }
    let count = product(shape)
    if let hole = result.firstIndex(of: -1) {
        let others = result.enumerated().filter { $0.offset != hole }.map(\.element)
        guard let known = others.checkedProduct(), known > 0, count % known == 0 else {
            throw misfit("-1 can't be worked out")
        }
        result[hole] = count / known
    }
    guard result.checkedProduct() == count else { throw misfit("the number of elements differs") }
    return result
}

/// The same for dimensions of which some are not known.
/// - Throws: `op.argument` where no input of the shape holds the elements.
private func resolved(_ wanted: [Dimension], of shape: [Dimension]?, allowsZero: Bool) throws -> [Dimension] {
    func misfit(_ problem: String) -> GraphError {
        GraphError(
            .argument, "\(problem): \(wanted.text) for an input of shape \(shape?.text ?? "?")", argument: "shape")
    }
    guard wanted.allSatisfy({ $0.known ?? 0 >= -1 }) else { throw misfit("a dimension below -1") }
    let holes = wanted.indices.filter { wanted[$0].isSize(-1) }
    guard holes.count <= 1 else { throw misfit("more than one -1") }
    var result = wanted
    for (axis, size) in wanted.enumerated() where size.isSize(0) && !allowsZero {
        guard let shape else {
            result[axis] = .unknown
            continue
        }
        guard let kept = shape[checked: axis] else { throw misfit("0 at axis \(axis), which the input lacks") }
        result[axis] = kept
    }
    if let hole = holes.first { result[hole] = .unknown }
    guard let shape else { return result }
    // Dimensions that are on both sides, one against one, cancel out; unless they are 0 so does their product.
    var inputs = shape
    var outputs = result
    if let hole = holes.first { outputs.remove(at: hole) }
    for name in outputs where name.known == nil && name != .unknown {
        guard let at = inputs.firstIndex(of: name), let other = outputs.firstIndex(of: name) else { continue }
        inputs.remove(at: at)
        outputs.remove(at: other)
    }
    let input = Dimension.product(inputs)
    let output = Dimension.product(outputs)
    guard let count = input.known, let others = output.known else {
        if let hole = holes.first, output.isSize(1) { result[hole] = input }
        return result
    }
    guard let hole = holes.first else {
        guard count == others else { throw misfit("the number of elements differs") }
        return result
    }
    guard others > 0, count % others == 0 else {
        // Nothing says which size it is, where the others hold no elements anyway.
        guard others == 0, count == 0 else { throw misfit("-1 can't be worked out") }
        return result
    }
    result[hole] = .size(count / others)
    return result
}

extension InferenceRule {
    fileprivate static let reshape = InferenceRule { node in
        let fixed = node.binding.version < 5 ? try node.binding.ints("shape")?.map { Dimension.size($0) } : nil
        let allowsZero = try node.binding.flag("allowzero")
        try node.vector(1, "shape")
        guard let wanted = fixed ?? node.elements(1) else {
            let rank = node.shape(1)?.first?.known.flatMap { $0 <= Int64(Tensor.maximumRank) ? Int($0) : nil }
            return node.set(0, shape: rank.map { .unknown(rank: $0) })
        }
        node.set(0, shape: try resolved(wanted, of: node.shape(0), allowsZero: allowsZero))
        if wanted.count <= 1 { node.set(0, elements: node.elements(0)) }
    }
}
