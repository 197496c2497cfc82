import GraphIR

extension ATenTranslator {
    /// How the result of a call lies in the memory of its first argument; `nil` where it has memory of its own.
    func view(_ call: ATenCall, _ translation: @escaping Translation, _ index: Int, isSame: Bool) -> Cell.View? {
        let passes = ["dropout", "feature_dropout", "alpha_dropout", "positive"]
        guard call.schema.arguments.first?.isAliased == true || passes.contains(call.schema.name) else { return nil }
        // These give their argument itself or make a copy.
        if call.schema.name == "to" || call.schema.name == "type_as", !isSame { return nil }
        let mayCopy: Set<String> = ["reshape", "reshape_as", "contiguous", "flatten", "ravel"]
        let take: (Wire) throws -> Wire = { [self] whole in
            try wire(of: call, translation, index, whole)
        }
        return Cell.View(
            take: take, put: put(call, index), isCertain: !mayCopy.contains(call.schema.name))
    }

    /// The call made again on what its first argument is now.
    private func wire(of call: ATenCall, _ translation: Translation, _ index: Int, _ whole: Wire) throws -> Wire {
        let again = ATenCall(self, call.node, call.schema)
        again.selfOverride = whole
        let outer = module
        defer { module = outer }
        module = call.node.module
        guard let wire = try translation(again)[checked: index] else { throw invalid("a result is missing") }
        return wire
    }

    /// How a view's new contents go into the whole.
    private func put(_ call: ATenCall, _ index: Int) -> ((Wire, Wire) throws -> Wire)? {
        switch call.schema.name {
        case "alias", "detach", "dropout", "feature_dropout", "alpha_dropout", "positive", "to", "type_as",
            "lift_fresh":
            return { _, part in part }
        case "view", "reshape", "view_as", "reshape_as", "flatten", "ravel", "unflatten", "squeeze", "unsqueeze",
            "contiguous":
            return { [self] whole, part in try reshape(part, whole.shape) }
        case "permute", "transpose", "t", "movedim", "swapaxes", "swapdims", "numpy_T", "mT", "adjoint":
            return { [self] whole, part in try unpermuted(call, whole, part) }
        case "select":
            return { [self] whole, part in
                let axis = try call.axis("dim", rank: whole.rank)
                let at = try position(call.dim("index"), in: whole.shape[axis])
                return try replacing(
                    whole, axis: axis, from: at, to: at + .number(1), step: 1, with: unsqueeze(part, axes: [axis]))
            }
        case "slice":
            return { [self] whole, part in
                try replacing(
                    whole, axis: call.axis("dim", rank: whole.rank), from: call.optionalDim("start") ?? .number(0),
                    to: call.optionalDim("end") ?? .number(.max), step: call.int("step"), with: part)
            }
        case "narrow":
            return { [self] whole, part in
                let axis = try call.axis("dim", rank: whole.rank)
                let start = try position(call.dim("start"), in: whole.shape[axis])
                return try replacing(
                    whole, axis: axis, from: start, to: start + call.dim("length"), step: 1, with: part)
            }
        case "split", "split_with_sizes", "chunk", "unbind", "tensor_split":
            return { [self] whole, part in try restored(call, index, whole, part) }
        default: return nil
        }
    }

    /// The order of axes undone that the call makes.
    private func unpermuted(_ call: ATenCall, _ whole: Wire, _ part: Wire) throws -> Wire {
        // The axes are read off a tensor whose sizes are their numbers.
        let count = graph.nodes.count
        var marked = whole
        marked.shape = (0..<whole.rank).map { .symbol("axis\($0)") }
        guard let translation = ATenTable.standard.entries[call.schema.fullName] else { throw invalid("no such view") }
        let again = ATenCall(self, call.node, call.schema)
        again.selfOverride = marked
        let order = try translation(again)[0].shape
        graph.nodes.removeSubrange(count...)
        return try permute(
            part, (0..<whole.rank).map { axis in order.firstIndex(of: .symbol("axis\(axis)")) ?? axis })
    }

    /// One of several pieces put back where it came from.
    private func restored(_ call: ATenCall, _ index: Int, _ whole: Wire, _ part: Wire) throws -> Wire {
        let axis = try call.axis("dim", rank: whole.rank)
        if call.schema.name == "unbind" {
            let at = SymbolicInt.number(Int64(index))
            return try replacing(
                whole, axis: axis, from: at, to: at + .number(1), step: 1, with: unsqueeze(part, axes: [axis]))
        }
        guard case .tensors(let names)? = call.node.outputs.first else { throw invalid("no pieces") }
        var start = SymbolicInt.number(0)
        for name in names.prefix(index) {
            guard let name else { throw unsupported("a piece without a name") }
            start = try start + wire(named: name).shape[axis]
        }
        return try replacing(whole, axis: axis, from: start, to: start + part.shape[axis], step: 1, with: part)
    }
}
