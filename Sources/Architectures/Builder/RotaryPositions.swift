import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where patches stand, told to attention by turning pairs of channels of queries and keys by angles that grow with the
/// position: "RoFormer", J. Su et al., 2021 (arXiv:2104.09864), along two axes as timm has it (`pos_embed_sincos.py`).
///
/// timm makes the tables in float32, also for models that are then taken to float64. So they are made here, operation by
/// operation; powers, sines and cosines are rounded correctly, which PyTorch's are in most places and nearly in others.
struct RotaryPositions: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        /// Frequencies fall geometrically; half of a head's channels turn with the row, half with the column.
        case axial = "cat"
        /// Each head of each block has learned frequencies along both axes (`rope.freqs`): "Rotary Position Embedding for
        /// Vision Transformer", B. Heo et al., 2024 (arXiv:2403.13298).
        case mixed
        /// Periods grow geometrically, and images measure from −1 to 1 along each axis (DINOv3).
        case dinov3
    }

    var kind = Kind.axial
    var temperature: Float = 10000
    /// Added to the numbers of rows and columns.
    var offset: Float = 0
    /// Whether columns come before rows (`xy`).
    var columnsFirst = false
    /// The grid whose rows and columns the positions are scaled to; `nil` counts the image's own.
    var reference: ImageSize?
    /// Whether a pair is two channels half a head apart rather than neighbours.
    var isHalf = false

    static let dinov3 = RotaryPositions(kind: .dinov3, temperature: 100, isHalf: true)

    /// Both coordinates of each patch, rows first: `[patches, 2]`.
    func coordinates(_ grid: ImageSize) -> [Float] {
        func along(_ count: Int, _ reference: Int?) -> [Float] {
            (0..<count).map { index in
                let position = Float(index)
                if kind == .dinov3 { return 2 * ((position + 0.5 + offset) / Float(count)) - 1 }
                // Learned frequencies are for plain numbers of rows and columns.
                guard kind == .axial else { return position }
                let shifted = position + offset
                return reference.map { shifted / Float(count) * Float($0) } ?? shifted
            }
        }
        let rows = along(grid.height, reference?.height)
        let columns = along(grid.width, reference?.width)
        return rows.flatMap { row in columns.flatMap { columnsFirst ? [$0, row] : [row, $0] } }
    }

    /// The angles of one patch are each of its coordinates times these, for heads of `size` channels.
    func frequencies(size: Int) -> [Float] {
        (0..<size / 4).map { 1 / power(Float($0) / Float(size / 4)) }
    }

    /// Whole turns of each coordinate are made in these, for heads of `size` channels.
    func periods(size: Int) -> [Float] {
        (0..<size / 4).map { power(2 * Float($0) / Float(size / 2)) }
    }

    /// Sines and cosines of all angles of all patches, `[patches, size / 2]` each.
    func tables(_ grid: ImageSize, size: Int) -> (sines: [Float], cosines: [Float]) {
        let frequencies = frequencies(size: size)
        let angles = coordinates(grid).flatMap { coordinate in frequencies.map { coordinate * $0 } }
        return (angles.map { Float(sin(Double($0))) }, angles.map { Float(cos(Double($0))) })
    }

    private func power(_ exponent: Float) -> Float { Float(pow(Double(temperature), Double(exponent))) }
}
