import GraphIR

/// How the heads of queries, keys or values lie in a tensor: batch × heads × length × size, or packed as
/// batch × length × (heads · size).
struct HeadLayout: Sendable {
    let batch: Int
    let heads: Int
    let length: Int
    let size: Int
    let isPacked: Bool

    init(batch: Int, heads: Int, length: Int, size: Int, isPacked: Bool) {
        self.batch = batch
        self.heads = heads
        self.length = length
        self.size = size
        self.isPacked = isPacked
    }

    /// - Parameter heads: how many a packed tensor holds.
    /// - Throws: `op.argument` where the rank is neither 3 nor 4 or the last axis isn't a multiple of `heads`.
    init(_ tensor: Tensor, heads: Int?, name: String) throws {
        let shape = tensor.shape
        switch shape.count {
        case 4: self.init(batch: shape[0], heads: shape[1], length: shape[2], size: shape[3], isPacked: false)
        case 3:
            guard let heads, heads > 0, shape[2] % heads == 0 else {
                throw GraphError(
                    .argument, "shape \(shape) doesn't split into \(heads.map(String.init) ?? "unknown") heads",
                    argument: name)
            }
            self.init(batch: shape[0], heads: heads, length: shape[1], size: shape[2] / heads, isPacked: true)
        default:
            throw GraphError(.argument, "shape \(shape), expected three or four axes", argument: name)
        }
    }

    var shape: [Int] { isPacked ? [batch, length, heads * size] : [batch, heads, length, size] }
    var rowStride: Int { isPacked ? heads * size : size }
    func offset(_ batch: Int, _ head: Int) -> Int {
        isPacked ? batch * length * heads * size + head * size : (batch * heads + head) * length * size
    }
    /// Strides in the order batch, head, row, element.
    var strides: [Int] { [length * heads * size, isPacked ? size : length * size, rowStride, 1] }
}

/// What is added to the scores of attention: −∞ where a key is out of a query's reach, and a mask.
struct AttentionBias: Sendable {
    /// Numbers of the type that is computed in; four axes, each of full size or 1, the last possibly shorter.
    var mask: Tensor?
    /// Whether keys beyond the end of the mask are out of reach; otherwise a last axis of 1 stands for all keys.
    var isShort = false
    /// Keys that each batch holds.
    var keyCounts: [Int]?
    /// The position of the first query among the keys, for each batch.
    var offsets: [Int] = [0]
    var isCausal = false
    /// How far a query sees to the left and right; `nil` without limit.
    var left: Int?
    var right: Int?

    var isEmpty: Bool { mask == nil && keyCounts == nil && !isCausal && left == nil && right == nil }

    /// The keys that a query reaches.
    func reach(batch: Int, query: Int, keys: Int) -> Range<Int> {
        let position = query + (offsets.count == 1 ? offsets[0] : offsets[batch])
        var end = keyCounts.map { Swift.min(keys, $0[batch]) } ?? keys
        if isCausal { end = Swift.min(end, position + 1) }
        if let right { end = Swift.min(end, position + right + 1) }
        let start = Swift.max(left.map { position - $0 } ?? 0, 0)
        return Swift.min(start, keys)..<Swift.max(Swift.min(start, keys), end)
    }
}

/// softmax(scale · Q · Kᵀ + bias) · V for every head, with the scores of a few rows at a time in memory.
///
/// The query heads share the key heads in groups, in order. A query that reaches no key gives zeros.
struct ScaledDotProduct: Sendable {
    /// What the second result holds of the scores.
    enum Stage: Int, Sendable { case products, capped, biased, probabilities }

    let query: HeadLayout
    let key: HeadLayout
    let value: HeadLayout
    let output: HeadLayout
    var scale: Double
    var softcap = 0.0
    var bias = AttentionBias()
    /// The type that scores and probabilities are rounded to on their way into and out of the softmax.
    var rounding: ElementType?
    /// Whether every step rounds to bfloat16, as the standard's function body and cases have it.
    var isStepped = false
    /// Whether the steps within the softmax do so too.
    var hasSteppedSoftmax = false
    /// Whether the scores of some stage are wanted.
    var stage: Stage?

