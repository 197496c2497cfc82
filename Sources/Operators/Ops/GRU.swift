import GraphIR

extension Operator {
    /// z = f(Xₜ Wzᵀ + Hₜ₋₁ Rzᵀ + b), r likewise, h = g(Xₜ Whᵀ + (r ⊙ Hₜ₋₁) Rhᵀ + b), or with `linear_before_reset`
    /// g(Xₜ Whᵀ + r ⊙ (Hₜ₋₁ Rhᵀ + Rb) + Wb), Hₜ = (1 − z) ⊙ h + z ⊙ Hₜ₋₁, over one or both directions.
    /// https://onnx.ai/onnx/operators/onnx__GRU.html, versions 1, 3 (`linear_before_reset`), 7, 14 (`layout`), 22.
    static let gru = Operator("GRU", accuracy: .accumulating, infer: gruInference) { binding in
        let attributes = try RecurrentAttributes(&binding, defaults: [.sigmoid, .tanh])
        let cell = GatedCell(isLinearFirst: try binding.flag("linear_before_reset"))
        let wantsSequence = binding.outputs.first ?? false
        return roundingOnce { call in
            let recurrence = try Recurrence(attributes, gates: 3, call)
            return try withReal(call.input(0).elementType) {
                try recurrence.run(call, cell, wantsSequence: wantsSequence, Float.self)
            } double: {
                try recurrence.run(call, cell, wantsSequence: wantsSequence, Double.self)
            }
        }
    }

    private static let gruInference = InferenceRule { node in
        let attributes = try RecurrentAttributes(&node.binding, defaults: [.sigmoid, .tanh])
        node.binding.ignore("linear_before_reset")
        try attributes.infer(&node, outputs: 2)
    }
}

private struct GatedCell: RecurrentCell {
    let isLinearFirst: Bool
    var gatesWithBothBiases: Int { isLinearFirst ? 2 : 3 }

    func advance<T: RowFunctions>(
        _ recurrence: Recurrence, _ state: RecurrentState<T>, _ rows: UnsafeMutablePointer<T>, _ live: [Bool]
    ) {
        let (hidden, batch) = (recurrence.hidden, recurrence.batch)
        let width = 3 * hidden
        recurrence.addProducts(state.h, state.r, gates: 2, to: rows, stride: width)
        for item in 0..<batch {
            let row = rows + item * width
            recurrence.clip(row, 2 * hidden)
            state.activations[0].apply(row, 2 * hidden)
        }
        let candidates = state.spare
        let hiddenWeights = state.r + 2 * hidden * hidden
        if isLinearFirst {
            for item in 0..<batch {
                let row = candidates + item * hidden
                if let bias = state.bias {
                    row.update(from: bias + width + 2 * hidden, count: hidden)
                } else {
                    row.update(repeating: 0, count: hidden)
                }
            }
            recurrence.addProducts(state.h, hiddenWeights, gates: 1, to: candidates, stride: hidden)
            for item in 0..<batch {
                let (row, candidate) = (rows + item * width, candidates + item * hidden)
                for i in 0..<hidden { candidate[i] = row[2 * hidden + i] + row[hidden + i] * candidate[i] }
            }
        } else {
            let reset = candidates + batch * hidden
            for item in 0..<batch {
                let row = rows + item * width
                let (candidate, h) = (candidates + item * hidden, state.h + item * hidden)
                candidate.update(from: row + 2 * hidden, count: hidden)
                for i in 0..<hidden { reset[item * hidden + i] = row[hidden + i] * h[i] }
            }
            recurrence.addProducts(reset, hiddenWeights, gates: 1, to: candidates, stride: hidden)
        }
        recurrence.clip(candidates, batch * hidden)
        state.activations[1].apply(candidates, batch * hidden)
        for item in live.indices where live[item] {
            let (z, candidate, h) = (rows + item * width, candidates + item * hidden, state.h + item * hidden)
            for i in 0..<hidden { h[i] = (1 - z[i]) * candidate[i] + z[i] * h[i] }
        }
    }
}
