import GraphIR

extension Operator {
    /// x Wᵀ + b for each target.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearRegressor.html, versions 1.
    static let linearRegressor = Operator(
        "LinearRegressor", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let targets = try node.binding.int("targets", default: 1)
            node.set(0, shape: [node.batch(), try .size(said: targets, "targets")], type: .float32)
        },
        bind: { binding in
            let transform = try PostTransform(&binding)
            let model = try LinearModel(&binding, targets: binding.int("targets", default: 1))
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.features()
                try call.check(.float64, [4, x.rows, model.targets])
                let scores = try model.scores(x, call).map(transform.apply)
                return [try call.rows(scores, columns: model.targets, inDouble: inDouble)]
            }
        })

    /// The class of the greatest of the scores x Wᵀ + b, and the scores.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html, versions 1.
    ///
    /// One row of coefficients for two classes gives the scores −s and s, as in ONNX's reference; the standard leaves it
    /// open, and ONNX Runtime gives 1 − s and s for some transforms. For one class the label is that class where the
    /// score isn't negative. `multi_class` says how the model was trained and has no effect.
    static let linearClassifier = Operator(
        "LinearClassifier", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let labels = try ClassLabels(&node.binding, ints: "classlabels_ints")
            node.set(0, shape: [node.batch()], type: labels.elementType)
            node.set(1, shape: [node.batch(), .size(Int64(labels.count))], type: .float32)
        },
        bind: { binding in
            binding.ignore("multi_class")
            let transform = try PostTransform(&binding)
            let labels = try ClassLabels(&binding, ints: "classlabels_ints")
            let rows = try binding.floats("intercepts")?.count ?? labels.count
            guard rows == labels.count || (rows == 1 && labels.count == 2) else {
                throw GraphError(.argument, "\(rows) numbers for \(labels.count) classes", argument: "intercepts")
            }
            let model = try LinearModel(&binding, targets: Int64(rows))
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.features()
                try call.check(.float64, [4, x.rows, labels.count])
                var classes: [Int?] = []
                var scores: [[Double]] = []
                for row in try model.scores(x, call) {
                    let score = row.first ?? 0
                    switch (row.count, labels.count) {
                    case (1, 2):
                        classes.append(score > 0 ? 1 : 0)
                        scores.append(transform.apply([-score, score]))
                    case (1, _):
                        classes.append(score >= 0 ? 0 : nil)
                        scores.append(transform.apply(row))
                    default:
                        classes.append(firstMaximum(row))
                        scores.append(transform.apply(row))
                    }
                }
                return [
                    try labels.tensor(classes, call),
                    try call.rows(scores, columns: labels.count, inDouble: inDouble),
                ]
            }
        })
}

/// Coefficients, one row for each target, and intercepts.
private struct LinearModel: Sendable {
    let targets: Int
    let coefficients: [Double]
    let intercepts: [Double]

    init(_ binding: inout Binding, targets: Int64) throws {
        coefficients = try binding.floats("coefficients")?.map { Double($0) } ?? []
        guard let count = Int(exactly: targets), count > 0, coefficients.count % count == 0 else {
            throw GraphError(
                .argument, "\(coefficients.count) numbers for \(targets) rows", argument: "coefficients")
        }
        self.targets = count
        intercepts = try binding.floats("intercepts")?.map { Double($0) } ?? []
        guard intercepts.isEmpty || intercepts.count == count else {
            throw GraphError(.argument, "\(intercepts.count) numbers for \(count) rows", argument: "intercepts")
        }
    }

    /// One row of scores for each row of features.
    func scores(_ x: Features, _ call: Call) throws -> [[Double]] {
        let width = coefficients.count / targets
        guard width == x.columns else {
            throw GraphError(.argument, "\(x.columns) features, the model has coefficients for \(width)", argument: "X")
        }
        return try (0..<x.rows).map { index in
            if index % 256 == 0 { try call.checkTime() }
            let row = x.row(index)
            return (0..<targets).map { target in
                zip(row, coefficients[(target * width)...]).reduce(intercepts[checked: target] ?? 0) {
                    $0 + $1.0 * $1.1
                }
            }
        }
    }
}
