import GraphIR

/// Decision trees, whatever the attributes they came in.
struct Forest: Sendable {
    enum Test: Sendable {
        case lessOrEqual, less, greaterOrEqual, greater, equal, unequal
        case member(Set<Double>)

        func holds(_ x: Double, _ threshold: Double) -> Bool {
            switch self {
            case .lessOrEqual: x <= threshold
            case .less: x < threshold
            case .greaterOrEqual: x >= threshold
            case .greater: x > threshold
            case .equal: x == threshold
            case .unequal: x != threshold
            case .member(let members): members.contains(x)
            }
        }
    }

    enum Node: Sendable {
        /// `missing` says where NaN goes.
        case branch(test: Test, feature: Int, threshold: Double, yes: Int, no: Int, missing: Bool)
        /// The votes of the leaf.
        case leaf(Range<Int>)
    }

    struct Vote: Sendable {
        let target: Int
        let weight: Double
    }

    var nodes: [Node] = []
    var votes: [Vote] = []
    var roots: [Int] = []

    /// - Throws: `op.argument` where the nodes under a root don't form a tree, or a target or feature is none.
    func checked(targets: Int) throws -> Forest {
        var seen = [Bool](repeating: false, count: nodes.count)
        var open = roots
        while let at = open.popLast() {
            guard seen.indices.contains(at) else {
                throw GraphError(.argument, "there is no node \(at) of \(nodes.count)", argument: "nodes")
            }
            guard !seen[at] else {
                throw GraphError(.argument, "the node \(at) has two parents or is its own", argument: "nodes")
            }
            seen[at] = true
            if case .branch(_, let feature, _, let yes, let no, _) = nodes[at] {
                guard feature >= 0 else {
                    throw GraphError(.argument, "there is no feature \(feature)", argument: "nodes_featureids")
                }
                open += [yes, no]
            }
        }
        for vote in votes where vote.target < 0 || vote.target >= targets {
            throw GraphError(.argument, "there is no target \(vote.target) of \(targets)", argument: "target ids")
        }
        return self
    }

    /// The votes of one tree for a row of features.
    /// - Throws: `op.argument` where the row is too short.
    func leaf(_ root: Int, _ row: ArraySlice<Double>) throws -> ArraySlice<Vote> {
        var at = root
        while true {
            switch nodes[at] {
            case .leaf(let range): return votes[range]
            case .branch(let test, let feature, let threshold, let yes, let no, let missing):
                guard feature < row.count else {
                    throw GraphError(
                        .argument, "\(row.count) features, the model uses number \(feature)", argument: "X")
                }
                let x = row[row.startIndex + feature]
                at = (x.isNaN ? missing || test.holds(x, threshold) : test.holds(x, threshold)) ? yes : no
            }
        }
    }
}

/// How the votes of many trees become one score for each target.
enum Aggregation: Sendable {
    case average, sum, minimum, maximum

    /// The scores of a row.
    func scores(_ forest: Forest, _ row: ArraySlice<Double>, targets: Int) throws -> [Double] {
        var scores = [Double](repeating: 0, count: targets)
        var hasVotes = [Bool](repeating: false, count: targets)
        for root in forest.roots {
            for vote in try forest.leaf(root, row) {
                let score = scores[vote.target]
                if !hasVotes[vote.target] {
                    hasVotes[vote.target] = true
                    scores[vote.target] = vote.weight
                    continue
                }
                switch self {
                case .average, .sum: scores[vote.target] = score + vote.weight
                case .minimum: scores[vote.target] = Swift.min(score, vote.weight)
                case .maximum: scores[vote.target] = Swift.max(score, vote.weight)
                }
            }
        }
        if case .average = self { return scores.map { $0 / Double(Swift.max(forest.roots.count, 1)) } }
        return scores
    }
}

extension Binding {
    /// Numbers that are an attribute of floats or, in newer versions, a tensor.
    mutating func floatsOrTensor(_ name: String) throws -> [Double]? {
        let floats = try floats(name)
        if schema.attribute("\(name)_as_tensor") != nil, let tensor = try tensor("\(name)_as_tensor") {
            guard floats == nil || floats?.isEmpty == true else {
                throw GraphError(.argument, "given twice, as floats and as a tensor", argument: name)
            }
            return try numbers(tensor, name)
        }
        return floats?.map { Double($0) }
    }

    /// The elements of a tensor attribute that holds numbers.
    func numbers(_ tensor: Tensor, _ name: String) throws -> [Double] {
        let call = Call(values: [], outputCount: 1, memory: (tensor.count.multiplied(checked: 8) ?? 0))
        guard tensor.elementType != .string else {
            throw GraphError(.argument, "expected numbers, found strings", argument: name)
        }
        return try call.doubles(tensor.loaded())
    }

