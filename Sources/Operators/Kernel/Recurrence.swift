import GraphIR

/// What RNN, GRU and LSTM have in common: attributes, shapes, the order of the steps, and X · Wᵀ for many steps at once.
struct RecurrentAttributes: Sendable {
    enum Direction: String, Sendable { case forward, reverse, bidirectional }

    let direction: Direction
    let hiddenSize: Int?
    let clip: Double?
    /// Whether batches come before steps.
    let isBatchFirst: Bool
    /// Those of the forward direction, then those of the reverse one.
    let activations: [RecurrentActivation]

    var directions: Int { direction == .bidirectional ? 2 : 1 }

    init(_ binding: inout Binding, defaults: [RecurrentActivation.Function]) throws {
        // Before version 7 it said whether the first output is wanted; whether it has a name says the same.
        binding.ignore("output_sequence")
        // The schema of GRU 1 misspells its default.
        let name = try binding.string("direction") ?? "forward"
        guard let direction = Direction(rawValue: name == "foward" ? "forward" : name) else {
            throw GraphError(
                .argument, "\"\(name)\" is none of forward, reverse, bidirectional", argument: "direction")
        }
        self.direction = direction
        let hidden = try binding.int("hidden_size")
        if let hidden, hidden <= 0 || hidden > Int32.max {
            throw GraphError(.argument, "\(hidden), expected 1 or more", argument: "hidden_size")
        }
        hiddenSize = hidden.map { Int($0) }
        clip = try binding.float("clip").map { abs(Double($0)) }
        if let clip, clip.isNaN { throw GraphError(.argument, "NaN is no threshold", argument: "clip") }
        let layout = try binding.int("layout", default: 0)
        guard layout == 0 || layout == 1 else {
            throw GraphError(.argument, "\(layout) is neither 0 nor 1", argument: "layout")
        }
        isBatchFirst = layout == 1
        activations = try RecurrentActivation.read(
            &binding, defaults: defaults, directions: direction == .bidirectional ? 2 : 1)
    }

    /// The activations of one direction.
    func activations(of index: Int) -> [RecurrentActivation] {
        let count = activations.count / directions
        return Array(activations[(index * count)..<((index + 1) * count)])
    }

    /// Shapes of Y, Y_h and, for LSTM, Y_c.
    func infer(_ node: inout Inference, outputs: Int) throws {
        guard let x = node.shape(0) else { return }
        guard x.count == 3 else {
            throw GraphError(.argument, "rank \(x.count), expected three axes", argument: "X")
        }
        let hidden: Dimension =
            hiddenSize.map { .size(Int64($0)) } ?? node.shape(2).flatMap { $0[checked: 2] } ?? .unknown
        let count = Dimension.size(Int64(directions))
        let (steps, batch) = isBatchFirst ? (x[1], x[0]) : (x[0], x[1])
        node.set(0, shape: isBatchFirst ? [batch, steps, count, hidden] : [steps, count, batch, hidden])
        for output in 1..<outputs {
            node.set(output, shape: isBatchFirst ? [batch, count, hidden] : [count, batch, hidden])
        }
    }
}

/// A recurrent layer whose shapes have been checked.
struct Recurrence: Sendable {
    let attributes: RecurrentAttributes
    let gates: Int
    let steps: Int
    let batch: Int
    let inputSize: Int
    let hidden: Int
    let lengths: [Int]

