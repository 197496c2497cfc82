import GraphIR
import Operators

/// Checks one node against its operator's schema.
struct NodeChecker {
    let node: Node
    let graph: Graph
    let schema: OperatorSchema
    /// Whether rules count that nothing depends on.
    let isFull: Bool

    var faults: [GraphError] { arity + attributes + types + axes }

    private var arity: [GraphError] {
        var faults: [GraphError] = []
        // Inputs that are left out at the end count as not given.
        let given = (node.inputs.lastIndex { $0 != nil } ?? -1) + 1
        let fits = schema.inputCounts.contains(node.inputs.count)
        if !fits && (isFull || !schema.inputCounts.contains(given)) {
            let count = isFull ? node.inputs.count : given
            faults.append(GraphError(.argument, "\(node.op) of \(count) inputs, expected \(text(schema.inputCounts))"))
        }
        if !outputCountFits {
            faults.append(
                GraphError(
                    .argument, "\(node.op) of \(node.outputs.count) outputs, expected \(text(schema.outputCounts))"))
        }
        for (position, input) in node.inputs.enumerated() where input == nil {
            if let formal = schema.inputs[checked: position], formal.arity == .single {
                faults.append(GraphError(.argument, "\(node.op): the input is required", argument: formal.name))
            }
        }
        for (position, input) in node.inputs.enumerated() where input == nil && isFull {
            if let formal = OperatorSchema.parameter(schema.inputs, at: position), case .variadic = formal.arity {
                faults.append(
                    GraphError(
                        .argument, "\(node.op): input \(position) is left out", argument: formal.name,
                        hint: "remove it: a list of inputs has no gaps"))
            }
        }
        for (position, output) in node.outputs.enumerated() where output == nil && isFull {
            if let formal = schema.outputs[checked: position], formal.arity == .single {
                faults.append(GraphError(.argument, "\(node.op): the output needs a name", argument: formal.name))
            }
        }
        if isFull && node.inputs.isEmpty && node.outputs.isEmpty {
            faults.append(GraphError(.invalid, "\(node.op) has no inputs and no outputs"))
        }
        return faults
    }

    /// Batch normalization gives one output or all.
    private var outputCountFits: Bool {
        let count = node.outputs.count
        guard schema.outputCounts.contains(count) else { return false }
        guard isFull, schema.name == OperatorName("BatchNormalization") else { return true }
        return count == 1 || count == (schema.since < 14 ? 5 : 3)
    }

    private func text(_ range: ClosedRange<Int>) -> String {
        range.lowerBound == range.upperBound
            ? "\(range.lowerBound)"
            : range.upperBound == Int.max
                ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private var attributes: [GraphError] {
        var faults: [GraphError] = []
        for attribute in node.attributes {
            guard let rule = schema.attribute(attribute.name) else {
                // Names with two underscores before them are implementations' own.
                if isFull && attribute.name.hasPrefix("__") { continue }
                faults.append(
                    GraphError(
                        .argument, "\(node.op) has no such attribute in version \(schema.since)",
                        argument: attribute.name, hint: otherVersion(with: attribute.name)))
                continue
            }
            if let kind = kind(attribute.value), kind != rule.kind {
                faults.append(
                    GraphError(
                        .argument, "\(node.op): is of kind \(kind.rawValue), expected \(rule.kind.rawValue)",
                        argument: attribute.name))
            }
        }
        for rule in schema.attributes where rule.isRequired && node.attribute(rule.name) == nil {
            faults.append(GraphError(.argument, "\(node.op): the attribute is required", argument: rule.name))
        }
        let values = node.attributes.count { !(isFull && $0.name.hasPrefix("__")) }
        if schema.name == OperatorName("Constant"), values != 1 {
            faults.append(GraphError(.argument, "Constant has \(values) attributes, expected exactly one value"))
        }
        return faults
    }

    private func kind(_ value: AttributeValue) -> AttributeKind? {
        if isFull, case .reference(_, let number) = value { return AttributeKind(number: number) }
        return AttributeKind(value)
    }

    private func otherVersion(with attribute: String) -> String? {
        let others = OperatorTable.versions(of: schema.name).filter { $0.attribute(attribute) != nil }.map(\.since)
        guard let nearest = others.last(where: { $0 < schema.since }) ?? others.first else { return nil }
        return "version \(nearest) has it: the model may be written for another operator set than it imports"
    }

    /// Types that the file declares: allowed, and the same wherever the schema uses one letter.
    private var types: [GraphError] {
        var binding = TypeBinding(schema)
        return node.inputs.enumerated().compactMap { position, input in
            guard let input else { return nil }
            let constant = graph.initializers[input]?.tensor.elementType
            return binding.bind(input: position, constant.map { .tensor($0, nil) } ?? graph[input].type)
        }
    }

    /// `axis` and `axes` where the rank of the first input is known. Those of operators that put axes in count more.
    private var axes: [GraphError] {
        var rank: Int?
        if let first = node.inputs.first ?? nil {
            rank = graph.initializers[first]?.tensor.shape.count ?? graph[first].type?.dimensions?.count
        }
        // Unsqueeze, the sequences' operators and one-hot count axes of their results.
        let counted =
            ["Unsqueeze", "OneHot", "ConcatFromSequence", "SplitToSequence"].contains(node.op.type) ? nil : rank
        var faults: [GraphError] = []
        for attribute in node.attributes where attribute.name == "axis" || attribute.name == "axes" {
            let values: [Int64] =
                switch attribute.value {
                case .int(let value): [value]
                case .ints(let values): values
                default: []
                }
            // One more than the rank is an axis too for Flatten and its like.
            let limit = Int64(counted ?? Tensor.maximumRank)
            for value in values where value < -max(limit, 1) || value > limit {
                faults.append(
                    GraphError(
                        .argument, "\(node.op): axis \(value) is outside of \(-limit)...\(limit)",
                        argument: attribute.name))
            }
        }
        return faults
    }
}
