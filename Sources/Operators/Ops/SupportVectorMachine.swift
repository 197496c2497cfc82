import GraphIR

extension Operator {
    /// A sum of kernels against support vectors; a linear function where there are none.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_SVMRegressor.html, versions 1.
    static let svmRegressor = Operator(
        "SVMRegressor", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in node.set(0, shape: [node.batch(), .size(1)], type: .float32) },
        bind: { binding in
            let transform = try PostTransform(&binding)
            let isOneClass = try binding.flag("one_class")
            let supports = try binding.int("n_supports", default: 0)
            let kernel = try SupportKernel(&binding, isLinear: supports <= 0)
            let vectors = try SupportVectors(&binding, count: supports)
            let coefficients = try binding.floats("coefficients")?.map { Double($0) } ?? []
            guard vectors.count == 0 || coefficients.count == vectors.count else {
                throw GraphError(
                    .argument, "\(coefficients.count) numbers for \(vectors.count) support vectors",
                    argument: "coefficients")
            }
            guard let offset = try binding.floats("rho")?.first.map({ Double($0) }) else {
                throw GraphError(.argument, "the attribute is required", argument: "rho")
            }
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.features()
                let width = vectors.count == 0 ? coefficients.count : vectors.width
                guard x.columns == width else {
                    throw GraphError(.argument, "\(x.columns) features, the model has \(width)", argument: "X")
                }
                try call.check(.float64, [4, x.rows, 1])
                let scores = try (0..<x.rows).map { index in
                    try call.checkTime()
                    let row = x.row(index)
                    var sum = offset
                    if vectors.count == 0 {
                        sum += kernel.value(row, coefficients[...])
                    } else {
                        for (position, weight) in coefficients.enumerated() {
                            sum += weight * kernel.value(row, vectors[position])
                        }
                    }
                    return transform.apply([isOneClass ? (sum > 0 ? 1 : -1) : sum])
                }
                return [try call.rows(scores, columns: 1, inDouble: inDouble)]
            }
        })

    /// The class that wins most of the duels between each two classes (libsvm), and the scores: of the duels, or
    /// probabilities where `prob_a` and `prob_b` are given. Without support vectors one linear function for each class.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_SVMClassifier.html, versions 1.
    ///
    /// The duel of two classes gives the scores −s and s, to which the transform is applied.
    static let svmClassifier = Operator(
        "SVMClassifier", domain: "ai.onnx.ml", accuracy: .accumulating,
        infer: InferenceRule { node in
            let labels = try ClassLabels(&node.binding, ints: "classlabels_ints")
            node.set(0, shape: [node.batch()], type: labels.elementType)
            node.set(1, shape: [node.batch(), .unknown], type: .float32)
        },
        bind: { binding in
            let model = try SupportClassifier(&binding)
            return { call in try model.run(call) }
        })
}

/// The kernel of a support vector machine.
private struct SupportKernel: Sendable {
    enum Form: String, Sendable { case linear = "LINEAR", poly = "POLY", rbf = "RBF", sigmoid = "SIGMOID" }

    let form: Form
    let gamma: Double
    let offset: Double
    let degree: Double

    /// - Parameter isLinear: there are no support vectors, so there is nothing for another kernel to compare with.
    init(_ binding: inout Binding, isLinear: Bool) throws {
        let name = try binding.string("kernel_type") ?? "LINEAR"
        guard let form = Form(rawValue: name) else {
            throw GraphError(
                .argument, "\"\(name)\" is none of LINEAR, POLY, RBF, SIGMOID", argument: "kernel_type")
        }
        let parameters = try binding.floats("kernel_params") ?? []
        guard parameters.isEmpty || parameters.count == 3 else {
            throw GraphError(
                .argument, "\(parameters.count) numbers, expected gamma, coef0 and degree", argument: "kernel_params")
        }
        self.form = isLinear ? .linear : form
        gamma = Double(parameters[checked: 0] ?? 0)
        offset = Double(parameters[checked: 1] ?? 0)
        degree = Double(parameters[checked: 2] ?? 0)
    }

