import GraphIR

extension Operator {
    /// The input: dropout does nothing in inference, nor with a ratio of 0. The mask, where wanted, is true throughout.
    /// Training with another ratio is not supported: the standard leaves the random numbers open.
    /// https://onnx.ai/onnx/operators/onnx__Dropout.html, versions 1, 6, 7, 10, 12, 13, 22.
    static let dropout = Operator("Dropout", accuracy: .exact, infer: .dropout) { binding in
        binding.ignore("consumed_inputs", "ratio", "seed")
        let isTest = binding.version < 7 ? try binding.flag("is_test") : true
        let masksInType = binding.version < 10
        guard isTest else {
            throw GraphError(.unsupportedArgument, "dropout in training mode isn't implemented", argument: "is_test")
        }
        return { call in
            let x = try call.input(0)
            let isTraining = try call[2]?.bytes().array().contains { $0 != 0 } ?? false
            if try isTraining && call[1].map({ try call.converted($0, to: .float64).scalar(Double.self, "ratio") }) != 0
            {
                throw GraphError(
                    .unsupportedArgument, "dropout in training mode isn't implemented", argument: "training_mode")
            }
            if call.outputCount < 2 { return [x] }
            let mask = try call.make(.bool, x.shape, as: UInt8.self) { $0.update(repeating: 1) }
            return [x, try call.converted(mask, to: masksInType ? x.elementType : .bool)]
        }
    }
}

extension InferenceRule {
    fileprivate static let dropout = InferenceRule { node in
        for (input, name) in [(1, "ratio"), (2, "training_mode")] { try node.requireScalar(input, name) }
        node.set(0, shape: node.shape(0))
        node.set(1, shape: node.shape(0), type: node.binding.version < 10 ? nil : .bool)
    }
}
