import GraphIR

extension Operator {
    /// How often n-grams of a pool occur in each row, with up to so many elements left out between one item and the
    /// next, weighted or not.
    /// https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html, version 9.
    static let tfIdfVectorizer = Operator(
        "TfIdfVectorizer", accuracy: .rounding(ulps: 0.5),
        infer: InferenceRule { node in
            let indexes = try node.binding.ints("ngram_indexes") ?? []
            guard let size = indexes.max().flatMap({ $0.adding(checked: 1) }), indexes.allSatisfy({ $0 >= 0 }) else {
                throw GraphError(.argument, "\(indexes), expected numbers from 0 on", argument: "ngram_indexes")
            }
            guard let shape = try node.shape(0, rank: 1...2, "X") else { return }
            node.set(0, shape: shape.dropLast() + [.size(size)], type: .float32)
        }
    ) { binding in
        let rule = try GramRule(&binding)
        return { call in
            let x = try call.input(0)
            guard x.shape.count <= 2 else {
                throw GraphError(.argument, "shape \(x.shape), expected [C] or [N, C]", argument: "X")
            }
            try call.check(.int64, x.shape)
            let items = try rule.items(of: x, call)
            let (rows, columns) = (x.shape.count == 2 ? x.shape[0] : 1, x.shape.last ?? 1)
            let result = try call.make(x.shape.dropLast() + [rule.size], of: Float.self) { out in
                out.update(repeating: 0)
                try call.check(.int64, [rule.indexes.count])
                for row in 0..<rows {
                    let counts = try rule.counts(items[(row * columns)..<((row + 1) * columns)], call)
                    for (gram, count) in counts.enumerated() where count > 0 {
                        let weight = rule.weights?[gram] ?? 1
                        let term = rule.truncates ? Float(1) : Float(count)
                        let place = row * rule.size + rule.indexes[gram]
                        out[place] += weight * term
                    }
                }
            }
            return [result]
        }
    }
}

/// The attributes: a tree of all n-grams, each path from its root one of them.
private struct GramRule: Sendable {
    private struct Step: Hashable {
        var node: Int
        var item: Int
    }

    let indexes: [Int]
    let size: Int
    let weights: [Float]?
    /// Whether an n-gram counts once only.
    let truncates: Bool
    private let least: Int
    private let most: Int
    private let skips: Int
    /// The number of each string or integer of the pool.
    private var strings: [[UInt8]: Int]?
    private var integers: [Int64: Int]?
    private var children: [Step: Int] = [:]
    /// The n-gram that ends at each node.
    private var grams: [Int?] = [nil]

    init(_ binding: inout Binding) throws {
        let mode = try binding.string("mode") ?? ""
        guard ["TF", "IDF", "TFIDF"].contains(mode) else {
            throw GraphError(.argument, "\"\(mode)\" is none of TF, IDF, TFIDF", argument: "mode")
        }
        truncates = mode == "IDF"
        indexes = try binding.ints("ngram_indexes")?.map { Int($0) } ?? []
        guard indexes.allSatisfy({ $0 >= 0 }), let size = indexes.max()?.adding(checked: 1) else {
            throw GraphError(.argument, "expected at least one index, none below 0", argument: "ngram_indexes")
        }
        self.size = size
        let weights = try binding.floats("weights")
        guard weights == nil || weights?.count == indexes.count else {
            throw GraphError(
                .argument, "\(weights?.count ?? 0) weights for \(indexes.count) n-grams", argument: "weights")
        }
        self.weights = mode == "TF" ? nil : weights
        least = Int(try binding.int("min_gram_length", default: 1))
        most = Int(try binding.int("max_gram_length", default: 1))
        skips = Int(try binding.int("max_skip_count", default: 0))
        guard least >= 1, most >= least, skips >= 0 else {
            throw GraphError(
                .argument, "lengths of \(least) to \(most) with \(skips) left out", argument: "min_gram_length")
        }
        let starts = try binding.ints("ngram_counts")?.map { Int($0) } ?? []
        let (texts, numbers) = (try binding.strings("pool_strings"), try binding.ints("pool_int64s"))
        var pool: [Int] = []
        switch (texts, numbers) {
        case (let texts?, nil): (pool, strings) = GramRule.numbered(texts)
        case (nil, let numbers?): (pool, integers) = GramRule.numbered(numbers)
        default: throw GraphError(.argument, "expected either pool_strings or pool_int64s", argument: "pool_strings")
        }
        try plant(pool, starts)
    }

    private static func numbered<T: Hashable>(_ pool: [T]) -> ([Int], [T: Int]) {
        var numbers: [T: Int] = [:]
        let items = pool.map { item in
            let number = numbers[item] ?? numbers.count
            numbers[item] = number
            return number
        }
        return (items, numbers)
    }

    /// - Parameter starts: where the n-grams of each length begin in the pool.
    private mutating func plant(_ pool: [Int], _ starts: [Int]) throws {
        var gram = 0
        for (index, start) in starts.enumerated() {
            let length = index + 1
            let end = starts[checked: index + 1] ?? pool.count
            guard start >= 0, start <= end, end <= pool.count, (end - start) % length == 0 else {
                throw GraphError(
                    .argument, "\(length)-grams from \(start) to \(end) of \(pool.count)", argument: "ngram_counts")
            }
            for first in stride(from: start, to: end, by: length) {
                if length >= least && length <= most {
                    var node = 0
                    for item in pool[first..<(first + length)] {
                        let step = Step(node: node, item: item)
                        if let child = children[step] {
                            node = child
                        } else {
                            node = grams.count
                            children[step] = node
                            grams.append(nil)
                        }
                    }
                    grams[node] = gram
                }
                gram += 1
            }
        }
        guard gram <= indexes.count else {
            throw GraphError(
                .argument, "\(indexes.count) indexes for \(gram) n-grams", argument: "ngram_indexes")
        }
    }

    /// The pool's numbers of the input's elements; `nil` for those that it doesn't have.
    func items(of x: Tensor, _ call: Call) throws -> [Int?] {
        if let strings { return try x.strings("X").map { strings[$0] } }
        guard x.elementType == .int32 || x.elementType == .int64 else {
            throw GraphError(.argument, "\(x.elementType.onnxName), expected INT32 or INT64", argument: "X")
        }
        return try call.converted(x, to: .int64).array(of: Int64.self).map { integers?[$0] }
    }

    /// How often each n-gram occurs in a row.
    func counts(_ row: ArraySlice<Int?>, _ call: Call) throws -> [Int] {
        var counts = [Int](repeating: 0, count: indexes.count)
        // Beyond the row's length nothing more can be left out.
        let farthest = skips < row.count ? skips + 1 : row.count
        for distance in stride(from: 1, through: farthest, by: 1) {
            // Single items are the same at any distance.
            let shortest = distance == 1 ? least : max(least, 2)
            for start in row.indices {
                if start % 1024 == 0 { try call.checkTime() }
                var node = 0
                var length = 1
                var place = start
                while length <= most, place < row.endIndex, let item = row[place],
                    let next = children[Step(node: node, item: item)]
                {
                    if length >= shortest, let gram = grams[next] { counts[gram] += 1 }
                    node = next
                    length += 1
                    place += distance
                }
            }
        }
        return counts
    }
}
