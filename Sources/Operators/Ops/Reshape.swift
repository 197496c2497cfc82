import GraphIR

extension Operator {
    /// The same elements under another shape; −1 stands for what is left, 0 for the input's dimension.
    /// https://onnx.ai/onnx/operators/onnx__Reshape.html, versions 1, 5, 13, 14, 19, 21, 23, 24, 25.
    static let reshape = Operator("Reshape", accuracy: .exact) { binding in
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