    /// - Throws: `limit.memory`, `limit.time`; `op.unsupported-argument` where a size goes beyond BLAS.
    func run<T: RowFunctions>(
        _ call: Call, _ q: Tensor, _ k: Tensor, _ v: Tensor, _: T.Type
    ) throws -> (output: Tensor, scores: Tensor?) {
        let sizes = try BlasSizes(self)
        var scores: Tensor?
        func attend(_ call: Call, _ taken: UnsafeMutablePointer<T>?) throws -> Tensor {
            try call.make(output.shape, of: T.self, clears: false) { out in
                try q.withElements(T.self) { q in
                    try k.withElements(T.self) { k in
                        try v.withElements(T.self) { v in
                            try withMask(of: T.self) { mask in
                                guard let to = out.baseAddress, let q = q.baseAddress, let k = k.baseAddress,
                                    let v = v.baseAddress
                                else {
                                    // No keys, and no scores: nothing to attend to.
                                    out.update(repeating: 0)
                                    return
                                }
                                let head = AttentionHeads(
                                    problem: self, sizes: sizes, q: q, k: k, v: v, mask: mask, out: to, taken: taken)
                                try head.run(call)
                            }
                        }
                    }
                }
            }
        }
        guard stage != nil else { return (try attend(call, nil), nil) }
        let shape = [query.batch, query.heads, query.length, key.length]
        try call.check(T.elementType, shape)
        let rest = try call.taking(
            shape.checkedProduct()?.multiplied(checked: MemoryLayout<T>.size), for: "the scores")
        var result: Tensor?
        scores = try call.make(shape, of: T.self, clears: false) { result = try attend(rest, $0.baseAddress) }
        guard let result else { throw GraphError(.invalid, "attention gave no result") }
        return (result, scores)
    }

    /// scale · Q · Kᵀ alone, for heads that aren't packed.
    func products<T: RowFunctions>(_ call: Call, _ q: Tensor, _ k: Tensor, _: T.Type) throws -> Tensor {
        let sizes = try BlasSizes(self)
        let group = key.heads > 0 ? query.heads / key.heads : 0
        let rows = try blasSize(group * query.length)
        return try call.make([query.batch, query.heads, query.length, key.length], of: T.self) { out in
            try q.withElements(T.self) { q in
                try k.withElements(T.self) { k in
                    guard let to = out.baseAddress, let q = q.baseAddress, let k = k.baseAddress else { return }
                    for batch in 0..<key.batch {
                        for head in 0..<key.heads {
                            try call.checkTime()
                            T.gemm(
                                transposeA: false, transposeB: true, m: rows, n: sizes.keys, k: sizes.size,
                                alpha: T(scale), a: q + query.offset(batch, head * group), lda: sizes.size,
                                b: k + key.offset(batch, head), ldb: sizes.size, beta: 0,
                                c: to + (batch * key.heads + head) * group * query.length * key.length,
                                ldc: Swift.max(sizes.keys, 1))
                        }
                    }
                }
            }
        }
    }

    private func withMask<T: RowFunctions>(of: T.Type, _ body: (UnsafePointer<T>?) throws -> Void) throws {
        guard let mask = bias.mask else { return try body(nil) }
        try mask.withElements(T.self) { try body($0.baseAddress) }
    }
}

/// The sizes of a problem as BLAS takes them.
struct BlasSizes: Sendable {
    let keys: Int32
    let size: Int32
    let valueSize: Int32
    let queryStride: Int32
    let keyStride: Int32
    let valueStride: Int32
    let outputStride: Int32

    init(_ problem: ScaledDotProduct) throws {
        _ = try blasSize(problem.query.length)
        keys = try blasSize(problem.key.length)
        size = try blasSize(problem.key.size)
        valueSize = try blasSize(problem.value.size)
        queryStride = try blasSize(problem.query.rowStride)
        keyStride = try blasSize(problem.key.rowStride)
        valueStride = try blasSize(problem.value.rowStride)
        outputStride = try blasSize(problem.output.rowStride)
    }
}

/// One problem with its memory. Heads write only their own part of `out` and `taken`.
private struct AttentionHeads<T: RowFunctions>: @unchecked Sendable {
    let problem: ScaledDotProduct
    let sizes: BlasSizes
    let q: UnsafePointer<T>
    let k: UnsafePointer<T>
    let v: UnsafePointer<T>
    let mask: UnsafePointer<T>?
    let out: UnsafeMutablePointer<T>
    let taken: UnsafeMutablePointer<T>?

    /// Small heads run side by side; in large ones BLAS and the rows of the softmax use all cores.
    func run(_ call: Call) throws {
        let (rows, keys) = (problem.query.length, problem.key.length)
        let count = problem.query.batch * problem.query.heads
        let block = Swift.max(1, Swift.min(rows, AttentionLimits.scores / keys))
        let products = block * keys * Swift.max(problem.key.size, problem.value.size)
        let isSmall = block == rows && products <= ParallelLimits.productsOfOneThread
        if isSmall {
            let rest = try call.taking(
                (block * keys * MemoryLayout<T>.size).multiplied(checked: Swift.min(count, ParallelLimits.pieces)),
                for: "the scores")
            try inParallel(count, grain: Swift.max(1, ParallelLimits.productsOfOneThread / Swift.max(products, 1))) {
                piece in
                try call.withScratch(block * keys, of: T.self) { scratch in
                    for item in piece {
                        try attend(rest, item, block, scratch, spreads: false)
                    }
                }
            }
        } else {
            try call.withScratch(block * keys, of: T.self) { scratch in
                for item in 0..<count { try attend(call, item, block, scratch, spreads: true) }
            }
        }
    }

