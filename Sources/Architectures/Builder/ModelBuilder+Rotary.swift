import GraphIR

/// Sines and cosines of the angles that the heads' channels are turned by, `[patches, heads or 1, size / 2]` each.
struct Rotation {
    var sines: ModelBuilder.Wire
    var cosines: ModelBuilder.Wire
    /// Whether a pair is two channels half a head apart rather than neighbours.
    var isHalf: Bool
}

extension ModelBuilder {
    /// The most elements of a table of angles.
    private static let angleLimit = 1 << 26

    /// The rotation of each of `depth` blocks with heads of `size` channels.
    /// - Throws: `tensor.shape` for heads that don't divide into pairs along two axes, or too large a grid.
    func rotations(
        _ name: String, _ positions: RotaryPositions, grid: ImageSize, heads: Int, size: Int, depth: Int
    ) throws -> [Rotation] {
        guard grid.height > 0, grid.width > 0, size > 0, size % 4 == 0,
            let patches = grid.height.multiplied(checked: grid.width),
            let count = patches.multiplied(checked: size / 2), count <= Self.angleLimit
        else {
            throw GraphError(
                .shape, "rotary positions of \(grid.height)×\(grid.width) patches for heads of \(size) channels",
                node: path(name), hint: "a head's channels must be a multiple of 4: --set num_heads=…")
        }
        func table(_ values: [Float], _ shape: [Int]) throws -> Wire {
            constant(try .of(values, as: computeType, shape: shape), at: path(name))
        }
        func rotation(of angles: Wire) throws -> Rotation {
            Rotation(
                sines: try function("Sin", name, angles), cosines: try function("Cos", name, angles),
                isHalf: positions.isHalf)
        }
        let coordinates = positions.coordinates(grid)
        switch positions.kind {
        case .axial:
            let (sines, cosines) = positions.tables(grid, size: size)
            let shape = [patches, 1, size / 2]
            let rotation = Rotation(
                sines: try table(sines, shape), cosines: try table(cosines, shape), isHalf: positions.isHalf)
            return [Rotation](repeating: rotation, count: depth)
        case .dinov3:
            // π by the graph, so that it is exact in whatever type that is run.
            let turn = try elementwise(
                "Mul", name, function("Acos", name, number(-1, at: path(name))), number(2, at: path(name)))
            let turns = try elementwise("Mul", name, table(coordinates, [patches, 2, 1]), turn)
            let periods = try table(positions.periods(size: size), [1, 1, size / 4])
            let angles = try reshape(name, elementwise("Div", name, turns, periods), [1, size / 2])
            return try [Rotation](repeating: rotation(of: angles), count: depth)
        case .mixed:
            let frequencies = try parameter(name + ".freqs", shape: [2, depth, heads, size / 2])
            let axes = try (0..<2).map { axis in
                let positions = stride(from: axis, to: coordinates.count, by: 2).map { coordinates[$0] }
                return (
                    try table(positions, [patches, 1, 1]), try select(name, frequencies, axis: 0, axis)
                )
            }
            return try (0..<depth).map { block in
                let parts = try axes.map { try elementwise("Mul", name, $0.0, select(name, $0.1, axis: 0, block)) }
                return try rotation(of: elementwise("Add", name, parts[0], parts[1]))
            }
        }
    }

    /// Queries or keys `[N, tokens, heads, size]`, all but the first `prefix` tokens turned.
    func rotated(_ x: Wire, by rotation: Rotation, prefix: Int) throws -> Wire {
        guard x.shape.count == 4, let tokens = x.shape[1].knownSize, let heads = x.shape[2].knownSize,
            let size = x.shape[3].knownSize, size % 2 == 0, prefix < tokens
        else { throw GraphError(.shape, "\(x.shape) has no pairs to turn", node: path("")) }
        let patches = tokens - prefix
        let rest = prefix == 0 ? x : try slice("", x, axis: 1, from: prefix, to: tokens)
        let pairs =
            try rotation.isHalf
            ? split("", rest, axis: 3, into: 2)
            : (0..<2).map { try select("", reshape("", rest, [patches, heads, size / 2, 2]), axis: 4, $0) }
        func sum(_ type: String, _ a: Wire, _ b: Wire) throws -> Wire {
            try elementwise(
                type, "", elementwise("Mul", "", a, rotation.cosines), elementwise("Mul", "", b, rotation.sines))
        }
        let turned = [try sum("Sub", pairs[0], pairs[1]), try sum("Add", pairs[1], pairs[0])]
        let whole =
            try rotation.isHalf
            ? concat("", turned, axis: 3)
            : reshape(
                "", concat("", turned.map { try reshape("", $0, [patches, heads, size / 2, 1]) }, axis: 4),
                [patches, heads, size])
        return prefix == 0 ? whole : try concat("", [slice("", x, axis: 1, from: 0, to: prefix), whole], axis: 1)
    }
}