    var directions: Int { attributes.directions }
    var stateShape: [Int] { attributes.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden] }
    var sequenceShape: [Int] {
        attributes.isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
    }

    /// - Throws: `op.argument` where shapes and attributes don't fit each other.
    init(_ attributes: RecurrentAttributes, gates: Int, _ call: Call) throws {
        let (x, w, r) = (try call.input(0), try call.input(1), try call.input(2))
        try requireType(x.elementType, w, r, call[3], call[5])
        guard x.shape.count == 3, w.shape.count == 3, r.shape.count == 3 else {
            throw GraphError(.argument, "shapes \(x.shape), \(w.shape) and \(r.shape), expected three axes each")
        }
        self.attributes = attributes
        self.gates = gates
        (steps, batch) = attributes.isBatchFirst ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
        inputSize = x.shape[2]
        hidden = r.shape[2]
        guard hidden > 0, attributes.hiddenSize ?? hidden == hidden else {
            throw GraphError(
                .argument, "\(attributes.hiddenSize ?? 0), but R has \(hidden) columns", argument: "hidden_size")
        }
        guard let rows = gates.multiplied(checked: hidden) else {
            throw GraphError(.argument, "\(hidden) is too large", argument: "hidden_size")
        }
        let count = attributes.directions
        for (tensor, shape, name) in [
            (w, [count, rows, inputSize], "W"), (r, [count, rows, hidden], "R"), (call[3], [count, 2 * rows], "B"),
        ] {
            if let tensor, tensor.shape != shape {
                throw GraphError(.argument, "shape \(tensor.shape), expected \(shape)", argument: name)
            }
        }
        let given = try call.integers(4)
        let (batch, steps) = (batch, steps)
        if let given, given.count != batch || given.contains(where: { $0 < 0 || $0 > steps }) {
            throw GraphError(
                .argument, "expected \(batch) numbers within 0...\(steps), one for each batch",
                argument: "sequence_lens")
        }
        lengths = given ?? [Int](repeating: steps, count: batch)
        try checkState(call[5], "initial_h")
    }

    func checkState(_ tensor: Tensor?, _ name: String) throws {
        if let tensor, tensor.shape != stateShape {
            throw GraphError(.argument, "shape \(tensor.shape), expected \(stateShape)", argument: name)
        }
    }

    /// The step that a batch is at after some others, counted from the end in the reverse direction; `nil` when over.
    func step(_ index: Int, batch: Int, isReverse: Bool) -> Int? {
        guard index < lengths[batch] else { return nil }
        return isReverse ? lengths[batch] - 1 - index : index
    }

    /// Where a batch's row of X starts.
    func inputOffset(step: Int, batch item: Int) -> Int {
        (attributes.isBatchFirst ? item * steps + step : step * batch + item) * inputSize
    }
    /// Where a batch's row of Y starts.
    func sequenceOffset(step: Int, direction: Int, batch item: Int) -> Int {
        (attributes.isBatchFirst
            ? (item * steps + step) * directions + direction : (step * directions + direction) * batch + item) * hidden
    }
    /// Where a batch's row of a state starts.
    func stateOffset(direction: Int, batch item: Int) -> Int {
        (attributes.isBatchFirst ? item * directions + direction : direction * batch + item) * hidden
    }

    func clip<T: Real>(_ row: UnsafeMutablePointer<T>, _ count: Int) {
        guard let limit = attributes.clip.map({ T($0) }) else { return }
        for i in 0..<count { row[i] = row[i] > limit ? limit : row[i] < -limit ? -limit : row[i] }
    }
}

/// The memory that one direction of a recurrent layer works on.
struct RecurrentState<T: RowFunctions> {
    /// Weights of X and of the state, for this direction.
    let w: UnsafePointer<T>?
    let r: UnsafePointer<T>
    /// Biases: those of W, then those of R.
    let bias: UnsafePointer<T>?
    /// The state, a row for each batch.
    let h: UnsafeMutablePointer<T>
    /// The cell of an LSTM, likewise.
    let c: UnsafeMutablePointer<T>?
    let peepholes: UnsafePointer<T>?
    /// A row for each batch of the gates' width, for what a cell needs besides.
    let spare: UnsafeMutablePointer<T>
    let activations: [RecurrentActivation]
}

/// What tells the three networks apart.
protocol RecurrentCell: Sendable {
    /// How many of the gates take the recurrent bias together with the input's; the others add it themselves.
    var gatesWithBothBiases: Int { get }
    /// Moves the state of the batches one step on. `rows` holds X · Wᵀ + biases, a row for each batch.
    func advance<T: RowFunctions>(
        _ recurrence: Recurrence, _ state: RecurrentState<T>, _ rows: UnsafeMutablePointer<T>, _ live: [Bool])
}

extension Recurrence {
    /// Runs all directions.
    /// - Returns: Y, Y_h and, where there is a cell, Y_c.
    func run<T: RowFunctions>(
        _ call: Call, _ cell: some RecurrentCell, initialCell: Tensor? = nil, hasCell: Bool = false,
        peepholes: Tensor? = nil, wantsSequence: Bool, _: T.Type
    ) throws -> [Tensor?] {
        let (x, w, r) = (try call.input(0), try call.input(1), try call.input(2))
        let (bias, initial) = (call[3], call[5])
        var (sequence, last): (Tensor?, Tensor?) = (nil, nil)
        let first = try call.make(stateShape, of: T.self) { h in
            let call = try call.taking(h.count * MemoryLayout<T>.size, for: "the state")
            last = try call.make(hasCell ? stateShape : [0], of: T.self) { c in
                let call = try call.taking(c.count * MemoryLayout<T>.size, for: "the cell")
                sequence = try call.make(wantsSequence ? sequenceShape : [0], of: T.self) { y in
                    let call = try call.taking(y.count * MemoryLayout<T>.size, for: "the sequence")
                    // Steps beyond the end of a sequence are zero.
                    y.update(repeating: 0)
                    try withPointers(of: T.self, x, w, r, bias, initial, initialCell, peepholes) { pointers in
                        guard let h = h.baseAddress, let r = pointers[2], batch > 0 else { return }
                        for direction in 0..<directions {
                            try run(
                                call, cell, direction, x: pointers[0], w: pointers[1], r: r, bias: pointers[3],
                                initial: pointers[4], initialCell: pointers[5], peepholes: pointers[6], h: h,
                                c: hasCell ? c.baseAddress : nil, y: wantsSequence ? y.baseAddress : nil)
                        }
                    }
                }
            }
        }
        return [wantsSequence ? sequence : nil, first, hasCell ? last : nil]
    }

