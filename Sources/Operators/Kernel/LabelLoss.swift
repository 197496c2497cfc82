import GraphIR

/// What the losses of a classification have in common: per label a logarithm of a probability, weighted by class,
/// labels that are ignored, and a reduction. Axis 1 counts the classes.
struct LabelLoss: Sendable {
    enum Reduction: String, Sendable { case none, sum, mean }

    let reduction: Reduction
    /// Samples of this label have a loss and a weight of 0.
    let ignored: Int64?

    init(_ binding: inout Binding) throws {
        let name = try binding.string("reduction") ?? "mean"
        guard let reduction = Reduction(rawValue: name) else {
            throw GraphError(.argument, "\"\(name)\" is none of none, sum, mean", argument: "reduction")
        }
        self.reduction = reduction
        ignored = try binding.int("ignore_index")
    }

    /// The losses, reduced.
    /// - Parameters:
    ///   - shape: of the scores.
    ///   - logarithm: of the probability of a class: of a sample's number, its class, and the place of that among the
    ///     scores.
    /// - Throws: `op.argument` where shapes don't fit or a label is no class.
    func run<T: Real>(
        _ call: Call, shape: [Int], labels: Tensor, weights: Tensor?, as: T.Type,
        _ logarithm: @Sendable (_ sample: Int, _ label: Int, _ place: Int) -> Double
    ) throws -> Tensor {
        guard shape.count >= 2 else {
            throw GraphError(.argument, "shape \(shape), expected batch and classes", argument: "input 0")
        }
        let classes = shape[1]
        let inner = product(shape[2...])
        let samples = Array(shape[..<1] + shape[2...])
        guard labels.shape == samples else {
            throw GraphError(.argument, "shape \(labels.shape), expected \(samples)", argument: "input 1")
        }
        if let weights, weights.shape != [classes] {
            throw GraphError(.argument, "shape \(weights.shape), expected [\(classes)]", argument: "input 2")
        }
        try call.check(.int64, [labels.count, 2])
        let flat = try call.with(inputs: [labels.reshaped([labels.count])]).integers(0) ?? []
        let factors = try weights?.withElements(T.self) { $0.map { Double($0) } }
        var total = 0.0
        var divisor = 0.0
        let single = try call.make(reduction == .none ? samples : [], of: T.self) { out in
            for (sample, label) in flat.enumerated() {
                if let ignored, Int64(label) == ignored { continue }
                guard label >= 0, label < classes else {
                    throw GraphError(.argument, "label \(label) of \(classes) classes", argument: "input 1")
                }
                let factor = factors?[checked: label] ?? 1
                let place = (sample / inner * classes + label) * inner + sample % inner
                let loss = -logarithm(sample, label, place) * factor
                if reduction == .none { out[sample] = T(loss) }
                total += loss
                divisor += factor
            }
            if reduction != .none { out[0] = T(reduction == .mean ? total / divisor : total) }
        }
        return single
    }
}

extension InferenceRule {
    /// The labels' shape, or a scalar; a second output is shaped like the scores.
    static let labelLoss = InferenceRule { node in
        let isReduced = try LabelLoss(&node.binding).reduction != .none
        if let scores = node.shape(0) {
            guard scores.count >= 2 else {
                throw GraphError(.argument, "rank \(scores.count), expected batch and classes", argument: "input 0")
            }
            node.set(1, shape: scores)
        }
        let samples = node.shape(0).map { Array($0[..<1] + $0[2...]) }
        guard let labels = node.shape(1) ?? samples else {
            if isReduced { node.set(0, shape: []) }
            return
        }
        guard labels.count == samples?.count ?? labels.count else {
            throw GraphError(
                .argument, "rank \(labels.count), expected \(samples?.count ?? 0)", argument: "input 1")
        }
        let merged = try node.unified([labels, samples ?? labels], "input 1") ?? labels
        if let weights = try node.vector(2, "weights"), let classes = node.shape(0)?[1] {
            _ = try node.unified(classes, weights[0], "weights")
        }
        node.set(0, shape: isReduced ? [] : merged)
    }
}