    private func attend(
        _ call: Call, _ item: Int, _ block: Int, _ scratch: UnsafeMutablePointer<T>, spreads: Bool
    ) throws {
        let (batch, head) = (item / problem.query.heads, item % problem.query.heads)
        let keyHead = head / (problem.query.heads / problem.key.heads)
        let keys = problem.key.length
        let from = k + problem.key.offset(batch, keyHead)
        let values = v + problem.value.offset(batch, keyHead)
        for start in stride(from: 0, to: problem.query.length, by: block) {
            try call.checkTime()
            let count = Swift.min(block, problem.query.length - start)
            let queries = q + problem.query.offset(batch, head) + start * problem.query.rowStride
            let to = out + problem.output.offset(batch, head) + start * problem.output.rowStride
            T.gemm(
                transposeA: false, transposeB: true, m: Int32(count), n: sizes.keys, k: sizes.size,
                alpha: T(problem.scale), a: queries, lda: sizes.queryStride, b: from, ldb: sizes.keyStride,
                beta: 0, c: scratch, ldc: sizes.keys)
            let rows = Shared(scratch)
            try inParallel(count, grain: spreads ? Swift.max(1, AttentionLimits.softmaxGrain / keys) : count) { piece in
                for row in piece { finish(rows.pointer + row * keys, batch, head, start + row) }
            }
            T.gemm(
                transposeA: false, transposeB: false, m: Int32(count), n: sizes.valueSize, k: sizes.keys, alpha: 1,
                a: scratch, lda: sizes.keys, b: values, ldb: sizes.valueStride, beta: 0, c: to, ldc: sizes.outputStride)
        }
    }

    /// Turns a row of products into probabilities.
    private func finish(_ row: UnsafeMutablePointer<T>, _ batch: Int, _ head: Int, _ query: Int) {
        let keys = problem.key.length
        let kept = taken.map { $0 + ((batch * problem.query.heads + head) * problem.query.length + query) * keys }
        func keep(_ stage: ScaledDotProduct.Stage) {
            if problem.stage == stage { kept?.update(from: row, count: keys) }
        }
        let step: ElementType? = problem.isStepped ? .bfloat16 : nil
        round(row, keys, to: step)
        keep(.products)
        if problem.softcap > 0 {
            let cap = T(problem.softcap)
            for i in 0..<keys { row[i] /= cap }
            round(row, keys, to: step)
            T.hyperbolicTangent(row, row, keys)
            round(row, keys, to: step)
            for i in 0..<keys { row[i] *= cap }
            round(row, keys, to: step)
        }
        keep(.capped)
        let isMasked = !problem.bias.isEmpty && !addBias(row, batch, head, query)
        round(row, keys, to: step)
        keep(.biased)
        if isMasked {
            row.update(repeating: 0, count: keys)
        } else if problem.hasSteppedSoftmax {
            steppedSoftmax(row, keys, empty: 0)
        } else {
            round(row, keys, to: problem.rounding)
            T.softmax(row, row, keys, empty: 0)
            round(row, keys, to: problem.rounding)
            round(row, keys, to: step)
        }
        keep(.probabilities)
    }

    /// - Returns: whether any key is left.
    private func addBias(_ row: UnsafeMutablePointer<T>, _ batch: Int, _ head: Int, _ query: Int) -> Bool {
        let keys = problem.key.length
        let reach = problem.bias.reach(batch: batch, query: query, keys: keys)
        for i in 0..<reach.lowerBound { row[i] += -T.infinity }
        for i in Swift.min(reach.upperBound, keys)..<keys { row[i] += -T.infinity }
        guard let shape = problem.bias.mask?.shape else { return !reach.isEmpty }
        guard let mask else {
            // A mask of no keys.
            for i in 0..<keys { row[i] += -T.infinity }
            return false
        }
        let strides = rowMajorStrides(shape)
        let position = [batch, head, query]
        var base = 0
        for axis in 0..<3 where shape[axis] > 1 { base += position[axis] * strides[axis] }
        let step = shape[3] == 1 && keys != 1 && !problem.bias.isShort ? 0 : 1
        let length = step == 0 ? keys : shape[3]
        var isAnyLeft = false
        for i in 0..<length {
            let value = mask[base + i * step]
            row[i] += value
            if value != -T.infinity && reach.contains(i) { isAnyLeft = true }
        }
        if length < keys { for i in length..<keys { row[i] += -T.infinity } }
        return isAnyLeft
    }

    private func round(_ row: UnsafeMutablePointer<T>, _ count: Int, to type: ElementType?) {
        switch type {
        case .float32: for i in 0..<count { row[i] = T(Float(row[i])) }
        case .float16: for i in 0..<count { row[i] = T(Float16(row[i])) }
        case .bfloat16: for i in 0..<count { row[i] = T(BFloat16(Double(row[i])).float) }
        default: break
        }
    }
}

enum AttentionLimits {
    /// Scores that are in memory at a time.
    static let scores = 1 << 20
    /// Elements of rows that make a piece of work for the softmax.
    static let softmaxGrain = 1 << 14
}
