import GraphIR

extension Operator {
    /// Scores of decision trees: in each tree the leaf that a row of features leads to votes for targets.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html, versions 1, 3.
    static let treeEnsembleRegressor = Operator(
        "TreeEnsembleRegressor", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let targets = try node.binding.int("n_targets")
            node.set(
                0, shape: [node.batch(), try targets.map { try .size(said: $0, "n_targets") } ?? .unknown],
                type: .float32)
        },
        bind: { binding in
            let transform = try PostTransform(&binding)
            let name = try binding.string("aggregate_function") ?? "SUM"
            let names = ["AVERAGE": Aggregation.average, "SUM": .sum, "MIN": .minimum, "MAX": .maximum]
            guard let aggregation = names[name] else {
                throw GraphError(
                    .argument, "\"\(name)\" is none of AVERAGE, SUM, MIN, MAX", argument: "aggregate_function")
            }
            let targets = try treeTargets(binding.int("n_targets", default: 1))
            let forest = try binding.forest(votes: "target", targets: targets)
            let base = try binding.baseValues(targets: targets, allowsOne: false)
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.features()
                try call.check(.float64, [4, x.rows, targets])
                let scores = try call.treeScores(x, forest, aggregation, targets).map { row in
                    transform.apply(adding(row, base))
                }
                return [try call.rows(scores, columns: targets, inDouble: inDouble)]
            }
        })

    /// The class that gets the greatest score from decision trees, and the scores.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html, versions 1, 3.
    ///
    /// Where all votes are for one class of at most two, the score s is that of the positive class, the second: without
    /// a transform, and with PROBIT, the classes get 1 − s and s, with any other −s and s before the transform, as in
    /// ONNX's reference. The standard leaves it open; ONNX Runtime has other rules for some transforms.
    static let treeEnsembleClassifier = Operator(
        "TreeEnsembleClassifier", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let labels = try ClassLabels(&node.binding, ints: "classlabels_int64s")
            node.set(0, shape: [node.batch()], type: labels.elementType)
            node.set(1, shape: [node.batch(), .size(Int64(Swift.max(labels.count, 2)))], type: .float32)
        },
        bind: { binding in
            let transform = try PostTransform(&binding)
            let labels = try ClassLabels(&binding, ints: "classlabels_int64s")
            let targets = labels.count
            let forest = try binding.forest(votes: "class", targets: targets)
            let voted = Set(forest.votes.map(\.target))
            let isBinary = voted.count <= 1 && targets <= 2
            let positive = voted.first ?? 0
            let base = try binding.baseValues(targets: targets, allowsOne: isBinary)
            let columns = Swift.max(targets, isBinary ? 2 : 1)
            if targets == 1, case .strings = labels {
                throw GraphError(
                    .unsupportedArgument, "one class only, and so no name for the other",
                    argument: "classlabels_strings")
            }
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.features()
                try call.check(.float64, [4, x.rows, columns])
                let scores = try call.treeScores(x, forest, .sum, targets).map { row in
                    let sums = adding(row, base)
                    guard isBinary else { return transform.apply(sums) }
                    let score = sums[positive]
                    let other = transform == .none || transform == .probit ? 1 - score : -score
                    return transform.apply([other, score])
                }
                let classes = scores.map { row -> Int? in
                    let best = firstMaximum(row)
                    // A single class stands for the positive one; the label of the other is 0.
                    return targets == 1 ? (best == 1 ? 0 : nil) : best
                }
                return [
                    try labels.tensor(classes, call), try call.rows(scores, columns: columns, inDouble: inDouble),
                ]
            }
        })

    /// Scores of decision trees in the form that keeps leaves apart from nodes.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html, versions 5.
    static let treeEnsemble = Operator(
        "TreeEnsemble", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let targets = try node.binding.int("n_targets")
            try node.checkTreeColumns()
            node.set(
                0, shape: [node.batch(), try targets.map { try .size(said: $0, "n_targets") } ?? .unknown],
                type: node.elementType(0))
        },
        bind: { binding in
            let transforms: [PostTransform] = [.none, .softmax, .logistic, .softmaxZero, .probit]
            let aggregations: [Aggregation] = [.average, .sum, .minimum, .maximum]
            let transform = try pick(transforms, binding.int("post_transform", default: 0), "post_transform")
            let aggregation = try pick(
                aggregations, binding.int("aggregate_function", default: 1), "aggregate_function")
            let targets = try treeTargets(binding.int("n_targets", default: 1))
            let forest = try binding.forest().checked(targets: targets)
            return roundingOnce { call in
                let type = try call.input(0).elementType
                guard type == .float32 || type == .float64 else { throw unsupportedType(type) }
                let x = try call.features()
                try call.check(.float64, [4, x.rows, targets])
                let scores = try call.treeScores(x, forest, aggregation, targets).map(transform.apply)
                return [try call.rows(scores, columns: targets, inDouble: type == .float64)]
            }
        })
}

