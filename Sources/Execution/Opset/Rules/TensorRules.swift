import GraphIR
import Operators

/// Constants, shapes and rearranging.
extension OpsetRule {
    static let tensors: Table = [
        rule(
            "Constant", version: 9,
            downgrade: { rewriter, node in
                guard let tensor = node.constantTensor, let id = node.outputs.first ?? nil else {
                    return try rewriter.carry(node)
                }
                // Constant held floats alone.
                if [.float16, .float32, .float64].contains(tensor.elementType) { return try rewriter.carry(node) }
                try rewriter.addInitializer(tensor, for: id)
            }),
        rule(
            "Constant", version: 11,
            downgrade: { rewriter, node in
                guard case .sparseTensor(let record)? = node.attribute("sparse_value") else {
                    return try rewriter.carry(node)
                }
                let tensor = try dense(record, memory: 1 << 30)
                try rewriter.replace(attributes: [Attribute("value", .tensor(TensorRecord(tensor)))])
            }),
        rule(
            "Constant", version: 12,
            downgrade: { rewriter, node in
                guard node.attribute("value") == nil, let tensor = node.constantTensor else {
                    return try rewriter.carry(node)
                }
                try rewriter.replace(attributes: [Attribute("value", .tensor(TensorRecord(tensor)))])
            }),
        rule(
            "Shape", version: 15,
            downgrade: { rewriter, node in
                let start = node.integer("start") ?? 0
                guard start != 0 || node.integer("end") != nil else {
                    return try rewriter.carry(node, without: "start")
                }
                let whole = try rewriter("Shape", node.input(0))
                let ends = try rewriter.ints([node.integer("end") ?? Int64.max])
                try rewriter.finish("Slice", whole, try rewriter.ints([start]), ends, try rewriter.ints([0]))
            }),
        rule(
            "CastLike", version: 15,
            downgrade: { rewriter, node in
                let type = try rewriter.elementType(node.input(1))
                try rewriter.finish("Cast", node.input(0), with: .int("to", Int64(type.rawValue)))
            }),
        rule(
            "DepthToSpace", version: 11,
            downgrade: { rewriter, node in
                guard node.text("mode") == "CRD" else { return try rewriter.carry(node, without: "mode") }
                let (sizes, block) = try blocks(rewriter, node)
                let depth = sizes[1] / (block * block)
                let split = try rewriter.reshape(node.input(0), [sizes[0], depth, block, block, sizes[2], sizes[3]])
                let moved = try rewriter.transpose(split, [0, 1, 4, 2, 5, 3])
                let shape = try rewriter.ints([sizes[0], depth, sizes[2] * block, sizes[3] * block])
                try rewriter.finish("Reshape", moved, shape)
            }),
        rule(
            "SpaceToDepth", version: 28,
            downgrade: { rewriter, node in
                guard node.text("mode") == "CRD" else { return try rewriter.carry(node, without: "mode") }
                let (sizes, block) = try blocks(rewriter, node)
                let (height, width) = (sizes[2] / block, sizes[3] / block)
                let split = try rewriter.reshape(node.input(0), [sizes[0], sizes[1], height, block, width, block])
                let moved = try rewriter.transpose(split, [0, 1, 3, 5, 2, 4])
                let shape = try rewriter.ints([sizes[0], sizes[1] * block * block, height, width])
                try rewriter.finish("Reshape", moved, shape)
            }),
        rule("Trilu", version: 14, downgrade: trilu),
        rule("CenterCropPad", version: 18, downgrade: centerCropPad),
        rule("AffineGrid", version: 20, downgrade: affineGrid),
        rule("TensorScatter", version: 24, downgrade: tensorScatter),
    ]

    /// The sizes of a picture and the side of its blocks, with room to multiply.
    private static func blocks(_ rewriter: OpsetRewriter, _ node: Node) throws -> (sizes: [Int64], block: Int64) {
        guard let sizes = rewriter.sizes(node.input(0)), sizes.count == 4,
            sizes.allSatisfy({ 0 <= $0 && $0 < 1 << 30 }), let block = node.integer("blocksize"), 0 < block,
            block < 1 << 15
        else { throw rewriter.refusal("needs the four sizes of the input and a blocksize above 0") }
        return (sizes, block)
    }

    /// A size as a scalar.
    static func length(_ rewriter: OpsetRewriter, _ x: ValueID?, axis: Int64) throws -> ValueID {
        try rewriter.squeeze(try rewriter.size(x, axis: axis), [0])
    }

    /// `0, 1 … count − 1`, for a scalar `count`.
    static func counting(_ rewriter: OpsetRewriter, to count: ValueID) throws -> ValueID {
        try rewriter("Range", try rewriter.int(0), count, try rewriter.int(1))
    }

    /// Trilu (14): where column minus row is at least `k`, or at most.
    private static let trilu: Rewrite = { rewriter, node in
        let x = node.input(0)
        let type = try rewriter.elementType(x)
        let rows = try rewriter.unsqueeze(try counting(rewriter, to: try length(rewriter, x, axis: -2)), [1])
        let columns = try counting(rewriter, to: try length(rewriter, x, axis: -1))
        let distance = try rewriter("Sub", columns, rows)
        let k: ValueID? = try node.input(1) ?? rewriter.int(0)
        let compare = node.integer("upper") ?? 1 != 0 ? "GreaterOrEqual" : "LessOrEqual"
        let isKept = try rewriter(compare, distance, k)
        try rewriter.finish("Where", isKept, x, try rewriter.scalar(0, type))
    }

