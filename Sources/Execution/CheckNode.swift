import GraphIR
import Operators

/// Checks one node against its operator's schema.
struct NodeChecker {
    let node: Node
    let label: String
    let graph: Graph
    let schema: OperatorSchema

    var faults: [GraphError] { arity + attributes + types + axes }

    private var arity: [GraphError] {
        var faults: [GraphError] = []
        // Inputs that are left out at the end count as not given.
        let given = (node.inputs.lastIndex { $0 != nil } ?? -1) + 1
        if !schema.inputCounts.contains(given) && !schema.inputCounts.contains(node.inputs.count) {
            faults.append(GraphError(.argument, "\(node.op) of \(given) inputs, expected \(text(schema.inputCounts))"))
        }
        if !schema.outputCounts.contains(node.outputs.count) {
            faults.append(
                GraphError(
                    .argument, "\(node.op) of \(node.outputs.count) outputs, expected \(text(schema.outputCounts))"))
        }
        for (position, input) in node.inputs.enumerated() where input == nil {
            if let formal = schema.inputs[checked: position], formal.arity == .single {
                faults.append(GraphError(.argument, "\(node.op): the input is required", argument: formal.name))
            }
        }
        return faults
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
                faults.append(
                    GraphError(
                        .argument, "\(node.op) has no such attribute in version \(schema.since)",
                        argument: attribute.name))
                continue
            }
            if let kind = AttributeKind(attribute.value), kind != rule.kind {
                faults.append(
                    GraphError(
                        .argument, "\(node.op): is of kind \(kind.rawValue), expected \(rule.kind.rawValue)",
                        argument: attribute.name))
            }
        }
        for rule in schema.attributes where rule.isRequired && node.attribute(rule.name) == nil {
            faults.append(GraphError(.argument, "\(node.op): the attribute is required", argument: rule.name))
        }
        if schema.name == OperatorName("Constant"), node.attributes.count != 1 {
            faults.append(
                GraphError(.argument, "Constant has \(node.attributes.count) attributes, expected exactly one value"))
        }
        return faults
    }

    /// Types that the file declares: allowed, and the same wherever the schema uses one letter.
    private var types: [GraphError] {
        var faults: [GraphError] = []
        var bound: [String: (type: String, name: String)] = [:]
        for (position, input) in node.inputs.enumerated() {
            guard let input, let formal = OperatorSchema.parameter(schema.inputs, at: position),
                let element = elementType(input)
            else { continue }
            let type = "tensor(\(schemaName(element)))"
            let allowed = schema.allowedTypes(formal)
            if !allowed.contains(type) && !allowed.contains(where: { !$0.hasPrefix("tensor") }) {
                faults.append(
                    GraphError(
                        .argument, "\(node.op) doesn't take \(type) in version \(schema.since)", argument: formal.name))
            }
            if case .variadic(_, uniform: false) = formal.arity { continue }
            guard schema.types[formal.type] != nil else { continue }
            if let first = bound[formal.type], first.type != type {
                faults.append(
                    GraphError(
                        .argument, "\(node.op): \(type), but \(first.name) is \(first.type); both must be of one type",
                        argument: formal.name))
            } else {
                bound[formal.type] = (type, formal.name)
            }
        }
        return faults
    }

    private func elementType(_ id: ValueID) -> ElementType? {
        graph.initializers[id]?.tensor.elementType ?? graph[id].type?.elementType
    }

    /// ONNX's name of a type in schemas, which differs from that of `TensorProto.DataType` in two cases.
    private func schemaName(_ type: ElementType) -> String {
        switch type {
        case .float32: "float"
        case .float64: "double"
        default: type.name
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