extension Inference {
    /// - Throws: `op.argument` where the features are no matrix, or what is said of the nodes and leaves of a TreeEnsemble
    ///   differs in length or in type.
    fileprivate mutating func checkTreeColumns() throws {
        _ = try shape(0, rank: 2...2, "X")
        guard let splits = try binding.tensor("nodes_splits"), let weights = try binding.tensor("leaf_weights") else {
            throw GraphError(.argument, "the attribute is required", argument: "nodes_splits, leaf_weights")
        }
        for (name, tensor) in [
            ("nodes_splits", splits), ("leaf_weights", weights),
            ("membership_values", try binding.tensor("membership_values")),
        ] {
            guard let tensor, let type = elementType(0), tensor.elementType != type else { continue }
            throw GraphError(
                .argument, "\(tensor.elementType.onnxName), expected \(type.onnxName) as the features have",
                argument: name)
        }
        var counts: [(String, Int?, Int)] = []
        for name in [
            "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_trueleafs", "nodes_falseleafs",
            "nodes_missing_value_tracks_true",
        ] { counts.append((name, try binding.ints(name)?.count, splits.count)) }
        for name in ["nodes_modes", "nodes_hitrates"] {
            counts.append((name, try binding.tensor(name)?.count, splits.count))
        }
        counts.append(("leaf_targetids", try binding.ints("leaf_targetids")?.count, weights.count))
        for case (let name, let count?, let wanted) in counts where count != wanted {
            throw GraphError(.argument, "\(count) numbers for \(wanted) nodes or leaves", argument: name)
        }
    }
}

/// The sums; there may be no base values.
private func adding(_ row: [Double], _ base: [Double]) -> [Double] {
    base.isEmpty ? row : zip(row, base).map { $0 + $1 }
}

private func pick<T>(_ values: [T], _ number: Int64, _ name: String) throws -> T {
    guard let index = Int(exactly: number), let value = values[checked: index] else {
        throw GraphError(.argument, "\(number) is outside of 0..<\(values.count)", argument: name)
    }
    return value
}

private func treeTargets(_ number: Int64) throws -> Int {
    guard let count = Int(exactly: number), count >= 1, count <= 1 << 32 else {
        throw GraphError(.argument, "\(number) targets", argument: "n_targets")
    }
    return count
}

extension Call {
    /// A row of scores for each row of features.
    fileprivate func treeScores(
        _ x: Features, _ forest: Forest, _ aggregation: Aggregation, _ targets: Int
    ) throws -> [[Double]] {
        try (0..<x.rows).map { index in
            if index % 64 == 0 { try checkTime() }
            return try aggregation.scores(forest, x.row(index), targets: targets)
        }
    }
}

