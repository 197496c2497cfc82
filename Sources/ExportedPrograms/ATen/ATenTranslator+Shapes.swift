import GraphIR

/// The moves that all translations are written with. Each knows the shape of what it makes.
extension ATenTranslator {
    // MARK: Reshape

    /// The same elements in another shape.
    /// - Parameter shape: at most one size may be -1: whatever is left.
    func reshape(_ x: Wire, _ shape: [SymbolicInt]) throws -> Wire {
        let total = try x.shape.product()
        let (target, isCertain) = try filled(separated(shape, of: x), total: total)
        if target == x.shape { return x }
        // 0 copies the size of the same axis, -1 is what is left; both keep a size open without computing it. Where the
        // sizes aren't known to fit, all of them are computed, so that the run compares.
        var sizes = target
        var open = 0
        for (axis, size) in target.enumerated() where size.known == nil {
            if x.shape[checked: axis] == size {
                sizes[axis] = .number(0)
            } else {
                open += 1
            }
        }
        if open == 1, isCertain {
            sizes = sizes.map { $0.known == nil ? .number(-1) : $0 }
        }
        var attributes: [Attribute] = []
        if target.contains(.number(0)) {
            sizes = target
            attributes = [Attribute("allowzero", .int(1))]
        }
        return try emit("Reshape", [x, vector(sizes)], attributes, shape: target, type: x.elementType)
    }

    /// The sizes of a reshape that was exported with one sample, for any number of them.
    ///
    /// Where the samples lie outermost in memory, each sample's elements stay together and in order, so that the first
    /// size is the one that grows with their number.
    private func separated(_ shape: [SymbolicInt], of x: Wire) throws -> [SymbolicInt] {
        guard let assumedBatch, let axis = x.shape.firstIndex(where: { $0.mentions(assumedBatch) }),
            !shape.contains(where: { $0.mentions(assumedBatch) })
        else { return shape }
        guard x.shape[..<axis].allSatisfy({ $0 == .number(1) }), !shape.isEmpty else {
            throw notApart("\(x.shape.text) is reshaped to \(shape.text)")
        }
        let isLeading = axis < shape.count && shape[..<axis].allSatisfy { $0 == .number(1) }
        var result = shape
        let position = isLeading ? axis : 0
        if result[position] != .number(-1) { result[position] = try result[position] * .symbol(assumedBatch) }
        return result
    }

    /// - Returns: the sizes with -1 replaced, and whether they are known to make up the total.
    private func filled(
        _ shape: [SymbolicInt], total: SymbolicInt
    ) throws -> (shape: [SymbolicInt], isCertain: Bool) {
        var result = shape
        var isCertain = true
        let known = try shape.filter { $0 != .number(-1) }.product()
        if let index = shape.firstIndex(of: .number(-1)) {
            if known == .number(0) {
                guard total.mayBe(.number(0)) else {
                    throw invalid("\(total.text) elements can't take the shape \(shape.text)")
                }
                result[index] = .number(0)
            } else if let size = try total.exactQuotient(by: known) {
                result[index] = size
            } else if total.known != nil, known.known != nil {
                throw invalid("\(total.text) elements can't take the shape \(shape.text)")
            } else {
                result[index] = try total / known
            }
        } else if total != known {
            let isOpen = total.text.contains("?") || known.text.contains("?")
            if try !isOpen && (assumedBatch != nil || total.differs(from: known)) {
                throw invalid("\(total.text) elements can't take the shape \(shape.text)")
            }
            isCertain = isOpen
        }
        guard result.allSatisfy({ $0.known.map { $0 >= 0 } ?? true }) else {
            throw invalid("\(shape.text) is no shape")
        }
        return (result, isCertain)
    }

    func unsqueeze(_ x: Wire, axes: [Int]) throws -> Wire {
        let rank = x.rank + axes.count
        guard axes.allSatisfy((0..<rank).contains) else { throw invalid("no axes \(axes) of \(rank)") }
        var rest = x.shape.makeIterator()
        let shape = (0..<rank).map { axes.contains($0) ? .number(1) : rest.next() ?? .number(1) }
        return try emit("Unsqueeze", [x, vector(axes.map(Int64.init))], shape: shape)
    }

