import GraphIR
import Operators

extension ModelInference {
    /// Runs a node whose inputs are small constants, so that what follows from them is known too. Where it can't be run
    /// nothing is known, no more and no less than before.
    func fold(
        _ op: Operator, _ node: Node, _ schema: OperatorSchema, _ opset: Int64, _ inputs: [InferredValue?],
        _ outputs: inout [InferredValue]
    ) {
        guard folds < InferenceWork.folds, isFoldable(op, node), outputs.contains(where: { $0.constant == nil }),
            let tensors = constants(inputs)
        else { return }
        folds += 1
        guard let results = try? run(op, node, schema, opset, tensors) else { return }
        for position in outputs.indices {
            guard let tensor = results[checked: position]??.tensor, tensor.count <= InferenceWork.foldedElements else {
                continue
            }
            let type = ValueType.tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) })
            // A result that contradicts the rule is no help to anyone.
            guard let merged = outputs[position].type.map({ $0.merged(with: type) }) ?? type else { continue }
            outputs[position].type = merged
            outputs[position].constant = tensor
        }
    }

    /// Not what is random, what runs graphs, and what may take long.
    private func isFoldable(_ op: Operator, _ node: Node) -> Bool {
        if case .accumulating = op.accuracy { return false }
        if node.op.type.hasPrefix("Random") || ["Bernoulli", "Multinomial", "Dropout"].contains(node.op.type) {
            return false
        }
        return !node.attributes.contains { attribute in
            switch attribute.value {
            case .graph, .graphs: true
            default: false
            }
        }
    }

    /// The inputs as tensors; `nil` where one isn't known, or there are too many elements, or none of them is given.
    private func constants(_ inputs: [InferredValue?]) -> [Tensor?]? {
        var count = 0
        var result: [Tensor?] = []
        for input in inputs {
            guard let input else {
                result.append(nil)
                continue
            }
            guard let tensor = constant(input), let sum = count.adding(checked: tensor.count),
                sum <= InferenceWork.foldedElements, let loaded = try? tensor.loaded()
            else { return nil }
            count = sum
            result.append(loaded)
        }
        return result.contains { $0 != nil } ? result : nil
    }

    /// The value as a tensor where all of it is known.
    private func constant(_ value: InferredValue) -> Tensor? {
        if let tensor = value.constant { return tensor }
        guard let elements = value.elements, let rank = value.type?.dimensions?.count, rank <= 1 else { return nil }
        let sizes = elements.compactMap(\.known)
        guard sizes.count == elements.count, rank == 1 || sizes.count == 1 else { return nil }
        switch value.type?.elementType {
        case .int64: return try? Tensor(sizes, shape: rank == 1 ? [sizes.count] : [])
        case .int32:
            let narrow = sizes.compactMap { Int32(exactly: $0) }
            return narrow.count == sizes.count ? try? Tensor(narrow, shape: rank == 1 ? [sizes.count] : []) : nil
        default: return nil
        }
    }

    private func run(
        _ op: Operator, _ node: Node, _ schema: OperatorSchema, _ opset: Int64, _ tensors: [Tensor?]
    ) throws -> [RuntimeValue?] {
        var binding = try Binding(node, schema: schema, opset: opset, computesInDouble: false)
        let kernel = try op.bind(&binding)
        guard binding.unread.isEmpty else { return [] }
        return try kernel(
            Call(
                values: tensors.map { $0.map(RuntimeValue.tensor) }, outputCount: node.outputs.count,
                memory: InferenceWork.foldedBytes))
    }
}