extension Binding {
    /// Trees in the form of TreeEnsemble: nodes by position, leaves apart.
    fileprivate mutating func forest() throws -> Forest {
        ignore("nodes_hitrates")
        let modes = try tensorColumn("nodes_modes")
        let splits = try tensorColumn("nodes_splits")
        let weights = try tensorColumn("leaf_weights")
        let count = modes.count
        let leafTargets = try ints("leaf_targetids") ?? []
        guard splits.count == count, leafTargets.count == weights.count else {
            throw GraphError(
                .argument,
                "\(count) modes, \(splits.count) thresholds, \(weights.count) weights, \(leafTargets.count) targets",
                argument: "nodes_splits")
        }
        func column(_ name: String, _ values: [Int64]?) throws -> [Int64] {
            guard let values, values.count == count else {
                throw GraphError(.argument, "\(values?.count ?? 0) numbers for \(count) nodes", argument: name)
            }
            return values
        }
        let features = try column("nodes_featureids", ints("nodes_featureids"))
        let yes = try column("nodes_truenodeids", ints("nodes_truenodeids"))
        let no = try column("nodes_falsenodeids", ints("nodes_falsenodeids"))
        let yesIsLeaf = try column("nodes_trueleafs", ints("nodes_trueleafs"))
        let noIsLeaf = try column("nodes_falseleafs", ints("nodes_falseleafs"))
        let missing = try ints("nodes_missing_value_tracks_true") ?? []
        guard missing.isEmpty || missing.count == count else {
            throw GraphError(
                .argument, "\(missing.count) flags for \(count) nodes", argument: "nodes_missing_value_tracks_true")
        }
        var members = try memberSets(modes.filter { $0 == 6 }.count).makeIterator()
        var forest = Forest()
        forest.votes = zip(leafTargets, weights).map { Forest.Vote(target: Int($0), weight: $1) }
        /// A leaf gets a node of its own wherever it is used.
        func child(_ number: Int64, isLeaf: Bool, _ leaves: inout [Forest.Node], _ name: String) throws -> Int {
            guard let place = Int(exactly: number), place >= 0, place < (isLeaf ? weights.count : count) else {
                throw GraphError(.argument, "there is no \(isLeaf ? "leaf" : "node") \(number)", argument: name)
            }
            guard isLeaf else { return place }
            leaves.append(.leaf(place..<(place + 1)))
            return count + leaves.count - 1
        }
        var leaves: [Forest.Node] = []
        let tests: [Forest.Test] = [.lessOrEqual, .less, .greaterOrEqual, .greater, .equal, .unequal]
        for index in 0..<count {
            guard let mode = Int(exactly: modes[index]),
                let test = mode == 6 ? members.next().map({ .member($0) }) : tests[checked: mode]
            else {
                throw GraphError(.argument, "there is no mode \(modes[index])", argument: "nodes_modes")
            }
            forest.nodes.append(
                .branch(
                    test: test, feature: Int(features[index]), threshold: splits[index],
                    yes: try child(yes[index], isLeaf: yesIsLeaf[index] != 0, &leaves, "nodes_truenodeids"),
                    no: try child(no[index], isLeaf: noIsLeaf[index] != 0, &leaves, "nodes_falsenodeids"),
                    missing: missing[checked: index].map { $0 != 0 } ?? false))
        }
        forest.nodes += leaves
        forest.roots = try (ints("tree_roots") ?? []).map { root in
            guard let place = Int(exactly: root), place >= 0, place < count else {
                throw GraphError(.argument, "there is no node \(root)", argument: "tree_roots")
            }
            return place
        }
        return forest
    }

    private mutating func tensorColumn(_ name: String) throws -> [Double] {
        guard let tensor = try tensor(name) else {
            throw GraphError(.argument, "the attribute is required", argument: name)
        }
        return try numbers(tensor, name)
    }

    /// The members of each set, which stand one after the other with a NaN behind each.
    private mutating func memberSets(_ count: Int) throws -> [Set<Double>] {
        let values = try tensor("membership_values").map { try numbers($0, "membership_values") } ?? []
        var sets: [Set<Double>] = []
        var current: Set<Double> = []
        for value in values {
            if value.isNaN {
                sets.append(current)
                current = []
            } else {
                current.insert(value)
            }
        }
        guard sets.count == count, current.isEmpty else {
            throw GraphError(.argument, "\(sets.count) sets for \(count) nodes", argument: "membership_values")
        }
        return sets
    }
}
