import GraphIR

/// A pooling window laid over planes: for one row of the output at a time, which rows of the input lie under it, and for
/// each position along the row which columns.
struct PoolingPlan: Sendable {
    /// One tap of the window along the last axis: the output columns for which it lies on the input.
    struct Tap: Sendable {
        let columns: Range<Int>
        /// What to add to column · ``PoolingPlan/step`` to come to the input column.
        let shift: Int
    }

    let window: Window
    let taps: [Tap]
    /// Input columns from one output column to the next.
    let step: Int
    /// Columns of an output row, and output rows of a plane.
    let width: Int
    let rows: Int
    /// Elements of an input plane.
    let area: Int
    private let inputStrides: [Int]
    private let outputStrides: [Int]

    /// - Parameter shape: of the output.
    /// - Throws: `limit.memory` where the output is too large, `limit.time`.
    init(_ window: Window, _ call: Call, shape: [Int], type: ElementType) throws {
        try call.check(type, shape)
        self.window = window
        let last = window.input.count - 1
        step = window.strides[last]
        width = window.output[last]
        rows = product(window.output.dropLast())
        area = product(window.input)
        inputStrides = rowMajorStrides(window.input)
        outputStrides = rowMajorStrides(Array(window.output.dropLast()))
        var taps: [Tap] = []
        for tap in window.taps(axis: last, from: -window.padsBegin[last] + max(width - 1, 0) * step) {
            if tap & 0xFFFF == 0 { try call.checkTime() }
            let shift = tap * window.dilations[last] - window.padsBegin[last]
            guard shift < window.input[last] else { break }
            let first = shift >= 0 ? 0 : (step - 1 - shift) / step
            let end = min((window.input[last] - 1 - shift) / step + 1, width)
            if first < end { taps.append(Tap(columns: first..<end, shift: shift)) }
        }
        self.taps = taps
    }

    /// How many taps lie on the input for a position of an axis, or on the input and its padding. What ceiling mode adds
    /// beyond the padding never counts.
    func tapCount(axis: Int, position: Int, withPadding: Bool) -> Int {
        let start = position * window.strides[axis] - window.padsBegin[axis]
        func taps(before end: Int) -> Int {
            let distance = end - start
            return distance <= 0 ? 0 : min(window.kernel[axis], (distance - 1) / window.dilations[axis] + 1)
        }
        let end = window.input[axis]
        return withPadding ? taps(before: end + window.padsEnd[axis]) : max(taps(before: end) - taps(before: 0), 0)
    }

    /// The first elements of the input rows under an output row, in order, within a plane.
    func inputRows(under row: Int, into starts: inout [Int]) {
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        for axis in 0..<(window.input.count - 1) {
            let position = row / outputStrides[axis] % window.output[axis]
            let start = position * window.strides[axis] - window.padsBegin[axis]
            var next: [Int] = []
            for base in starts {
                for tap in window.taps(axis: axis, from: start) {
                    let index = start + tap * window.dilations[axis]
                    guard index < window.input[axis] else { break }
                    next.append(base + index * inputStrides[axis])
                }
            }
            starts = next
        }
    }

    /// How many taps of the leading axes count for an output row.
    func rowTapCount(_ row: Int, withPadding: Bool) -> Int {
        var count = 1
        for axis in 0..<(window.input.count - 1) {
            let position = row / outputStrides[axis] % window.output[axis]
            count *= tapCount(axis: axis, position: position, withPadding: withPadding)
        }
        return count
    }

    /// Calls `body` for every row of the output of some planes, on all cores, with the input rows under it.
    func forEachRow(
        _ call: Call, planes: Int, _ body: @Sendable (_ plane: Int, _ row: Int, _ starts: [Int]) throws -> Void
    ) throws {
        let cost = max(width, 1).multiplied(checked: product(window.kernel)) ?? Int.max
        try inParallel(planes * rows, grain: max(1, (1 << 16) / max(cost, 1))) { piece in
            var starts: [Int] = []
            for item in piece {
                try call.checkTime()
                inputRows(under: item % rows, into: &starts)
                try body(item / rows, item % rows, starts)
            }
        }
    }

    /// The shape of the output over the planes of `x`.
    func shape(over x: Tensor) -> [Int] { Array(x.shape.prefix(2)) + window.output }

    /// Sums a function of the elements under the window, in double, for every position.
    func sums<T: Real>(
        _ call: Call, _ x: Tensor, _: T.Type, of term: PoolingTerm,
        finish: @Sendable (_ sum: Double, _ row: Int, _ column: Int) -> T
    ) throws -> Tensor {
        try call.make(shape(over: x), of: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try forEachRow(call, planes: x.shape[0] * x.shape[1]) { plane, row, starts in
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { sums in
                        sums.initialize(repeating: 0)
                        for start in starts {
                            let first = plane * area + start
                            switch term {
                            case .value: add(source.pointer, first, to: sums) { $0 }
                            case .magnitude: add(source.pointer, first, to: sums) { $0.magnitude }
                            case .square: add(source.pointer, first, to: sums) { $0 * $0 }
                            case .power(let p): add(source.pointer, first, to: sums) { Double.power($0.magnitude, p) }
                            }
                        }
                        let first = (plane * rows + row) * width
                        for column in 0..<width { target.pointer[first + column] = finish(sums[column], row, column) }
                    }
                }
            }
        }
    }

    /// Adds a function of the elements of one input row to the sums of an output row.
    @inline(__always)
    private func add<T: Real>(
        _ values: UnsafeBufferPointer<T>, _ start: Int, to sums: UnsafeMutableBufferPointer<Double>,
        _ term: (Double) -> Double
    ) {
        for tap in taps {
            let base = start + tap.shift
            for column in tap.columns { sums[column] += term(Double(values[base &+ column &* step])) }
        }
    }
}

/// What a pooling operator sums up.
enum PoolingTerm: Sendable {
    case value, magnitude, square
    case power(Double)
}

extension Window {
    /// The taps of an axis that don't lie before the input when the first one lies at `start`.
    func taps(axis: Int, from start: Int) -> Range<Int> {
        let step = dilations[axis]
        let first = start >= 0 ? 0 : (step - 1 - start) / step
        return min(first, kernel[axis])..<kernel[axis]
    }
}

extension WindowAttributes {
    /// The plan of a pooling operator over the spatial axes of `x`.
    /// - Throws: `op.argument` where the attributes don't fit the input, `limit.memory` where the output is too large.
    func plan(over x: Tensor, _ call: Call) throws -> PoolingPlan {
        let window = try pooling(over: x)
        return try PoolingPlan(window, call, shape: Array(x.shape.prefix(2)) + window.output, type: x.elementType)
    }
}
