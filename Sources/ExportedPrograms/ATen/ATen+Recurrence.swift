import GraphIR

extension ATenTable {
    mutating func addRecurrence() {
        addMany("lstm.input") { c in try c.recurrence("LSTM", gates: 4, order: [0, 3, 1, 2], states: 2) }
        addMany("gru.input") { c in try c.recurrence("GRU", gates: 3, order: [1, 0, 2], states: 1) }
        addMany("rnn_tanh.input") { c in try c.recurrence("RNN", gates: 1, order: [0], states: 1) }
    }
}

extension ATenCall {
    /// Layers of a recurrence, each in one or two directions.
    /// - Parameter order: PyTorch's gates in ONNX's order.
    fileprivate func recurrence(_ op: String, gates: Int, order: [Int], states: Int) throws -> [Wire] {
        guard try !bool("train") || real("dropout") == 0 else {
            throw net.trainingMode("train")
        }
        var x = try tensor("input")
        var parameters = try tensors("params")[...]
        let hidden = states == 2 ? try tensors("hx") : [try tensor("hx")]
        let directions = try bool("bidirectional") ? 2 : 1
        let layers = try int("num_layers")
        let hasBias = try bool("has_biases")
        let isBatchFirst = try bool("batch_first")
        guard x.rank == 3, hidden.count == states, (1...64).contains(layers),
            parameters.count == layers * directions * (hasBias ? 4 : 2), hidden.allSatisfy({ $0.rank == 3 }),
            let size = hidden[0].shape.last,
            let width = size.size, width > 0
        else { throw net.unsupported("only layers without projections, with a batch") }
        if isBatchFirst { x = try net.swapping(x, 0, 1) }
        try net.keepSamplesApart(x, axes: [0, 2])
        let (steps, batch) = (x.shape[0], x.shape[1])
        var last: [[Wire]] = [[], []]
        for layer in 0..<layers {
            var (input, recurrent, bias): ([Wire], [Wire], [Wire]) = ([], [], [])
            for _ in 0..<directions {
                func next() throws -> Wire {
                    guard let parameter = parameters.popFirst() else { throw net.invalid("weights are missing") }
                    return try net.reordered(parameter, gates: gates, order)
                }
                input.append(try net.unsqueeze(next(), axes: [0]))
                recurrent.append(try net.unsqueeze(next(), axes: [0]))
                if hasBias { bias.append(try net.unsqueeze(net.concat([next(), next()], axis: 0), axes: [0])) }
            }
            let start = try hidden.map { state -> Wire in
                let part = try net.slice(
                    state, axis: 0, from: .number(Int64(layer * directions)),
                    to: .number(Int64((layer + 1) * directions)))
                return try net.expand(part, [.number(Int64(directions)), batch, size])
            }
            var attributes = [Attribute("hidden_size", .int(Int64(width)))]
            if directions == 2 { attributes.append(Attribute("direction", .string(Array("bidirectional".utf8)))) }
            if op == "GRU" { attributes.append(Attribute("linear_before_reset", .int(1))) }
            let state: [SymbolicInt] = [.number(Int64(directions)), batch, size]
            let y = try net.emit(
                op,
                [
                    x, net.concat(input, axis: 0), net.concat(recurrent, axis: 0),
                    bias.isEmpty ? nil : net.concat(bias, axis: 0), nil, start[0], states == 2 ? start[1] : nil,
                ], attributes,
                results: [(x.elementType, [steps, state[0], batch, size])]
                    + (0..<states).map { _ in (x.elementType, state) })
            for index in 0..<states { last[index].append(y[index + 1]) }
            // [steps, directions, batch, size]: the directions side by side.
            let sideBySide = try net.permute(y[0], [0, 2, 1, 3])
            x = try net.reshape(sideBySide, [steps, batch, size * .number(Int64(directions))])
        }
        if isBatchFirst { x = try net.swapping(x, 0, 1) }
        return try [x] + (0..<states).map { try net.concat(last[$0], axis: 0) }
    }
}

extension ATenTranslator {
    /// The rows of a recurrence's weight, gate by gate, in another order.
    fileprivate func reordered(_ x: Wire, gates: Int, _ order: [Int]) throws -> Wire {
        guard gates > 1 else { return x }
        guard let each = try x.shape.first?.exactQuotient(by: .number(Int64(gates))) else {
            throw invalid("\(x.shape.text) has no \(gates) gates")
        }
        let parts = try split(x, axis: 0, [SymbolicInt](repeating: each, count: gates))
        return try concat(order.map { parts[$0] }, axis: 0)
    }
}
