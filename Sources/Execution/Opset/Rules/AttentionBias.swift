import GraphIR

/// What is added to the scores of an Attention: 0 where a query sees a key, −∞ where it doesn't, or the mask's own
/// numbers.
struct AttentionBias {
    let rewriter: OpsetRewriter
    let node: Node
    let type: ElementType
    /// Numbers of queries and keys, as scalars.
    let queries: ValueID
    let keys: ValueID
    let key: ValueID?
    /// The number of cached keys.
    let past: ValueID?

    /// The terms, and whether a query may be left without any key.
    func terms() throws -> (terms: [ValueID], mayHideAll: Bool) {
        var terms: [ValueID] = []
        if let mask = node.input(3) { terms.append(try additive(mask)) }
        let left = node.integer("left_window_size") ?? -1
        let right = node.integer("right_window_size") ?? -1
        let isCausal = node.integer("is_causal") ?? 0 != 0
        let columns = try OpsetRule.counting(rewriter, to: keys)
        if isCausal || left >= 0 || right >= 0 {
            let positions = try absolutePositions()
            if isCausal { terms.append(try bias(try rewriter("LessOrEqual", columns, positions))) }
            let distance = try rewriter("Sub", positions, columns)
            if left >= 0 {
                terms.append(try bias(try rewriter("LessOrEqual", distance, try rewriter.int(left))))
            }
            if right >= 0 {
                let ahead = try rewriter("Neg", distance)
                terms.append(try bias(try rewriter("LessOrEqual", ahead, try rewriter.int(right))))
            }
        }
        if let lengths = node.input(6) {
            let limit = try rewriter.reshape(lengths, [-1, 1, 1, 1])
            terms.append(try bias(try rewriter("Less", columns, limit)))
        }
        let mayHideAll = node.input(3) != nil || node.input(6) != nil || left >= 0 || right >= 0
        return (terms, mayHideAll)
    }

    private func bias(_ isSeen: ValueID) throws -> ValueID {
        try rewriter(
            "Where", isSeen, try rewriter.scalar(0, type), try rewriter.infinity(negative: true, type))
    }

    /// The queries' positions among the keys, as a column: one for each sample where the lengths are given.
    private func absolutePositions() throws -> ValueID {
        let rows = try rewriter.unsqueeze(try OpsetRule.counting(rewriter, to: queries), [1])
        if let past { return try rewriter("Add", rows, past) }
        guard let lengths = node.input(6) else { return rows }
        let offsets = try rewriter("Sub", try rewriter.reshape(lengths, [-1, 1, 1, 1]), queries)
        return try rewriter("Add", rows, offsets)
    }

    /// The mask as numbers to add, as long as there are keys.
    private func additive(_ mask: ValueID) throws -> ValueID {
        let given = try rewriter.elementType(mask)
        var numbers = mask
        if given == .bool {
            numbers = try bias(mask)
        } else if given != type {
            numbers = try rewriter.cast(mask, to: type)
        }
        let own = rewriter.shape(mask)?.last
        if case .size(let size)? = own, case .size(let count)? = rewriter.shape(key)?[checked: 2], size >= count {
            return numbers
        }
        let rank = try rewriter.rank(mask)
        let zeros = try rewriter.ints([Int64](repeating: 0, count: 2 * rank - 1))
        let missing = try rewriter(
            "Sub", try rewriter.unsqueeze(keys, [0]), try rewriter.size(mask, axis: Int64(rank) - 1))
        let pads = try rewriter.concat([zeros, missing])
        return try rewriter("Pad", numbers, pads, try rewriter.infinity(negative: true, type))
    }
}

extension OpsetRewriter {
    /// An infinity of a floating-point type.
    func infinity(negative: Bool, _ type: ElementType) throws -> ValueID {
        let value = negative ? -Double.infinity : .infinity
        switch type {
        case .float32, .float64: return try scalar(value, type)
        case .float16:
            return try constant(
                "\(value)", try Tensor(type, shape: [], bytes: Bytes([0x00, negative ? 0xFC : 0x7C])))
        case .bfloat16:
            return try constant(
                "\(value)", try Tensor(type, shape: [], bytes: Bytes([0x80, negative ? 0xFF : 0x7F])))
        default: throw refusal("\(type.name) has no infinity")
        }
    }
}