    func squeeze(_ x: Wire, axes: [Int]) throws -> Wire {
        let axes = axes.filter { x.shape[$0] == .number(1) }
        guard !axes.isEmpty else { return x }
        let shape = x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
        return try emit("Squeeze", [x, vector(axes.map(Int64.init))], shape: shape)
    }

    func permute(_ x: Wire, _ order: [Int]) throws -> Wire {
        guard order.sorted() == Array(0..<x.rank) else { throw invalid("\(order) is no order of \(x.rank) axes") }
        if order == Array(0..<x.rank) { return x }
        return try emit(
            "Transpose", [x], [Attribute("perm", .ints(order.map(Int64.init)))], shape: order.map { x.shape[$0] })
    }

    func swapping(_ x: Wire, _ a: Int, _ b: Int) throws -> Wire {
        var order = Array(0..<x.rank)
        order.swapAt(a, b)
        return try permute(x, order)
    }

    // MARK: Broadcasting

    /// The shape that both take on beside each other.
    func broadcast(_ a: [SymbolicInt], _ b: [SymbolicInt]) throws -> [SymbolicInt] {
        let rank = max(a.count, b.count)
        return try (0..<rank).map { axis in
            let x = a[checked: axis - (rank - a.count)] ?? .number(1)
            let y = b[checked: axis - (rank - b.count)] ?? .number(1)
            if x == y || y == .number(1) { return x }
            if x == .number(1) { return y }
            if let assumedBatch, x.mentions(assumedBatch) || y.mentions(assumedBatch) {
                throw notApart("\(a.text) stands beside \(b.text)")
            }
            if x.known != nil, y.known != nil { throw invalid("\(a.text) doesn't fit beside \(b.text)") }
            return x.known == nil ? y : x
        }
    }

    /// The tensor repeated along axes of size 1. In `shape`, -1 keeps a size.
    func expand(_ x: Wire, _ shape: [SymbolicInt]) throws -> Wire {
        let offset = shape.count - x.rank
        guard offset >= 0 else { throw invalid("\(x.shape.text) can't be expanded to \(shape.text)") }
        var result = shape
        var wanted = shape
        for axis in offset..<shape.count {
            let size = x.shape[axis - offset]
            let isSame = shape[axis] == .number(-1) || shape[axis] == size
            let isSample = assumedBatch.map { size.mentions($0) && shape[axis].known != nil } ?? false
            if isSame || isSample {
                result[axis] = size
                wanted[axis] = .number(1)
            } else if let known = size.known, known != 1, shape[axis].known != nil {
                throw invalid("\(x.shape.text) can't be expanded to \(shape.text)")
            }
        }
        guard result.allSatisfy({ $0.known.map { $0 >= 0 } ?? true }) else {
            throw invalid("\(shape.text) is no shape")
        }
        if result == x.shape { return x }
        return try emit("Expand", [x, vector(wanted)], shape: result, type: x.elementType)
    }

    // MARK: Parts

    /// Every `step`th element of an axis from `start` up to `end`; negative positions count from the end.
    func slice(
        _ x: Wire, axis: Int, from start: SymbolicInt, to end: SymbolicInt, step: Int = 1
    ) throws -> Wire {
        let size = x.shape[axis]
        let first = try position(start, in: size)
        let last = try position(end, in: size)
        if first == .number(0), last == size, step == 1 { return x }
        try keepSamplesApart(x, axes: [axis])
        guard step > 0 else { throw invalid("a step of \(step)") }
        var count = try last - first
        if let known = count.known { count = .number(max(known, 0)) }
        if step > 1 { count = try (count + .number(Int64(step - 1))) / .number(Int64(step)) }
        var shape = x.shape
        shape[axis] = count
        let axes = try vector([Int64(axis)])
        return try emit(
            "Slice",
            [
                x, vector([first]), vector([last == size ? .number(.max) : last]), axes,
                step == 1 ? nil : vector([Int64(step)]),
            ],
            shape: shape, type: x.elementType)
    }

    /// A position counted from the front, within the axis where that is known.
    func position(_ index: SymbolicInt, in size: SymbolicInt) throws -> SymbolicInt {
        if let number = index.known {
            if number == .max { return size }
            if number < 0, let known = size.known { return .number(max(known.adding(checked: number) ?? 0, 0)) }
            if number < 0 { return try size + index }
            if let known = size.known { return .number(min(number, known)) }
        }
        return index
    }

