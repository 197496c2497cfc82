import GraphIR

/// Heads of queries and of keys, which only some weights show.
extension Eva {
    /// Heads of keys in each block, where any has fewer than of queries.
    func keyHeads(_ weights: StateDict) -> [Int] {
        guard case .apart = projections else { return [] }
        let counts = (0..<depth).map { index in
            (weights["blocks.\(index).attn.k_proj.weight"]?.shape.first).map { $0 / (dim / style.heads) }
                ?? style.heads
        }
        return counts.allSatisfy { $0 == style.heads } ? [] : counts
    }

    /// The number of heads, which norms of queries and learned frequencies show.
    func heads(
        _ weights: StateDict, _ published: Eva?, isNamed: Bool, _ hints: Hints
    ) throws -> Int {
        let stated = try hints.count(
            "num_heads", "num_attention_heads", wants: "a divisor of the width \(dim)"
        ) { dim % $0 == 0 }
        if let stated { return stated }
        if style.hasQKNorm, style.heads > 1 { return style.heads }
        if let heads = weights["rope.freqs"]?.shape[checked: 2], heads > 0, dim % heads == 0 { return heads }
        if let published, dim % published.style.heads == 0 {
            if isNamed || published.dim == dim { return published.style.heads }
        }
        let heads: Int
        switch dim {
        case 1408, 1792: heads = 16
        case 1536 where hasNormPre: heads = 16
        case 4096: heads = 32
        default: heads = dim % 64 == 0 ? dim / 64 : 1
        }
        hints.assume("num_heads", "\(heads)")
        return heads
    }
}
