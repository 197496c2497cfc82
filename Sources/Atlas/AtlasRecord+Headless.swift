extension AtlasRecord {
    /// The graph up to what the classifier takes, for an architecture of which the atlas has no form without a head.
    ///
    /// The classifier is the one linear layer or convolution whose weights grow with the classes. Where it is the
    /// network's end, but for a flattening, its input (flattened) is what the graph returns then: pooled features. A batch
    /// norm right before it is part of the classifier, as in LeViT's relatives.
    /// - Returns: `nil` where heads are several, or more than that stands behind the classifier.
    func withoutClassifier(operators: [AtlasOperator]) -> AtlasRecord? {
        func isOfHead(_ source: Source) -> Bool {
            guard case .state(let place) = source else { return false }
            return states[place].shape.contains { $0.factor == .classes }
        }
        let users = nodes.indices.filter { index in
            nodes[index].arguments.contains { $0.value.sources.contains(where: isOfHead) }
        }
        guard users.count == 1, let head = users.first, nodes[head].results.count == 1, !nodes[head].isList,
            outputs == [.result(nodes[nodes.count - 1].results.lowerBound)],
            ["aten.linear.default", "aten.conv2d.default"].contains(operators[nodes[head].target].name),
            case .tensor(let features)? = nodes[head].arguments.first?.value
        else { return nil }
        var result = self
        result.nodes.removeLast(nodes.count - head)
        var norm: String?
        switch nodes.count - head {
        case 1:
            result.outputs = [features]
            if let last = result.nodes.last, operators[last.target].name == "aten.batch_norm.default",
                features == .result(last.results.lowerBound), case .tensor(let source)? = last.arguments.first?.value
            {
                norm = modules[last.module] + "."
                result.nodes.removeLast()
                result.outputs = [source]
            }
        case 2:
            var flattening = nodes[head + 1]
            guard operators[flattening.target].name == "aten.flatten.using_ints",
                case .tensor(.result(nodes[head].results.lowerBound))? = flattening.arguments.first?.value
            else { return nil }
            flattening.arguments[0].value = .tensor(features)
            flattening.results = nodes[head].results
            flattening.module = nodes[head].module
            result.nodes.append(flattening)
            result.outputs = [.result(flattening.results.lowerBound)]
        default: return nil
        }
        result.dropStates { place in
            isOfHead(.state(place)) || norm.map { states[place].name.hasPrefix($0) } ?? false
        }
        return result
    }

    /// Leaves tensors of the state dict out that no node names.
    private mutating func dropStates(where isDropped: (Int) -> Bool) {
        var places: [Int?] = []
        var kept: [State] = []
        for place in states.indices {
            places.append(isDropped(place) ? nil : kept.count)
            if places[place] != nil { kept.append(states[place]) }
        }
        func moved(_ source: Source) -> Source {
            if case .state(let place) = source, let new = places[place] { return .state(new) }
            return source
        }
        for index in nodes.indices {
            nodes[index].arguments = nodes[index].arguments.map { argument in
                switch argument.value {
                case .tensor(let source): (argument.place, .tensor(moved(source)))
                case .tensors(let sources): (argument.place, .tensors(sources.map { $0.map(moved) }))
                default: argument
                }
            }
        }
        outputs = outputs.map(moved)
        states = kept
    }
}

extension AtlasRecord.Argument {
    /// The tensors in it.
    fileprivate var sources: [AtlasRecord.Source] {
        switch self {
        case .tensor(let source): [source]
        case .tensors(let sources): sources.compactMap { $0 }
        default: []
        }
    }
}
