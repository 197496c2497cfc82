import GraphIR

extension ATenTable {
    mutating func addAttention() {
        add("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu") { c in
            var (q, k, v) = try (c.tensor("query"), c.tensor("key"), c.tensor("value"))
            guard q.rank >= 2, k.rank == q.rank, v.rank == q.rank, let width = q.shape[q.rank - 1].known, width > 0
            else { throw c.net.invalid("attention of \(q.shape.text) to \(k.shape.text)") }
            if c.schemaHas("enable_gqa"), try c.bool("enable_gqa") {
                k = try c.net.repeatedHeads(k, as: q)
                v = try c.net.repeatedHeads(v, as: q)
            }
            let scale = try c.optionalNumber("scale")?.real
            let root = Double(width).squareRoot()
            if let scale {
                q = try c.net.with("Mul", q, scale)
            } else if root == root.rounded() {
                q = try c.net.with("Div", q, root)
            } else {
                q = try c.net.binary("Div", q, c.net.unary("Sqrt", c.net.scalar(.whole(width), as: q.elementType)))
            }
            var scores = try c.net.matMul(q, c.net.swapping(k, k.rank - 2, k.rank - 1))
            var mask = try c.optionalTensor("attn_mask")
            if try c.bool("is_causal") {
                guard mask == nil, let rows = q.shape[q.rank - 2].size, let columns = k.shape[k.rank - 2].size,
                    rows <= 1 << 13, columns <= 1 << 13
                else { throw c.net.unsupported("a causal mask of open size", "is_causal") }
                let isSeen = (0..<rows).flatMap { row in (0..<columns).map { $0 <= row ? UInt8(1) : 0 } }
                mask = try c.net.truth(
                    c.net.constant(Tensor(isSeen, shape: [rows, columns]), key: "causal \(rows) \(columns)"))
            }
            guard let mask, mask.elementType == .bool else {
                if let mask { scores = try c.net.binary("Add", .wire(scores), .wire(mask)) }
                return try c.net.matMul(c.net.softmax("Softmax", scores, scores.rank - 1), v)
            }
            let hidden = try c.net.scalar(.real(-.infinity), as: scores.elementType)
            scores = try c.net.choice(mask, .wire(scores), .wire(hidden))
            // Whom every key is hidden from attends to nothing.
            let sees = try c.net.reduced(
                "ReduceMax", c.net.cast(mask, to: .int32), axes: [mask.rank - 1], keeps: true)
            let shares = try c.net.choice(
                c.net.truth(sees), .wire(c.net.softmax("Softmax", scores, scores.rank - 1)),
                .wire(c.net.scalar(.whole(0), as: scores.elementType)))
            return try c.net.matMul(shares, v)
        }
    }
}

extension ATenTranslator {
    /// Grouped queries: each head of keys or values stands for several heads of queries.
    fileprivate func repeatedHeads(_ x: Wire, as q: Wire) throws -> Wire {
        let axis = x.rank - 3
        guard axis >= 0, let times = try q.shape[axis].exactQuotient(by: x.shape[axis]) else {
            throw invalid("\(q.shape.text) in groups of \(x.shape.text)")
        }
        if times == .number(1) { return x }
        let wide = try unsqueeze(x, axes: [axis + 1])
        var shape = wide.shape
        shape[axis + 1] = times
        return try reshape(expand(wide, shape), Array(q.shape[...axis]) + Array(x.shape[(axis + 1)...]))
    }
}
