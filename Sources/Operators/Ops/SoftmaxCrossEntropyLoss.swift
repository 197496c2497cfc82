import GraphIR

extension Operator {
    /// −ln softmax(scores)[n, labels[n]] for each sample, weighted by class; their mean over the weights, their sum, or as
    /// they are. The second output is ln softmax(scores).
    /// https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html, versions 12, 13. Computed in double.
    static let softmaxCrossEntropyLoss = Operator(
        "SoftmaxCrossEntropyLoss", accuracy: .accumulating, infer: .labelLoss
    ) { binding in
        let loss = try LabelLoss(&binding)
        let givesLogarithms = binding.outputs[checked: 1] == true
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call[2])
            return try withReal(x.elementType) {
                try crossEntropy(loss, call, x, givesLogarithms, Float.self)
            } double: {
                try crossEntropy(loss, call, x, givesLogarithms, Double.self)
            }
        }
    }
}

private func crossEntropy<T: Real>(
    _ loss: LabelLoss, _ call: Call, _ x: Tensor, _ givesLogarithms: Bool, _: T.Type
) throws -> [Tensor?] {
    guard x.shape.count >= 2 else {
        throw GraphError(.argument, "shape \(x.shape), expected batch and classes", argument: "scores")
    }
    let classes = x.shape[1]
    let inner = product(x.shape[2...])
    let samples = product(x.shape[..<1] + x.shape[2...])
    // For each sample the greatest score, and the logarithm of the sum of the exponentials of the distances to it.
    let norms = try call.make([samples, 2], of: Double.self) { out in
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            try inParallel(samples, grain: max(1, (1 << 12) / max(classes, 1))) { piece in
                for sample in piece {
                    let start = sample / inner * classes * inner + sample % inner
                    var greatest = -Double.infinity
                    for i in 0..<classes {
                        let value = Double(source.pointer[start + i * inner])
                        if value > greatest || value.isNaN { greatest = value }
                    }
                    var sum = 0.0
                    for i in 0..<classes {
                        sum += Double.exponential(Double(source.pointer[start + i * inner]) - greatest)
                    }
                    target.pointer[2 * sample] = greatest
                    target.pointer[2 * sample + 1] = Double.logarithm(sum)
                }
            }
        }
    }
    return try x.withElements(T.self) { values in
        try norms.withElements(Double.self) { norms in
            let (source, norms) = (Shared(values), Shared(norms))
            let result = try loss.run(call, shape: x.shape, labels: call.input(1), weights: call[2], as: T.self) {
                Double(source.pointer[$2]) - norms.pointer[2 * $0] - norms.pointer[2 * $0 + 1]
            }
            guard givesLogarithms else { return [result, nil] }
            let logarithms = try call.make(x.shape, of: T.self) { out in
                for at in out.indices {
                    let sample = at / (classes * inner) * inner + at % inner
                    out[at] = T(Double(source.pointer[at]) - norms.pointer[2 * sample] - norms.pointer[2 * sample + 1])
                }
            }
            return [result, logarithms]
        }
    }
}
