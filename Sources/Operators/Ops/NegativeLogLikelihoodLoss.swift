import GraphIR

extension Operator {
    /// −input[n, target[n]] for each sample, weighted by class; their mean over the weights, their sum, or as they are.
    /// https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html, versions 12, 13, 22. Summed in double.
    static let negativeLogLikelihoodLoss = Operator(
        "NegativeLogLikelihoodLoss", accuracy: .accumulating, infer: .labelLoss
    ) { binding in
        let loss = try LabelLoss(&binding)
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call[2])
            return [
                try withReal(x.elementType) {
                    try likelihoodLoss(loss, call, x, Float.self)
                } double: {
                    try likelihoodLoss(loss, call, x, Double.self)
                }
            ]
        }
    }
}

private func likelihoodLoss<T: Real>(_ loss: LabelLoss, _ call: Call, _ x: Tensor, _: T.Type) throws -> Tensor {
    try x.withElements(T.self) { values in
        let source = Shared(values)
        return try loss.run(call, shape: x.shape, labels: call.input(1), weights: call[2], as: T.self) {
            Double(source.pointer[$2])
        }
    }
}