    /// One position of an axis, which goes away.
    func select(_ x: Wire, axis: Int, _ index: SymbolicInt) throws -> Wire {
        try keepSamplesApart(x, axes: [axis])
        if let size = x.shape[axis].known, let known = index.known, !(-size..<max(size, 1)).contains(known) {
            throw invalid("position \(known) of \(size)")
        }
        var shape = x.shape
        shape.remove(at: axis)
        let at: Wire
        if let known = index.known {
            at = try constant(Tensor(scalar: known), key: "i\(known)")
        } else {
            at = try squeeze(vector([index]), axes: [0])
        }
        return try emit(
            "Gather", [x, at], [Attribute("axis", .int(Int64(axis)))], shape: shape, type: x.elementType)
    }

    /// The positions of an axis that `indices` name.
    func gather(_ x: Wire, axis: Int, _ indices: Wire) throws -> Wire {
        try keepSamplesApart(x, axes: [axis])
        return try emit(
            "Gather", [x, indices], [Attribute("axis", .int(Int64(axis)))],
            shape: x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...], type: x.elementType)
    }

    /// The axis cut into pieces of these sizes.
    func split(_ x: Wire, axis: Int, _ sizes: [SymbolicInt]) throws -> [Wire] {
        if sizes.count == 1 { return [x] }
        try keepSamplesApart(x, axes: [axis])
        guard try !sizes.reduce(SymbolicInt.number(0), +).differs(from: x.shape[axis]) else {
            throw invalid("axis \(axis) of \(x.shape.text) isn't as long as \(sizes.text) together")
        }
        return try emit(
            "Split", [x, vector(sizes)], [Attribute("axis", .int(Int64(axis)))],
            results: sizes.map { size in
                var shape = x.shape
                shape[axis] = size
                return (x.elementType, shape)
            })
    }

    /// One behind the other along an axis.
    func concat(_ parts: [Wire], axis: Int) throws -> Wire {
        // PyTorch lets vectors without elements pass, whatever the rank of the others.
        let empty: [SymbolicInt] = [.number(0)]
        var parts = parts.contains { $0.shape != empty } ? parts.filter { $0.shape != empty } : parts
        guard let first = parts.first else { throw invalid("nothing to concatenate") }
        guard parts.allSatisfy({ $0.rank == first.rank }), axis < first.rank else {
            throw invalid("tensors of different ranks are concatenated")
        }
        let type = try parts.dropFirst().reduce(first.elementType) { try promoted($0, $1.elementType) }
        parts = try parts.map { try cast($0, to: type) }
        var shape = first.shape
        for other in 0..<first.rank where other != axis {
            // A part without samples beside others that have them: the same for each.
            let sizes = parts.map { $0.shape[other] }
            if let assumedBatch, let open = sizes.first(where: { $0.mentions(assumedBatch) }) {
                shape[other] = open
                parts = try parts.map { part in
                    guard part.shape[other] != open else { return part }
                    guard part.shape[other] == .number(1) else { throw notApart("parts of different sizes are joined") }
                    var wanted = part.shape
                    wanted[other] = open
                    return try expand(part, wanted)
                }
            } else if let known = sizes.first(where: { $0.known != nil }) {
                guard sizes.allSatisfy({ $0 == known || $0.known == nil }) else {
                    throw invalid("tensors of different sizes are concatenated")
                }
                shape[other] = known
            }
        }
        if parts.count == 1 { return parts[0] }
        for part in parts { try keepSamplesApart(part, axes: [axis]) }
        shape[axis] = try parts.map { $0.shape[axis] }.reduce(.number(0), +)
        return try emit("Concat", parts, [Attribute("axis", .int(Int64(axis)))], shape: shape, type: type)
    }

    /// The elements of an axis in reverse.
    func flip(_ x: Wire, axes: [Int]) throws -> Wire {
        guard !axes.isEmpty else { return x }
        guard axes.allSatisfy(x.shape.indices.contains) else { throw invalid("no axes \(axes) of \(x.rank)") }
        try keepSamplesApart(x, axes: axes)
        return try emit(
            "Slice",
            [
                x, vector(axes.map { _ in -1 }), vector(axes.map { _ in Int64.min + 1 }), vector(axes.map(Int64.init)),
                vector(axes.map { _ in -1 }),
            ], shape: x.shape, type: x.elementType)
    }
}
