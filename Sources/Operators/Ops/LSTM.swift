import GraphIR

extension Operator {
    /// i, f, o = f(Xₜ Wᵀ + Hₜ₋₁ Rᵀ + P ⊙ C + b), c = g(Xₜ Wcᵀ + Hₜ₋₁ Rcᵀ + b), Cₜ = f ⊙ Cₜ₋₁ + i ⊙ c, Hₜ = o ⊙ h(Cₜ),
    /// over one or both directions; with `input_forget` f is 1 − i. `clip` holds what goes into the gates, and, as in
    /// onnxruntime, not what goes into h.
    /// https://onnx.ai/onnx/operators/onnx__LSTM.html, versions 1, 7, 14 (`layout`), 22.
    static let lstm = Operator("LSTM", accuracy: .accumulating, infer: lstmInference) { binding in
        let attributes = try RecurrentAttributes(&binding, defaults: [.sigmoid, .tanh, .tanh])
        let cell = MemoryCell(couplesForget: try binding.flag("input_forget"))
        let wantsSequence = binding.outputs.first ?? false
        return roundingOnce { call in
            let recurrence = try Recurrence(attributes, gates: 4, call)
            try requireType(call.input(0).elementType, call[6], call[7])
            try recurrence.checkState(call[6], "initial_c")
            let shape = [recurrence.directions, 3 * recurrence.hidden]
            if let peepholes = call[7], peepholes.shape != shape {
                throw GraphError(.argument, "shape \(peepholes.shape), expected \(shape)", argument: "P")
            }
            return try withReal(call.input(0).elementType) {
                try recurrence.run(
                    call, cell, initialCell: call[6], hasCell: true, peepholes: call[7], wantsSequence: wantsSequence,
                    Float.self)
            } double: {
                try recurrence.run(
                    call, cell, initialCell: call[6], hasCell: true, peepholes: call[7], wantsSequence: wantsSequence,
                    Double.self)
            }
        }
    }

    private static let lstmInference = InferenceRule { node in
        let attributes = try RecurrentAttributes(&node.binding, defaults: [.sigmoid, .tanh, .tanh])
        node.binding.ignore("input_forget")
        try attributes.infer(&node, outputs: 3)
    }
}

/// The gates lie in the order input, output, forget, cell.
private struct MemoryCell: RecurrentCell {
    let couplesForget: Bool
    let gatesWithBothBiases = 4

    func advance<T: RowFunctions>(
        _ recurrence: Recurrence, _ state: RecurrentState<T>, _ rows: UnsafeMutablePointer<T>, _ live: [Bool]
    ) {
        let hidden = recurrence.hidden
        guard let cells = state.c else { return }
        recurrence.addProducts(state.h, state.r, gates: 4, to: rows, stride: 4 * hidden)
        let (gate, candidate, output) = (state.activations[0], state.activations[1], state.activations[2])
        for item in live.indices where live[item] {
            let input = rows + item * 4 * hidden
            let (out, forget, new) = (input + hidden, input + 2 * hidden, input + 3 * hidden)
            let (c, h) = (cells + item * hidden, state.h + item * hidden)
            if let p = state.peepholes {
                for i in 0..<hidden { input[i] += p[i] * c[i] }
                for i in 0..<hidden { forget[i] += p[2 * hidden + i] * c[i] }
            }
            recurrence.clip(input, hidden)
            gate.apply(input, hidden)
            if couplesForget {
                for i in 0..<hidden { forget[i] = 1 - input[i] }
            } else {
                recurrence.clip(forget, hidden)
                gate.apply(forget, hidden)
            }
            recurrence.clip(new, hidden)
            candidate.apply(new, hidden)
            for i in 0..<hidden { c[i] = forget[i] * c[i] + input[i] * new[i] }
            if let p = state.peepholes {
                for i in 0..<hidden { out[i] += p[hidden + i] * c[i] }
            }
            recurrence.clip(out, hidden)
            gate.apply(out, hidden)
            h.update(from: c, count: hidden)
            output.apply(h, hidden)
            for i in 0..<hidden { h[i] *= out[i] }
        }
    }
}
