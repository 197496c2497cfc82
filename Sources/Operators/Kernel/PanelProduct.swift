import CKernels
import GraphIR

/// A matrix product over panels: factors are copied so that the block held in registers reads them in order.
///
/// Unlike a BLAS, whose kernels for the edges of a matrix may add up in another order than those for its inside, every
/// element is summed in the same order: equal rows give equal results, wherever they lie.
struct PanelProduct<T: Real>: Sendable {
    /// Rows of a panel of the left factor, columns of one of the right.
    let height: Int
    let width: Int
    private let form: Int32
    /// Steps of the sum after which the block is written: as much of both factors as the first cache holds.
    private let stepsTogether = 256
    /// Panels of either factor that make a piece of work: what the second cache holds.
    private let rowPanels = 16
    private let columnPanels = 8

    init() {
        form = wb_product_form()
        height = T.panelRows(form: form)
        width = T.panelColumns(form: form)
    }

    /// Elements that the left factor takes in panels; `nil` where that can't be counted.
    func leftCount(rows: Int, depth: Int) -> Int? {
        panels(rows, height).multiplied(checked: height)?.multiplied(checked: depth)
    }

    /// Elements that the right factor takes in panels; `nil` where that can't be counted.
    func rightCount(columns: Int, depth: Int) -> Int? {
        panels(columns, width).multiplied(checked: width)?.multiplied(checked: depth)
    }

    /// Copies a row-major matrix into panels of rows.
    func packLeft(
        _ matrix: UnsafePointer<T>, rows: Int, depth: Int, into packed: UnsafeMutablePointer<T>
    ) throws {
        let height = height
        let (source, target) = (Shared(matrix), Shared(packed))
        try inParallel(panels(rows, height), grain: max(1, (1 << 15) / max(height * depth, 1))) { piece in
            for panel in piece {
                let first = panel * height
                let count = min(height, rows - first)
                let to = target.pointer + first * depth
                let from = source.pointer + first * depth
                for k in 0..<depth {
                    for row in 0..<count { to[k &* height &+ row] = from[row &* depth &+ k] }
                    for row in count..<height { to[k &* height &+ row] = 0 }
                }
            }
        }
    }

    /// Adds the product of two packed factors to a row-major matrix whose rows lie `stride` apart.
    func add(
        _ call: Call, _ left: UnsafePointer<T>, _ right: UnsafePointer<T>, rows: Int, columns: Int, depth: Int,
        to result: UnsafeMutablePointer<T>, stride: Int
    ) throws {
        let (height, width) = (height, width)
        let (high, wide) = (panels(rows, height), panels(columns, width))
        let groups = panels(high, rowPanels)
        let work = rowPanels * height * columnPanels * width * min(depth, 1 << 24)
        let (a, b, c) = (Shared(left), Shared(right), Shared(result))
        try inParallel(groups * panels(wide, columnPanels), grain: max(1, (1 << 21) / max(work, 1))) { piece in
            for task in piece {
                try call.checkTime()
                let firstRow = task % groups * rowPanels
                let firstColumn = task / groups * columnPanels
                for start in Swift.stride(from: 0, to: depth, by: stepsTogether) {
                    let steps = min(stepsTogether, depth - start)
                    for column in firstColumn..<min(firstColumn + columnPanels, wide) {
                        for row in firstRow..<min(firstRow + rowPanels, high) {
                            T.multiplyPanels(
                                form: form, a.pointer + (row * depth + start) * height,
                                b.pointer + (column * depth + start) * width, steps,
                                c.pointer + row * height * stride + column * width, stride,
                                min(height, rows - row * height), min(width, columns - column * width))
                        }
                    }
                }
            }
        }
    }

    private func panels(_ count: Int, _ size: Int) -> Int { count / size + (count % size == 0 ? 0 : 1) }
}
