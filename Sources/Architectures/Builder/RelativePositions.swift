import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How far patches are from each other, told to attention by a summand of its scores for each offset, as timm has it
/// (`pos_embed_rel.py`).
struct RelativePositions: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A table of an entry an offset: "Swin Transformer", Z. Liu et al., 2021 (arXiv:2103.14030). With a class token,
        /// three more: from it to patches, from patches to it, and to itself.
        case table
        /// A perceptron of the logarithms of offsets, whose first layer has so many rows: "Swin Transformer V2", 2021
        /// (arXiv:2111.09883). The class token is at no offset: its summand is 0.
        case perceptron(hidden: Int, isSwin: Bool)
    }

    var kind: Kind
    /// Whether all blocks have the same.
    var isShared = false

    /// The most places of the matrix of tokens by tokens.
    private static let limit = 1 << 26

    /// For each two tokens the row of their offset: `[tokens, tokens]`, queries first.
    /// - Parameter prefix: 1 with a class token; those rows stand behind the others.
    /// - Throws: `limit.memory` for grids of too many patches.
    func offsets(_ grid: ImageSize, prefix: Int) throws -> Tensor {
        guard grid.height > 0, grid.width > 0, (0...1).contains(prefix),
            let patches = grid.height.multiplied(checked: grid.width), let tokens = patches.adding(checked: prefix),
            let count = tokens.multiplied(checked: tokens), count <= Self.limit
        else {
            throw FormatError(
                .limitMemory, "\(grid.height)×\(grid.width) patches have more pairs than \(Self.limit)",
                hint: "give a smaller image size (--image-size)")
        }
        let (height, width) = (grid.height, grid.width)
        let known = (2 * height - 1) * (2 * width - 1)
        var rows: [Int64] = []
        rows.reserveCapacity(count)
        for query in -prefix..<patches {
            for key in -prefix..<patches {
                if query < 0 || key < 0 {
                    let place = query >= 0 ? 1 : key >= 0 ? 0 : 2
                    rows.append(Int64(kind == .table ? known + place : known))
                } else {
                    let down = query / width - key / width + height - 1
                    rows.append(Int64(down * (2 * width - 1) + query % width - key % width + width - 1))
                }
            }
        }
        return try Tensor(rows, shape: [tokens, tokens])
    }

    /// The logarithms of all offsets, `[(2h − 1)(2w − 1), 2]`, in float32 as timm makes them.
    func logarithms(_ grid: ImageSize, isSwin: Bool) -> [Float] {
        func along(_ count: Int) -> [Float] {
            (1 - count..<count).map { offset in
                if !isSwin { return Float(log(Double(1 + abs(offset)))) * Float(offset.signum()) }
                // From −8 to 8, whatever the window, and in units of log₂ 8.
                let scaled = Float(offset) / Float(count - 1) * 8
                return Float(log2(Double(1 + scaled.magnitude))) * Float(offset.signum()) / 3
            }
        }
        let columns = along(grid.width)
        return along(grid.height).flatMap { row in columns.flatMap { [row, $0] } }
    }
}

extension ModelBuilder {
    /// What is added to the scores of attention, `[heads, tokens, tokens]`.
    /// - Parameter offsets: the row for each two tokens.
    func relativePositions(
        _ name: String, _ positions: RelativePositions, offsets: Wire, grid: ImageSize, heads: Int, prefix: Int
    ) throws -> Wire {
        try scope(name) {
            let count = (2 * grid.height - 1) * (2 * grid.width - 1)
            var rows: Wire
            switch positions.kind {
            case .table:
                rows = try parameter("relative_position_bias_table", shape: [count + 3 * prefix, heads])
            case .perceptron(let hidden, let isSwin):
                let logarithms = try Tensor.of(
                    positions.logarithms(grid, isSwin: isSwin), as: computeType, shape: [count, 2])
                let inner = try linear("mlp.fc1", constant(logarithms, at: path("mlp")), out: hidden, bias: true)
                rows = try linear("mlp.fc2", activation(.relu, "mlp.act", inner), out: heads, bias: !isSwin)
                if isSwin {
                    rows = try elementwise("Mul", "", activation(.sigmoid, "bias_act", rows), number(16, at: path("")))
                }
                if prefix > 0 {
                    let zeros = try Tensor.of([Float](repeating: 0, count: heads), as: computeType, shape: [1, heads])
                    rows = try concat("", [rows, constant(zeros, at: path(""))], axis: 0)
                }
            }
            let gathered = node(
                "Gather", at: path(""), [rows, offsets], attributes: [Attribute("axis", .int(0))],
                shape: offsets.shape + [.size(Int64(heads))], isResult: false)
            return try transpose("", gathered, [2, 0, 1])
        }
    }
}