    /// CenterCropPad (18): what is cut off first, then what is added, the greater half at the end.
    private static let centerCropPad: Rewrite = { rewriter, node in
        let x = node.input(0)
        let rank = try rewriter.rank(x)
        let axes = try node.integers("axes")?.map { try rewriter.positive($0, rank: rank) } ?? Array(0..<Int64(rank))
        let chosen = try rewriter.ints(axes)
        let own = try rewriter("Gather", try rewriter.shapeOf(x), chosen)
        let wanted =
            try rewriter.elementType(node.input(1)) == .int64
            ? node.input(1) : try rewriter.cast(node.input(1), to: .int64)
        let zero = try rewriter.ints([0])
        let two = try rewriter.ints([2])
        let excess = try rewriter("Max", try rewriter("Sub", own, wanted), zero)
        let start = try rewriter("Div", excess, two)
        let end = try rewriter("Add", start, try rewriter("Min", own, wanted))
        let cropped = try rewriter("Slice", x, start, end, chosen)
        let missing = try rewriter("Max", try rewriter("Sub", wanted, own), zero)
        let before = try rewriter("Div", missing, two)
        let after = try rewriter("Sub", missing, before)
        // Axes that aren't among the chosen take the zero behind all amounts.
        let order = (0..<2).flatMap { side in
            (0..<Int64(rank)).map { axis -> Int64 in
                axes.firstIndex(of: axis).map { Int64($0 + side * axes.count) } ?? Int64(2 * axes.count)
            }
        }
        let amounts = try rewriter("Gather", try rewriter.concat([before, after, zero]), try rewriter.ints(order))
        try rewriter.finish("Pad", cropped, amounts)
    }

    /// AffineGrid (20): the grid's points in −1…1, times the matrices.
    private static let affineGrid: Rewrite = { rewriter, node in
        let theta = try rewriter.wide(node.input(0))
        let type = try rewriter.elementType(theta)
        guard let count = rewriter.sizes(node.input(1))?.first, count == 4 || count == 5 else {
            throw rewriter.refusal("the number of sizes isn't known, the conversion needs it", "size")
        }
        let dimensions = count - 2
        let isAligned = node.integer("align_corners") ?? 0 != 0
        let one = try rewriter.scalar(1, type)
        let two = try rewriter.scalar(2, type)
        let shape = try rewriter.slice(node.input(1), 2, count)
        // x runs along the last axis, y along the one before …
        var parts: [ValueID?] = []
        for dimension in (0..<dimensions).reversed() {
            let length = try rewriter.squeeze(try rewriter("Gather", shape, try rewriter.ints([dimension])), [0])
            let steps = try rewriter.cast(try counting(rewriter, to: length), to: type)
            let size = try rewriter.cast(length, to: type)
            let points: ValueID
            if isAligned {
                let last = try rewriter("Sub", size, one)
                points = try rewriter("Sub", try rewriter("Div", try rewriter("Mul", steps, two), last), one)
            } else {
                let odd = try rewriter("Add", try rewriter("Mul", steps, two), one)
                points = try rewriter("Sub", try rewriter("Div", odd, size), one)
            }
            let column = (0..<dimensions).map { $0 == dimension ? Int64(-1) : 1 }
            let spread = try rewriter("Expand", try rewriter.reshape(points, column), shape)
            parts.append(try rewriter.reshape(spread, [1, -1]))
        }
        let ones = try rewriter("Expand", try rewriter.reshape(one, [1, 1]), try rewriter("Shape", parts[0]))
        let points = try rewriter.concat(parts + [ones], axis: 0)
        // N × d × (d + 1) times (d + 1) × points
        let moved = try rewriter.transpose(try rewriter("MatMul", theta, points), [0, 2, 1])
        let grid = try rewriter.concat(
            [try rewriter.slice(node.input(1), 0, 1), shape, try rewriter.ints([dimensions])])
        try rewriter.finishWide("Reshape", moved, grid, like: node.input(0))
    }

    /// TensorScatter (24): each sample's update is written from its own index on.
    private static let tensorScatter: Rewrite = { rewriter, node in
        let (past, update) = (node.input(0), node.input(1))
        let rank = try rewriter.rank(past)
        let axis = try rewriter.positive(node.integer("axis") ?? -2, rank: rank)
        let column = (0..<Int64(rank)).map { $0 == axis ? Int64(-1) : 1 }
        let steps = try counting(rewriter, to: try length(rewriter, update, axis: axis))
        var indices = try rewriter.reshape(steps, column)
        if let starts = node.input(2) {
            let first = try rewriter.reshape(starts, (0..<Int64(rank)).map { $0 == 0 ? -1 : 1 })
            indices = try rewriter("Add", indices, first)
        }
        if node.text("mode") == "circular" {
            indices = try rewriter("Mod", indices, try rewriter.size(past, axis: axis))
        }
        let whole = try rewriter("Expand", indices, try rewriter.shapeOf(update))
        try rewriter.finish("ScatterElements", past, whole, update, with: .int("axis", axis))
    }
}