    func value(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        switch form {
        case .linear: dot(a, b)
        case .poly: Double.power(gamma * dot(a, b) + offset, degree)
        case .sigmoid: Double.hyperbolicTangent(gamma * dot(a, b) + offset)
        case .rbf: Double.exponential(-gamma * zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
        }
    }

    private func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

private struct SupportVectors: Sendable {
    let count: Int
    let width: Int
    private let values: [Double]

    init(_ binding: inout Binding, count: Int64) throws {
        values = try binding.floats("support_vectors")?.map { Double($0) } ?? []
        guard let count = Int(exactly: Swift.max(count, 0)), count == 0 || values.count % count == 0 else {
            throw GraphError(.argument, "\(values.count) numbers for \(count) vectors", argument: "support_vectors")
        }
        self.count = count
        width = count == 0 ? 0 : values.count / count
    }

    subscript(index: Int) -> ArraySlice<Double> { values[(index * width)..<((index + 1) * width)] }
}

private struct SupportClassifier: Sendable {
    let transform: PostTransform
    let labels: ClassLabels
    let kernel: SupportKernel
    let vectors: SupportVectors
    /// Where each class's support vectors start; the end of the last one behind them.
    let starts: [Int]
    let coefficients: [Double]
    let rho: [Double]
    let probabilityA: [Double]
    let probabilityB: [Double]
    let inDouble: Bool

    private var pairs: Int { labels.count * (labels.count - 1) / 2 }
    private var isLinear: Bool { vectors.count == 0 }
    private var givesProbabilities: Bool { !isLinear && !probabilityA.isEmpty }

    init(_ binding: inout Binding) throws {
        transform = try PostTransform(&binding)
        labels = try ClassLabels(&binding, ints: "classlabels_ints")
        inDouble = binding.computesInDouble
        let classes = labels.count
        guard classes >= 2, classes <= 1 << 16 else {
            throw GraphError(
                .unsupportedArgument, "a classifier of \(classes) classes, expected 2 to 65536",
                argument: "classlabels_ints")
        }
        let perClass = try binding.ints("vectors_per_class") ?? []
        var starts = [0]
        for count in perClass {
            guard let count = Int(exactly: count), count >= 0, let next = starts.last?.adding(checked: count) else {
                throw GraphError(.argument, "\(count) support vectors", argument: "vectors_per_class")
            }
            starts.append(next)
        }
        self.starts = starts
        let total = starts.last ?? 0
        kernel = try SupportKernel(&binding, isLinear: total == 0)
        vectors = try SupportVectors(&binding, count: Int64(total))
        coefficients = try binding.floats("coefficients")?.map { Double($0) } ?? []
        rho = try binding.floats("rho")?.map { Double($0) } ?? []
        probabilityA = try binding.floats("prob_a")?.map { Double($0) } ?? []
        probabilityB = try binding.floats("prob_b")?.map { Double($0) } ?? []
        let wanted = total == 0 ? coefficients.count / classes * classes : total.multiplied(checked: classes - 1) ?? -1
        guard total == 0 || perClass.count == classes, coefficients.count == wanted else {
            throw GraphError(
                .argument, "\(coefficients.count) numbers for \(classes) classes and \(total) support vectors",
                argument: "coefficients")
        }
        guard rho.count >= (total == 0 ? 1 : pairs) else {
            throw GraphError(.argument, "\(rho.count) numbers for \(pairs) pairs of classes", argument: "rho")
        }
        guard probabilityA.isEmpty || (probabilityA.count == pairs && probabilityB.count == pairs) else {
            throw GraphError(
                .argument, "\(probabilityA.count) and \(probabilityB.count) numbers for \(pairs) pairs of classes",
                argument: "prob_a")
        }
        guard transform != .probit || isLinear || givesProbabilities || classes > 2 else {
            throw GraphError(
                .unsupportedArgument, "PROBIT of scores that are no probabilities", argument: "post_transform")
        }
    }

    func run(_ call: Call) throws -> [Tensor?] {
        let x = try call.features()
        let width = isLinear ? coefficients.count / labels.count : vectors.width
        guard x.columns == width else {
            throw GraphError(.argument, "\(x.columns) features, the model has \(width)", argument: "X")
        }
        let columns = isLinear || givesProbabilities || labels.count == 2 ? labels.count : pairs
        try call.check(.float64, [4, x.rows + labels.count, columns])
        if givesProbabilities { try call.check(.float64, [2, labels.count, labels.count]) }
        var classes: [Int?] = []
        var scores: [[Double]] = []
        for index in 0..<x.rows {
            try call.checkTime()
            let row = x.row(index)
            if isLinear {
                let found = (0..<labels.count).map { label in
                    kernel.value(row, coefficients[(label * width)..<((label + 1) * width)]) + (rho.first ?? 0)
                }
                classes.append(firstMaximum(found))
                scores.append(transform.apply(found))
                continue
            }
            let (duels, votes) = duels(row)
            classes.append(firstMaximum(votes))
            if givesProbabilities {
                scores.append(transform.apply(probabilities(duels)))
            } else if labels.count == 2 {
                scores.append(transform.apply([-duels[0], duels[0]]))
            } else {
                scores.append(transform.apply(duels))
            }
        }
        return [
            try labels.tensor(classes, call), try call.rows(scores, columns: columns, inDouble: inDouble),
        ]
    }

    /// The score of each pair of classes, and how often each class wins.
    private func duels(_ row: ArraySlice<Double>) -> (scores: [Double], votes: [Double]) {
        let kernels = (0..<vectors.count).map { kernel.value(row, vectors[$0]) }
        var votes = [Double](repeating: 0, count: labels.count)
        var scores: [Double] = []
        for i in 0..<labels.count {
            for j in (i + 1)..<Swift.max(labels.count, i + 1) {
                var sum = rho[scores.count]
                for at in starts[i]..<starts[i + 1] { sum += coefficients[(j - 1) * vectors.count + at] * kernels[at] }
                for at in starts[j]..<starts[j + 1] { sum += coefficients[i * vectors.count + at] * kernels[at] }
                scores.append(sum)
                votes[sum > 0 ? i : j] += 1
            }
        }
        return (scores, votes)
    }

    /// The probability of each class from those of the duels (Wu, Lin, Weng 2004, second method; as libsvm does it).
    private func probabilities(_ duels: [Double]) -> [Double] {
        let k = labels.count
        var r = [Double](repeating: 0, count: k * k)
        var pair = 0
        for i in 0..<k {
            for j in (i + 1)..<Swift.max(k, i + 1) {
                let raw = 1 - PostTransform.logistic(duels[pair] * probabilityA[pair] + probabilityB[pair])
                r[i * k + j] = Swift.min(Swift.max(raw, 1e-7), 1 - 1e-7)
                r[j * k + i] = 1 - r[i * k + j]
                pair += 1
            }
        }
        var q = [Double](repeating: 0, count: k * k)
        for t in 0..<k {
            for j in 0..<k where j != t {
                q[t * k + t] += r[j * k + t] * r[j * k + t]
                q[t * k + j] = -r[j * k + t] * r[t * k + j]
            }
        }
        var p = [Double](repeating: 1 / Double(k), count: k)
        for _ in 0..<Swift.max(100, k) {
            var qp = (0..<k).map { t in (0..<k).reduce(0) { $0 + q[t * k + $1] * p[$1] } }
            var total = zip(p, qp).reduce(0) { $0 + $1.0 * $1.1 }
            if qp.allSatisfy({ ($0 - total).magnitude < 0.005 / Double(k) }) { break }
            for t in 0..<k {
                let step = (total - qp[t]) / q[t * k + t]
                p[t] += step
                total = (total + step * (step * q[t * k + t] + 2 * qp[t])) / (1 + step) / (1 + step)
                for j in 0..<k {
                    qp[j] = (qp[j] + step * q[t * k + j]) / (1 + step)
                    p[j] /= 1 + step
                }
            }
        }
        return p
    }
}
