import GraphIR

extension Operator {
    /// The input: dropout does nothing in inference. The mask, where wanted, is true throughout.
    /// https://onnx.ai/onnx/operators/onnx__Dropout.html, versions 1, 6, 7, 10, 12, 13, 22.
    static let dropout = Operator("Dropout", accuracy: .exact) { binding in
        binding.ignore("consumed_inputs", "ratio", "seed")
        let isTest = binding.version < 7 ? try binding.flag("is_test") : true
        let maskType: ElementType = binding.version < 10 ? .float32 : .bool
        guard isTest else {
            throw GraphError(.unsupportedArgument, "dropout in training mode isn't implemented", argument: "is_test")
        }
        return { call in
            let x = try call.input(0)
            if let training = call[2], try training.bytes().array().contains(where: { $0 != 0 }) {
                throw GraphError(
                    .unsupportedArgument, "dropout in training mode isn't implemented", argument: "training_mode")
            }
            if call.outputCount < 2 { return [x] }
            let mask = try call.make(.bool, x.shape, as: UInt8.self) { $0.update(repeating: 1) }
            return [x, try call.converted(mask, to: x.elementType == .float32 && maskType == .float32 ? .float32 : .bool)]
        }
    }
}
