import GraphIR

/// Operators whose attributes became inputs, or whose meaning changed under the same name.
extension OpsetRule {
    /// A constant second input of integers becomes an attribute. `noop_with_empty_axes` without axes is an Identity.
    static func toAttribute(_ name: String) -> Rewrite {
        { rewriter, node in
            let values = try rewriter.integers(1, of: node)
            let isEmpty = values?.isEmpty ?? true
            if isEmpty, node.integer("noop_with_empty_axes") == 1 {
                rewriter.finish("Identity", [node.input(0)], of: node)
                return
            }
            var changed = node
            changed.inputs = [node.input(0)]
            changed.attributes = node.attributes(without: "noop_with_empty_axes")
            if let values, !values.isEmpty { changed.attributes.append(Attribute(name, .ints(values))) }
            rewriter.append(changed)
        }
    }

    /// An attribute of integers becomes a constant second input.
    static func toInput(_ name: String) -> Rewrite {
        { rewriter, node in
            var changed = node
            changed.attributes = node.attributes(without: name)
            if let values = node.integers(name) { changed.inputs = [node.input(0), try rewriter.integers(values)] }
            rewriter.append(changed)
        }
    }

    /// Split (18) says how many parts where it doesn't say which; before that it made as many as there are outputs, of
    /// equal size.
    static let splitWithoutCount: Rewrite = { rewriter, node in
        var changed = node
        if let count = node.integer("num_outputs") {
            let axis = node.integer("axis") ?? 0
            let dimensions = node.input(0).flatMap { rewriter.graph[$0].type?.dimensions } ?? []
            let position = axis < 0 ? Int64(dimensions.count) + axis : axis
            guard count > 0, count == node.outputs.count, let index = Int(exactly: position),
                case .size(let size)? = dimensions[checked: index], size % count == 0
            else {
                throw GraphError(
                    .unsupportedArgument, "parts of unequal or unknown size have no older form", node: node.label,
                    argument: "num_outputs")
            }
            changed.attributes = node.attributes(without: "num_outputs")
        }
        rewriter.append(changed)
    }

    static let splitWithCount: Rewrite = { rewriter, node in
        var changed = node
        if node.input(1) == nil {
            changed.attributes.append(Attribute("num_outputs", .int(Int64(node.outputs.count))))
        }
        rewriter.append(changed)
    }

    /// Clip (11): bounds became inputs.
    static let clipToAttributes: Rewrite = { rewriter, node in
        var changed = node
        changed.inputs = [node.input(0)]
        for (position, name) in [(1, "min"), (2, "max")] {
            guard let bound = try rewriter.constant(position, of: node) else { continue }
            guard bound.elementType == .float32, let value = try bound.array(of: Float.self).first else {
                throw GraphError(
                    .unsupportedArgument,
                    "a bound of type \(bound.elementType.name) can't be an attribute",
                    node: node.label, argument: name)
            }
            changed.attributes.append(Attribute(name, .float(value)))
        }
        rewriter.append(changed)
    }

    static let clipToInputs: Rewrite = { rewriter, node in
        var changed = node
        let type = try rewriter.elementType(node.input(0), of: node)
        changed.attributes = node.attributes(without: "min", "max")
        changed.inputs = [node.input(0), nil, nil]
        for (position, name) in [(1, "min"), (2, "max")] {
            guard let value = node.real(name) else { continue }
            changed.inputs[position] = rewriter.constant("bound_\(value)", try .scalar(Double(value), as: type))
        }
        while changed.inputs.last == .some(nil) { changed.inputs.removeLast() }
        rewriter.append(changed)
    }

    /// Pad (11): amounts and value became inputs.
    static let padToAttributes: Rewrite = { rewriter, node in
        var changed = node
        guard let pads = try rewriter.integers(1, of: node), node.input(3) == nil else {
            throw GraphError(.unsupportedArgument, "padding of chosen axes has no older form", node: node.label)
        }
        changed.inputs = [node.input(0)]
        changed.attributes.append(Attribute("pads", .ints(pads)))
        if let value = try rewriter.constant(2, of: node) {
            guard value.elementType == .float32, let number = try value.array(of: Float.self).first else {
                throw GraphError(
                    .unsupportedArgument,
                    "a value of type \(value.elementType.name) can't be an attribute",
                    node: node.label)
            }
            changed.attributes.append(Attribute("value", .float(number)))
        }
        rewriter.append(changed)
    }

