import GraphIR

extension Operator {
    /// Hₜ = f(Xₜ Wᵀ + Hₜ₋₁ Rᵀ + Wb + Rb), over one or both directions.
    /// https://onnx.ai/onnx/operators/onnx__RNN.html, versions 1, 7, 14 (`layout`), 22.
    static let rnn = Operator("RNN", accuracy: .accumulating, infer: rnnInference) { binding in
        let attributes = try RecurrentAttributes(&binding, defaults: [.tanh])
        let wantsSequence = binding.outputs.first ?? false
        return roundingOnce { call in
            let recurrence = try Recurrence(attributes, gates: 1, call)
            return try withReal(call.input(0).elementType) {
                try recurrence.run(call, SimpleCell(), wantsSequence: wantsSequence, Float.self)
            } double: {
                try recurrence.run(call, SimpleCell(), wantsSequence: wantsSequence, Double.self)
            }
        }
    }

    private static let rnnInference = InferenceRule { node in
        let attributes = try RecurrentAttributes(&node.binding, defaults: [.tanh])
        try attributes.infer(&node, outputs: 2)
    }
}

private struct SimpleCell: RecurrentCell {
    let gatesWithBothBiases = 1

    func advance<T: RowFunctions>(
        _ recurrence: Recurrence, _ state: RecurrentState<T>, _ rows: UnsafeMutablePointer<T>, _ live: [Bool]
    ) {
        let hidden = recurrence.hidden
        recurrence.addProducts(state.h, state.r, gates: 1, to: rows, stride: hidden)
        recurrence.clip(rows, recurrence.batch * hidden)
        state.activations[0].apply(rows, recurrence.batch * hidden)
        for item in live.indices where live[item] {
            (state.h + item * hidden).update(from: rows + item * hidden, count: hidden)
        }
    }
}
