import COpenBLAS
import CKernels
import GraphIR

extension PanelProduct {
    /// Whether the panels beat the BLAS that is loaded: it may not know the processor, and then makes do with the vectors
    /// of an older one.
    static var beatsBlas: Bool { wb_product_form() == 2 && !knowsWideVectors }

    private static var knowsWideVectors: Bool {
        ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(String(cString: openblas_get_corename()))
    }

    /// Copies a matrix, or its transpose, times a factor into panels of rows. `stride` lies between the rows as stored.
    func packLeft(
        _ matrix: UnsafePointer<T>, transposed: Bool, stride: Int, scale: T, rows: Int, depth: Int,
        into packed: UnsafeMutablePointer<T>
    ) throws {
        let height = height
        let (source, target) = (Shared(matrix), Shared(packed))
        let (alongRows, alongDepth) = transposed ? (1, stride) : (stride, 1)
        let grain = Swift.max(1, PanelLimits.elements / Swift.max(height * depth, 1))
        try inParallel((rows + height - 1) / height, grain: grain) { piece in
            for panel in piece {
                let first = panel * height
                let count = Swift.min(height, rows - first)
                let to = target.pointer + first * depth
                let from = source.pointer + first * alongRows
                for k in 0..<depth {
                    let (column, slot) = (from + k &* alongDepth, to + k &* height)
                    for row in 0..<count { slot[row] = column[row &* alongRows] * scale }
                    for row in count..<height { slot[row] = 0 }
                }
            }
        }
    }

    /// Copies a matrix, or its transpose, into panels of columns. `stride` lies between the rows as stored.
    func packRight(
        _ matrix: UnsafePointer<T>, transposed: Bool, stride: Int, columns: Int, depth: Int,
        into packed: UnsafeMutablePointer<T>
    ) throws {
        let width = width
        let (source, target) = (Shared(matrix), Shared(packed))
        let grain = Swift.max(1, PanelLimits.elements / Swift.max(width * depth, 1))
        try inParallel((columns + width - 1) / width, grain: grain) { piece in
            for panel in piece {
                let first = panel * width
                let count = Swift.min(width, columns - first)
                let to = target.pointer + first * depth
                if transposed {
                    let from = source.pointer + first * stride
                    for k in 0..<depth {
                        let slot = to + k &* width
                        for column in 0..<count { slot[column] = from[column &* stride &+ k] }
                        for column in count..<width { slot[column] = 0 }
                    }
                } else {
                    let from = source.pointer + first
                    for k in 0..<depth {
                        let slot = to + k &* width
                        slot.update(from: from + k &* stride, count: count)
                        for column in count..<width { slot[column] = 0 }
                    }
                }
            }
        }
    }
}

extension Call {
    /// c = alpha · op(a) · op(b) + beta · c for row-major matrices, `op` being the transpose or nothing. With a `beta` of 0
    /// whatever c held is overwritten.
    /// - Throws: `limit.memory`, `limit.time`; `op.unsupported-argument` where a size goes beyond BLAS.
    func gemm<T: Real>(
        transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: T, a: UnsafePointer<T>, lda: Int,
        b: UnsafePointer<T>, ldb: Int, beta: T, c: UnsafeMutablePointer<T>, ldc: Int
    ) throws {
        let isWorthPacking = m >= PanelLimits.rows && n >= PanelLimits.rows && k >= PanelLimits.depth
        guard isWorthPacking, PanelProduct<T>.beatsBlas else {
            return T.gemm(
                transposeA: transposeA, transposeB: transposeB, m: try blasSize(m), n: try blasSize(n),
                k: try blasSize(k), alpha: alpha, a: a, lda: try blasSize(lda), b: b, ldb: try blasSize(ldb),
                beta: beta,
                c: c, ldc: try blasSize(ldc))
        }
        let product = PanelProduct<T>()
        // The right factor goes in parts, so that what is copied stays small against the factors.
        let part = Swift.max(PanelLimits.packed / k / product.width, 1) * product.width
        guard let left = product.leftCount(rows: m, depth: k),
            let right = product.rightCount(columns: Swift.min(n, part), depth: k)
        else { throw GraphError(.memory, "the matrix product is too large") }
        try withScratch(left.adding(checked: right), clears: false, of: T.self) { scratch in
            try product.packLeft(
                a, transposed: transposeA, stride: lda, scale: alpha, rows: m, depth: k, into: scratch)
            let columns = scratch + left
            for start in stride(from: 0, to: n, by: part) {
                try checkTime()
                let count = Swift.min(part, n - start)
                try product.packRight(
                    b + (transposeB ? start * ldb : start), transposed: transposeB, stride: ldb, columns: count,
                    depth: k, into: columns)
                for row in 0..<m {
                    let to = c + row * ldc + start
                    if beta == 0 {
                        to.update(repeating: 0, count: count)
                    } else if beta != 1 {
                        for i in 0..<count { to[i] *= beta }
                    }
                }
                try product.add(
                    self, scratch, columns, rows: m, columns: count, depth: k, to: c + start, stride: ldc)
            }
        }
    }
}

private enum PanelLimits {
    /// Elements that make a piece of packing work.
    static let elements = 1 << 15
    /// The fewest rows and columns, and the shortest sum, that repay packing.
    static let rows = 8
    static let depth = 8
    /// Elements of the right factor that are packed at a time.
    static let packed = 1 << 21
}
