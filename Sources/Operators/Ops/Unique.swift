import GraphIR

extension Operator {
    /// The different elements, or slices along an axis, with their first places, the number of each element's own, and
    /// how often each occurs; sorted (slices element by element) or as they come first. NaN equals NaN and comes last.
    /// https://onnx.ai/onnx/operators/onnx__Unique.html, versions 11, 28.
    static let unique = Operator(
        "Unique", accuracy: .exact,
        infer: InferenceRule { node in
            let axis = try node.binding.int("axis").map { Int($0) }
            for output in 1..<4 { node.set(output, shape: [.unknown], type: .int64) }
            guard let axis else { return node.set(0, shape: [.unknown]) }
            guard var shape = node.shape(0) else { return }
            let place = try normalized(axis: axis, rank: shape.count)
            node.set(2, shape: [shape[place]], type: .int64)
            shape[place] = .unknown
            node.set(0, shape: shape)
        }
    ) { binding in
        let axis = try binding.int("axis").map { Int($0) }
        let isSorted = try binding.flag("sorted", default: true)
        return { call in
            var x = try call.input(0)
            if axis == nil { x = try x.reshaped([x.count]) }
            let axis = try normalized(axis: axis ?? 0, rank: x.shape.count)
            let groups = try call.slices(of: x, along: axis).groups(isSorted: isSorted, call)
            let size = x.shape[axis]
            let inner = product(x.shape[(axis + 1)...])
            let outer = product(x.shape[..<axis])
            var shape = x.shape
            shape[axis] = groups.firsts.count
            try call.check(.int64, [outer, groups.firsts.count])
            let offsets = (0..<outer).flatMap { row in groups.firsts.map { (row * size + $0) * inner } }
            let y = try call.picked(x, offsets: offsets, length: inner, shape: shape)
            let others = try [groups.firsts, groups.numbers, groups.counts].map { list in
                try Tensor(list.map { Int64($0) }, shape: [list.count])
            }
            return [y] + others
        }
    }
}

/// Slices of equal elements put together.
private struct Groups {
    /// The first slice of each group.
    var firsts: [Int] = []
    /// How many slices each has.
    var counts: [Int] = []
    /// The group of each slice.
    var numbers: [Int] = []
}

/// The slices of a tensor along an axis, to be compared with each other.
private struct Slices: NumberWork {
    let elements: Tensor
    let outer: Int
    let size: Int
    let inner: Int
    let call: Call

    func groups(isSorted: Bool, _ call: Call) throws -> Groups {
        try call.check(.int64, [size, 4])
        let order = try dispatch(elements.elementType, self)
        var groups = Groups(numbers: [Int](repeating: 0, count: size))
        for (index, isNew) in order {
            if isNew {
                groups.firsts.append(index)
                groups.counts.append(0)
            }
            groups.counts[groups.firsts.count - 1] += 1
            groups.numbers[index] = groups.firsts.count - 1
        }
        if isSorted { return groups }
        let byPlace = groups.firsts.indices.sorted { groups.firsts[$0] < groups.firsts[$1] }
        var renamed = byPlace
        for (new, old) in byPlace.enumerated() { renamed[old] = new }
        return Groups(
            firsts: byPlace.map { groups.firsts[$0] }, counts: byPlace.map { groups.counts[$0] },
            numbers: groups.numbers.map { renamed[$0] })
    }

    /// The slices in ascending order, equal ones in that of their places, and whether each differs from the one before.
    func run<T: Number>(_: T.Type) throws -> [(Int, Bool)] {
        try elements.withElements(T.self) { values in
            func order(_ a: Int, _ b: Int) -> Int {
                for row in 0..<outer {
                    for column in 0..<inner {
                        let left = values[(row * size + a) * inner + column]
                        let right = values[(row * size + b) * inner + column]
                        if left == right || (left.isNotANumber && right.isNotANumber) { continue }
                        return right.isNotANumber || left < right ? -1 : 1
                    }
                }
                return 0
            }
            var comparisons = 0
            let sorted = try (0..<size).sorted { a, b in
                comparisons += 1
                if comparisons % 4096 == 0 { try call.checkTime() }
                let way = order(a, b)
                return way < 0 || (way == 0 && a < b)
            }
            return sorted.enumerated().map { place, index in
                (index, place == 0 || order(sorted[place - 1], index) != 0)
            }
        }
    }
}

extension Call {
    /// - Throws: `op.unsupported-argument` for types that have no order.
    fileprivate func slices(of x: Tensor, along axis: Int) throws -> Slices {
        let inner = product(x.shape[(axis + 1)...])
        let outer = product(x.shape[..<axis])
        func slices(_ elements: Tensor, parts: Int = 1) -> Slices {
            Slices(elements: elements, outer: outer, size: x.shape[axis], inner: inner * parts, call: self)
        }
        if case .strings(let strings) = x.contents {
            try check(.int64, [strings.count, 4])
            let different = Set(strings).sorted { $0.lexicographicallyPrecedes($1) }
            var places: [[UInt8]: Int64] = [:]
            for (place, string) in different.enumerated() { places[string] = Int64(place) }
            return slices(try Tensor(strings.map { places[$0] ?? 0 }, shape: x.shape))
        }
        // Complex numbers are ordered by real part, then imaginary part.
        if let type = x.partType { return slices(try x.parts(type), parts: 2) }
        return slices(try x.widened(to: x.isHalf ? .float32 : x.elementType))
    }
}