    /// Trees in the form of TreeEnsembleClassifier and TreeEnsembleRegressor: nodes by tree and number, leaves among them.
    /// - Parameter votes: `class` or `target`.
    mutating func forest(votes prefix: String, targets: Int) throws -> Forest {
        ignore("nodes_hitrates", "nodes_hitrates_as_tensor")
        let modes = try strings("nodes_modes") ?? []
        let count = modes.count
        func column(_ name: String, _ values: [Int64]?) throws -> [Int64] {
            guard let values, values.count == count else {
                throw GraphError(.argument, "\(values?.count ?? 0) numbers for \(count) nodes", argument: name)
            }
            return values
        }
        let trees = try column("nodes_treeids", ints("nodes_treeids"))
        let numbers = try column("nodes_nodeids", ints("nodes_nodeids"))
        let features = try column("nodes_featureids", ints("nodes_featureids"))
        let yes = try column("nodes_truenodeids", ints("nodes_truenodeids"))
        let no = try column("nodes_falsenodeids", ints("nodes_falsenodeids"))
        let missing = try ints("nodes_missing_value_tracks_true") ?? []
        let thresholds = try floatsOrTensor("nodes_values") ?? []
        guard thresholds.count == count, missing.isEmpty || missing.count == count else {
            throw GraphError(
                .argument, "\(thresholds.count) thresholds and \(missing.count) flags for \(count) nodes",
                argument: "nodes_values")
        }
        var places: [TreeNodeID: Int] = [:]
        for index in 0..<count {
            let id = TreeNodeID(tree: trees[index], node: numbers[index])
            guard places.updateValue(index, forKey: id) == nil else {
                throw GraphError(.argument, "node \(id.node) of tree \(id.tree) comes twice", argument: "nodes_nodeids")
            }
        }
        var forest = Forest()
        let leaves = try self.votes(prefix, places, &forest)
        var isChild: Set<Int> = []
        for index in 0..<count {
            guard let test = try Forest.Test(modes[index]) else {
                forest.nodes.append(.leaf(leaves[index] ?? 0..<0))
                continue
            }
            let branches = try [(yes, "nodes_truenodeids"), (no, "nodes_falsenodeids")].map { ids, name in
                let id = TreeNodeID(tree: trees[index], node: ids[index])
                guard let place = places[id] else {
                    throw GraphError(.argument, "tree \(id.tree) has no node \(id.node)", argument: name)
                }
                isChild.insert(place)
                return place
            }
            forest.nodes.append(
                .branch(
                    test: test, feature: Int(features[index]), threshold: thresholds[index], yes: branches[0],
                    no: branches[1], missing: missing[checked: index].map { $0 != 0 } ?? false))
        }
        // The first node of a tree is its root, in the order of the trees' numbers.
        var roots: [Int64: Int] = [:]
        for index in 0..<count where roots[trees[index]] == nil { roots[trees[index]] = index }
        for (tree, root) in roots where isChild.contains(root) {
            throw GraphError(.argument, "the first node of tree \(tree) is no root", argument: "nodes_nodeids")
        }
        forest.roots = roots.sorted { $0.key < $1.key }.map(\.value)
        return try forest.checked(targets: targets)
    }

    /// Reads the votes, sorted by leaf, and gives each leaf's range by the leaf's place.
    private mutating func votes(
        _ prefix: String, _ places: [TreeNodeID: Int], _ forest: inout Forest
    ) throws -> [Int: Range<Int>] {
        let trees = try ints("\(prefix)_treeids") ?? []
        let nodes = try ints("\(prefix)_nodeids") ?? []
        let targets = try ints("\(prefix)_ids") ?? []
        let weights = try floatsOrTensor("\(prefix)_weights") ?? []
        guard trees.count == nodes.count, targets.count == nodes.count, weights.count == nodes.count else {
            throw GraphError(
                .argument,
                "\(trees.count) trees, \(nodes.count) nodes, \(targets.count) ids and \(weights.count) weights",
                argument: "\(prefix)_nodeids")
        }
        var found: [(place: Int, index: Int)] = []
        for index in nodes.indices {
            let id = TreeNodeID(tree: trees[index], node: nodes[index])
            guard let place = places[id] else {
                throw GraphError(.argument, "tree \(id.tree) has no node \(id.node)", argument: "\(prefix)_nodeids")
            }
            found.append((place, index))
        }
        found.sort { ($0.place, $0.index) < ($1.place, $1.index) }
        var ranges: [Int: Range<Int>] = [:]
        for (position, entry) in found.enumerated() {
            forest.votes.append(
                Forest.Vote(target: Int(targets[entry.index]), weight: weights[entry.index]))
            ranges[entry.place] = (ranges[entry.place]?.lowerBound ?? position)..<(position + 1)
        }
        return ranges
    }

    /// Scores that are added to those of the trees: none, or as many as there are targets, or one for all.
    mutating func baseValues(targets: Int, allowsOne: Bool) throws -> [Double] {
        let values = try floatsOrTensor("base_values") ?? []
        if values.count == 1 && allowsOne { return [Double](repeating: values[0], count: targets) }
        guard values.isEmpty || values.count == targets else {
            throw GraphError(.argument, "\(values.count) numbers for \(targets) targets", argument: "base_values")
        }
        return values
    }
}

/// A node's number within a tree's.
private struct TreeNodeID: Hashable {
    let tree: Int64
    let node: Int64
}

extension Forest.Test {
    /// The test of a node mode's name; `nil` for a leaf.
    fileprivate init?(_ mode: [UInt8]) throws {
        switch String(decoding: mode, as: UTF8.self) {
        case "BRANCH_LEQ": self = .lessOrEqual
        case "BRANCH_LT": self = .less
        case "BRANCH_GTE": self = .greaterOrEqual
        case "BRANCH_GT": self = .greater
        case "BRANCH_EQ": self = .equal
        case "BRANCH_NEQ": self = .unequal
        case "LEAF": return nil
        case let other:
            throw GraphError(.argument, "\"\(other.prefix(40))\" is no mode of a node", argument: "nodes_modes")
        }
    }
}
