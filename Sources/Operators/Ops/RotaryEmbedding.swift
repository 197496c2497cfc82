import GraphIR

extension Operator {
    /// Rotates pairs of each head's leading elements by the angles of their positions; the rest passes as it is.
    /// https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html, version 23.
    static let rotaryEmbedding = Operator("RotaryEmbedding", accuracy: .rounding(ulps: 2), infer: .rotaryEmbedding) {
        binding in
        let isInterleaved = try binding.flag("interleaved")
        let heads = try binding.int("num_heads", default: 0)
        let rotated = try binding.int("rotary_embedding_dim", default: 0)
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call.input(1), call.input(2))
            let layout = try RotaryLayout(call, x, heads: Int(heads), rotated: Int(rotated))
            return [
                try withReal(x.elementType) {
                    try layout.run(call, x, isInterleaved: isInterleaved, Float.self)
                } double: {
                    try layout.run(call, x, isInterleaved: isInterleaved, Double.self)
                }
            ]
        }
    }
}

/// How batch, positions and heads lie in the input, and which row of the caches goes with which position.
private struct RotaryLayout: Sendable {
    let sequence: Int
    let heads: Int
    let size: Int
    let rotated: Int
    let headsComeFirst: Bool
    /// The row of the caches for every position of every batch.
    let rows: [Int]

    init(_ call: Call, _ x: Tensor, heads given: Int, rotated asked: Int) throws {
        headsComeFirst = x.shape.count == 4
        if headsComeFirst {
            (heads, sequence, size) = (x.shape[1], x.shape[2], x.shape[3])
        } else {
            guard x.shape.count == 3, given > 0, x.shape[2] % given == 0 else {
                throw GraphError(
                    .argument, "shape \(x.shape) doesn't divide into \(given) heads", argument: "num_heads")
            }
            (heads, sequence, size) = (given, x.shape[1], x.shape[2] / given)
        }
        rotated = asked == 0 ? size : asked
        guard rotated > 0, rotated <= size, rotated % 2 == 0 else {
            throw GraphError(
                .argument, "\(rotated) elements of heads of \(size), expected an even number of them",
                argument: "rotary_embedding_dim")
        }
        let batch = x.shape[0]
        let cosines = try call.input(1).shape
        guard try call.input(2).shape == cosines, cosines.last == rotated / 2 else {
            throw GraphError(
                .argument, "shapes \(cosines) and \(try call.input(2).shape), expected \(rotated / 2) columns",
                argument: "cos_cache, sin_cache")
        }
        guard let positions = call[3] else {
            guard cosines == [batch, sequence, rotated / 2] else {
                throw GraphError(
                    .argument, "shape \(cosines), expected \([batch, sequence, rotated / 2])", argument: "cos_cache")
            }
            rows = Array(0..<(batch * sequence))
            return
        }
        guard cosines.count == 2, positions.shape == [batch, sequence] else {
            throw GraphError(
                .argument, "shape \(positions.shape), expected \([batch, sequence]) and caches of rank 2",
                argument: "position_ids")
        }
        rows = try positions.array(of: Int64.self).map { position in
            guard position >= 0, position < cosines[0] else {
                throw GraphError(.argument, "\(position) is outside of 0..<\(cosines[0])", argument: "position_ids")
            }
            return Int(position)
        }
    }

    func run<T: Real>(_ call: Call, _ x: Tensor, isInterleaved: Bool, _: T.Type) throws -> Tensor {
        let half = rotated / 2
        return try call.make(x.shape, of: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try x.withElements(T.self) { values in
                try call.input(1).withElements(T.self) { cosines in
                    try call.input(2).withElements(T.self) { sines in
                        guard let from = values.baseAddress, let cosines = cosines.baseAddress,
                            let sines = sines.baseAddress
                        else { return }
                        let (source, target) = (Shared(from), Shared(to))
                        let (cosineTable, sineTable) = (Shared(cosines), Shared(sines))
                        try inParallel(values.count / size, grain: max(1, (1 << 14) / size)) { piece in
                            try call.checkTime()
                            for head in piece {
                                let position = headsComeFirst ? head % sequence : head / heads % sequence
                                let row = rows[head / (heads * sequence) * sequence + position] * half
                                let x = source.pointer + head * size
                                let y = target.pointer + head * size
                                for i in 0..<half {
                                    let cosine = Double(cosineTable.pointer[row + i])
                                    let sine = Double(sineTable.pointer[row + i])
                                    let first = isInterleaved ? 2 * i : i
                                    let second = isInterleaved ? 2 * i + 1 : i + half
                                    let (a, b) = (Double(x[first]), Double(x[second]))
                                    y[first] = T(cosine * a - sine * b)
                                    y[second] = T(sine * a + cosine * b)
                                }
                                for i in rotated..<size { y[i] = x[i] }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let rotaryEmbedding = InferenceRule { node in
        let heads = try node.binding.int("num_heads", default: 0)
        let shape = try node.shape(0, rank: 3...4, "X")
        if shape?.count == 3, heads == 0 {
            throw GraphError(.argument, "needed for an input of three axes", argument: "num_heads")
        }
        node.set(0, shape: shape)
    }
}