    private func run<T: RowFunctions>(
        _ call: Call, _ cell: some RecurrentCell, _ direction: Int, x: UnsafePointer<T>?, w: UnsafePointer<T>?,
        r: UnsafePointer<T>, bias: UnsafePointer<T>?, initial: UnsafePointer<T>?, initialCell: UnsafePointer<T>?,
        peepholes: UnsafePointer<T>?, h: UnsafeMutablePointer<T>, c: UnsafeMutablePointer<T>?,
        y: UnsafeMutablePointer<T>?
    ) throws {
        let width = gates * hidden
        let isReverse = attributes.direction == .reverse || direction == 1
        let all = lengths.max() ?? 0
        guard let rowBytes = batch.multiplied(checked: width.adding(checked: inputSize) ?? Int.max) else {
            throw GraphError(.memory, "\(batch) rows of \(width) are too large")
        }
        let chunk = Swift.max(1, Swift.min(all, RecurrenceLimits.elements / Swift.max(rowBytes, 1)))
        let m = try blasSize(chunk * batch)
        let (n, k) = (try blasSize(width), try blasSize(inputSize))
        // States of this direction, a row for each batch; the spare rows; the inputs and products of a chunk.
        let scratch = (2 * batch).multiplied(checked: hidden)?.adding(checked: batch * width)?
            .adding(checked: chunk.multiplied(checked: rowBytes) ?? Int.max)?.adding(checked: width)
        try call.withScratch(scratch, of: T.self) { base in
            let cells = base + batch * hidden
            let spare = cells + batch * hidden
            let sums = spare + batch * width
            let products = sums + width
            let inputs = products + chunk * batch * width
            for item in 0..<batch {
                let from = stateOffset(direction: direction, batch: item)
                if let initial { (base + item * hidden).update(from: initial + from, count: hidden) }
                if let initialCell { (cells + item * hidden).update(from: initialCell + from, count: hidden) }
            }
            if let bias = bias.map({ $0 + direction * 2 * width }) {
                sums.update(from: bias, count: width)
                for i in 0..<(cell.gatesWithBothBiases * hidden) { sums[i] += bias[width + i] }
            }
            let state = RecurrentState(
                w: w.map { $0 + direction * width * inputSize }, r: r + direction * width * hidden,
                bias: bias.map { $0 + direction * 2 * width }, h: base, c: c == nil ? nil : cells,
                peepholes: peepholes.map { $0 + direction * 3 * hidden }, spare: spare,
                activations: attributes.activations(of: direction))
            for start in stride(from: 0, to: all, by: chunk) {
                let count = Swift.min(chunk, all - start)
                for index in 0..<count {
                    for item in 0..<batch {
                        let row = index * batch + item
                        (products + row * width).update(from: sums, count: width)
                        guard let x, let step = step(start + index, batch: item, isReverse: isReverse) else { continue }
                        (inputs + row * inputSize).update(
                            from: x + inputOffset(step: step, batch: item), count: inputSize)
                    }
                }
                if let w = state.w, k > 0 {
                    T.gemm(
                        transposeA: false, transposeB: true, m: count == chunk ? m : Int32(count * batch), n: n, k: k,
                        alpha: 1, a: inputs, lda: k, b: w, ldb: k, beta: 1, c: products, ldc: n)
                }
                for index in 0..<count {
                    try call.checkTime()
                    let live = lengths.map { start + index < $0 }
                    cell.advance(self, state, products + index * batch * width, live)
                    guard let y else { continue }
                    for item in 0..<batch {
                        guard let step = step(start + index, batch: item, isReverse: isReverse) else { continue }
                        let to = y + sequenceOffset(step: step, direction: direction, batch: item)
                        to.update(from: base + item * hidden, count: hidden)
                    }
                }
            }
            // An empty sequence has no last state; onnxruntime, too, gives zeros.
            for item in 0..<batch {
                let to = stateOffset(direction: direction, batch: item)
                if lengths[item] == 0 {
                    (h + to).update(repeating: 0, count: hidden)
                    if let c { (c + to).update(repeating: 0, count: hidden) }
                    continue
                }
                (h + to).update(from: base + item * hidden, count: hidden)
                if let c { (c + to).update(from: cells + item * hidden, count: hidden) }
            }
        }
    }

    /// rows += state · Rᵀ for some of the gates, `rows` being `stride` wide.
    func addProducts<T: RowFunctions>(
        _ state: UnsafePointer<T>, _ r: UnsafePointer<T>, gates: Int, to rows: UnsafeMutablePointer<T>, stride: Int
    ) {
        let (n, k) = (Int32(truncatingIfNeeded: gates * hidden), Int32(truncatingIfNeeded: hidden))
        T.gemm(
            transposeA: false, transposeB: true, m: Int32(truncatingIfNeeded: batch), n: n, k: k, alpha: 1, a: state,
            lda: k, b: r, ldb: k, beta: 1, c: rows, ldc: Int32(truncatingIfNeeded: stride))
    }
}

enum RecurrenceLimits {
    /// Elements of inputs and products that are in memory at a time.
    static let elements = 1 << 22
}