    static let padToInputs: Rewrite = { rewriter, node in
        var changed = node
        let type = try rewriter.elementType(node.input(0), of: node)
        guard let pads = node.integers("pads") else {
            throw GraphError(.argument, "the attribute is required", node: node.label, argument: "pads")
        }
        changed.attributes = node.attributes(without: "pads", "value")
        changed.inputs = [node.input(0), try rewriter.integers(pads)]
        if let value = node.real("value"), value != 0 {
            changed.inputs.append(rewriter.constant("value_\(value)", try .scalar(Double(value), as: type)))
        }
        rewriter.append(changed)
    }

    /// Slice (10): starts, ends and axes became inputs, and steps came.
    static let sliceToAttributes: Rewrite = { rewriter, node in
        guard let starts = try rewriter.integers(1, of: node), let ends = try rewriter.integers(2, of: node) else {
            throw GraphError(.argument, "needs starts and ends", node: node.label)
        }
        let axes = try rewriter.integers(3, of: node)
        if let steps = try rewriter.integers(4, of: node), steps.contains(where: { $0 != 1 }) {
            throw GraphError(.unsupportedArgument, "steps other than 1 have no older form", node: node.label)
        }
        var changed = node
        changed.inputs = [node.input(0)]
        changed.attributes = [Attribute("starts", .ints(starts)), Attribute("ends", .ints(ends))]
        if let axes { changed.attributes.append(Attribute("axes", .ints(axes))) }
        rewriter.append(changed)
    }

    static let sliceToInputs: Rewrite = { rewriter, node in
        guard let starts = node.integers("starts"), let ends = node.integers("ends") else {
            throw GraphError(.argument, "needs starts and ends", node: node.label)
        }
        var changed = node
        changed.attributes = []
        changed.inputs = [node.input(0), try rewriter.integers(starts), try rewriter.integers(ends)]
        if let axes = node.integers("axes") { changed.inputs.append(try rewriter.integers(axes)) }
        rewriter.append(changed)
    }

    /// Softmax and its kin (13) work on one axis; before that on all from `axis` on, as one. Over the last axis both
    /// are the same; over another, that axis is brought to the end.
    static let softmaxToFlat: Rewrite = { rewriter, node in
        let rank = Int64(try rewriter.rank(node.input(0), of: node))
        let axis = try OpsetRewriter.positive(node.integer("axis") ?? -1, rank: rank, of: node)
        let last = Attribute("axis", .int(max(0, rank - 1)))
        guard axis < rank - 1 else {
            rewriter.finish(node.op.type, [node.input(0)], attributes: [last], of: node)
            return
        }
        var order = Array(0..<rank)
        order.swapAt(Int(axis), Int(rank - 1))
        let swap = Attribute("perm", .ints(order))
        let type = node.input(0).flatMap { rewriter.graph[$0].type }
        let swappedType = type?.elementType.map { element in
            ValueType.tensor(element, type?.dimensions.map { sizes in order.map { sizes[Int($0)] } })
        }
        let swapped = rewriter.step("Transpose", [node.input(0)], attributes: [swap], of: node, type: swappedType)
        let result = rewriter.step(node.op.type, [swapped], attributes: [last], of: node, type: swappedType)
        rewriter.finish("Transpose", [result], attributes: [swap], of: node)
    }

    static let softmaxFromFlat: Rewrite = { rewriter, node in
        let rank = Int64(try rewriter.rank(node.input(0), of: node))
        let axis = try OpsetRewriter.positive(node.integer("axis") ?? 1, rank: rank, of: node)
        let last = Attribute("axis", .int(-1))
        guard axis != rank - 1 else {
            rewriter.finish(node.op.type, [node.input(0)], attributes: [last], of: node)
            return
        }
        let type = node.input(0).flatMap { rewriter.graph[$0].type }?.elementType
        let flatType = type.map { ValueType.tensor($0, [.unknown, .unknown]) }
        let flat = rewriter.step(
            "Flatten", [node.input(0)], attributes: [Attribute("axis", .int(axis))], of: node, type: flatType)
        let result = rewriter.step(node.op.type, [flat], attributes: [last], of: node, type: flatType)
        let shape = rewriter.step("Shape", [node.input(0)], of: node, type: .tensor(.int64, [.size(rank)]))
        rewriter.finish("Reshape", [result, shape], of: node)
    }
}
