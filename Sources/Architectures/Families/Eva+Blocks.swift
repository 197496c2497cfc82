import GraphIR

extension Eva {
    /// x + γ₁·attention(norm₁(x)), then x + γ₂·mlp(norm₂(x)), or with the norms behind the branches.
    func block(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ index: Int, _ rotation: Rotation?
    ) throws -> ModelBuilder.Wire {
        if style.order == .postNorm {
            let mixed = try net.scope("attn") { try attention(net, x, index, rotation) }
            let x = try net.add("residual1", x, net.norm("norm1", mixed, style))
            return try net.add("residual2", x, net.norm("norm2", net.mlp("mlp", x, style), style))
        }
        let normed = try net.norm("norm1", x, style)
        var mixed = try net.scope("attn") { try attention(net, normed, index, rotation) }
        if style.hasLayerScale { mixed = try net.layerScale("", key: "gamma_1", mixed) }
        let x = try net.add("residual1", x, mixed)
        var fed = try net.mlp("mlp", net.norm("norm2", x, style), style)
        if scalesPerceptron { fed = try net.layerScale("", key: "gamma_2", fed) }
        return try net.add("residual2", x, fed)
    }

    private func attention(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, _ index: Int, _ rotation: Rotation?
    ) throws -> ModelBuilder.Wire {
        let (length, width) = try net.sequence(x, heads: style.heads)
        let size = width / style.heads
        let keyHeads = keyHeads[checked: index] ?? style.heads
        let heads = [style.heads, keyHeads, keyHeads]
        guard keyHeads > 0, style.heads % keyHeads == 0 else {
            throw GraphError(.shape, "\(style.heads) heads of queries for \(keyHeads) of keys", node: net.path(""))
        }
        let parts = try zip(projected(net, x, widths: heads.map { $0 * size }), heads).map {
            try net.reshape("", $0, [length, $1, size])
        }
        var (q, k, v) = (parts[0], parts[1], parts[2])
        if style.hasQKNorm { (q, k) = (try net.norm("q_norm", q, style), try net.norm("k_norm", k, style)) }
        if let rotation {
            q = try net.rotated(q, by: rotation, prefix: prefix)
            k = try net.rotated(k, by: rotation, prefix: prefix)
        }
        let mixed = try net.attend(q, repeated(net, k, to: style.heads), repeated(net, v, to: style.heads))
        let scaled = hasAttentionNorm ? try net.norm("norm", mixed, style) : mixed
        return try net.linear("proj", scaled, out: width, bias: true)
    }

    /// Queries, keys and values of these widths.
    private func projected(
        _ net: ModelBuilder, _ x: ModelBuilder.Wire, widths: [Int]
    ) throws -> [ModelBuilder.Wire] {
        switch projections {
        case .apart(let bias, let keyBias):
            return try zip(["q", "k", "v"], widths).map { name, width in
                try net.linear(name + "_proj", x, out: width, bias: name == "k" ? keyBias : bias)
            }
        case .plain, .biased, .halfBiased:
            let fused = try net.linear("qkv", x, out: 3 * dim, bias: projections == .biased)
            let parts = try net.split("", fused, axis: 2, into: 3)
            guard projections == .halfBiased else { return parts }
            func summed(_ x: ModelBuilder.Wire, _ key: String) throws -> ModelBuilder.Wire {
                try net.elementwise("Add", "", x, net.parameter(key, shape: [dim]))
            }
            return [try summed(parts[0], "q_bias"), parts[1], try summed(parts[2], "v_bias")]
        }
    }

    /// Each head of keys or values for as many heads of queries as share it: "GQA", J. Ainslie et al., 2023
    /// (arXiv:2305.13245).
    private func repeated(_ net: ModelBuilder, _ x: ModelBuilder.Wire, to heads: Int) throws -> ModelBuilder.Wire {
        guard x.shape.count == 4, let length = x.shape[1].knownSize, let own = x.shape[2].knownSize, own != heads,
            let size = x.shape[3].knownSize
        else { return x }
        let single = try net.reshape("", x, [length, own, 1, size])
        let copies = [ModelBuilder.Wire](repeating: single, count: heads / own)
        return try net.reshape("", net.concat("", copies, axis: 3), [length, heads, size])
    }
}
