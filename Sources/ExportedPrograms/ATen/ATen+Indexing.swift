import GraphIR

extension ATenTable {
    mutating func addIndexing() {
        add("index.Tensor", "_unsafe_index.Tensor") { c in
            try c.net.indexed(c.tensor("self"), c.optionalTensors("indices"))
        }
        add("index_select") { c in
            let x = try c.tensor("self")
            return try c.net.gather(x, axis: c.axis("dim", rank: x.rank), c.tensor("index"))
        }
        add("gather") { c in
            let x = try c.tensor("self")
            let index = try c.tensor("index")
            let axis = try c.axis("dim", rank: x.rank)
            guard index.rank == x.rank else { throw c.net.invalid("indices of another rank") }
            try c.net.keepSamplesApart(x, axes: [axis])
            return try c.net.emit(
                "GatherElements", [x, index], [Attribute("axis", .int(Int64(axis)))], shape: index.shape,
                type: x.elementType)
        }
        add("index_put") { c in
            try c.net.indexPut(
                c.tensor("self"), c.optionalTensors("indices"), c.tensor("values"), adds: c.bool("accumulate"))
        }
        add("scatter.src", "scatter.value", "scatter_add") { c in
            let x = try c.tensor("self")
            let index = try c.tensor("index")
            let axis = try c.axis("dim", rank: x.rank)
            guard index.rank == x.rank else { throw c.net.unsupported("indices of another rank") }
            try c.net.keepSamplesApart(x, axes: 0..<x.rank)
            var source: Wire
            if c.schema.overload == "value" {
                source = try c.net.expand(c.net.wires([c.operand("value")], as: x.elementType)[0], index.shape)
            } else {
                source = try c.tensor("src")
                guard source.rank == index.rank else { throw c.net.invalid("a source of another rank") }
                for axis in 0..<source.rank where source.shape[axis] != index.shape[checked: axis] {
                    source = try c.net.slice(source, axis: axis, from: .number(0), to: index.shape[axis])
                }
            }
            var attributes = [Attribute("axis", .int(Int64(axis)))]
            if c.schema.name == "scatter_add" { attributes.append(Attribute("reduction", .string(Array("add".utf8)))) }
            return try c.net.emit(
                "ScatterElements", [x, index, source], attributes, shape: x.shape, type: x.elementType)
        }
        add("index_fill.int_Scalar") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            var indices = [Wire?](repeating: nil, count: axis + 1)
            indices[axis] = try c.tensor("index")
            return try c.net.indexPut(x, indices, c.net.scalar(c.number("value"), as: x.elementType), adds: false)
        }
        add("one_hot") { c in
            let x = try c.tensor("self")
            let count = try c.int("num_classes")
            guard count > 0 else { throw c.net.unsupported("only a number of classes that is given", "num_classes") }
            let depth = try c.net.constant(Tensor(scalar: Int64(count)))
            return try c.net.emit(
                "OneHot", [x, depth, c.net.vector([0, 1])], shape: x.shape + [.number(Int64(count))], type: .int64)
        }
    }
}

extension ATenTranslator {
    /// The axes that have an index, in front; where the result's axes of the indices go.
    private func indexedFirst(
        _ x: Wire, _ indices: [Wire?]
    ) throws -> (order: [Int], axes: [Int], place: Int) {
        let axes = indices.indices.filter { indices[$0] != nil }
        guard let first = axes.first, let last = axes.last, last < x.rank else { throw invalid("no axis is indexed") }
        let isTogether = last - first + 1 == axes.count
        return (axes + (0..<x.rank).filter { !axes.contains($0) }, axes, isTogether ? first : 0)
    }

    /// NumPy's advanced indexing by whole numbers, `x[:, rows, columns]`, and by masks.
    func indexed(_ x: Wire, _ indices: [Wire?]) throws -> Wire {
        let indices = try placesOfMasks(x, indices)
        let given = indices.compactMap { $0 }
        let (order, axes, place) = try indexedFirst(x, indices)
        if axes.count == 1 { return try gather(x, axis: axes[0], given[0]) }
        try keepSamplesApart(x, axes: axes)
        let shape = try given.reduce([]) { try broadcast($0, $1.shape) }
        // One axis of all the indexed ones, and one number for each place on it.
        let sizes = axes.map { x.shape[$0] }
        var flat: Wire?
        for (index, size) in zip(given, sizes) {
            let whole = try cast(index, to: .int64)
            let length = try squeeze(vector([size]), axes: [0])
            let positive = try binary("Mod", whole, length)
            flat = try flat.map { try binary("Add", binary("Mul", $0, length), positive) } ?? positive
        }
        guard let flat else { throw invalid("no axis is indexed") }
        let rest = order[axes.count...].map { x.shape[$0] }
        let merged = try reshape(permute(x, order), [sizes.product()] + rest)
        let taken = try gather(merged, axis: 0, flat)
        // The axes of the indices stand where the indexed axes stood, or in front where these were apart.
        let rank = shape.count
        return try permute(
            taken, (0..<place).map { $0 + rank } + Array(0..<rank) + (place..<rest.count).map { $0 + rank })
    }

    /// The tensor with the places that the indices name replaced, or added to.
    func indexPut(_ x: Wire, _ indices: [Wire?], _ values: Wire, adds: Bool) throws -> Wire {
        let isOne = values.shape.allSatisfy { $0 == .number(1) }
        if indices.count == 1, let mask = indices[0], mask.elementType == .bool, !adds, isOne {
            let value = try reshape(cast(values, to: x.elementType), [])
            let missing = x.rank - mask.rank
            guard missing >= 0 else { throw invalid("a mask \(mask.shape.text) over \(x.shape.text)") }
            let wide = missing > 0 ? try unsqueeze(mask, axes: Array(mask.rank..<x.rank)) : mask
            return try choice(wide, .wire(value), .wire(x))
        }
        let indices = try placesOfMasks(x, indices)
        let (order, axes, place) = try indexedFirst(x, indices)
        try keepSamplesApart(x, axes: 0..<x.rank)
        let given = try indices.compactMap { $0 }.map { try cast($0, to: .int64) }
        let shape = try given.reduce([]) { try broadcast($0, $1.shape) }
        let columns = try given.map { try unsqueeze(expand($0, shape), axes: [shape.count]) }
        let places = try concat(columns, axis: shape.count)
        let moved = try permute(x, order)
        // Values come in the order of an indexed result; the indices' axes go first.
        let rest = order[axes.count...].map { x.shape[$0] }
        let asRead = Array(rest[..<place]) + shape + Array(rest[place...])
        let wide = try expand(cast(values, to: x.elementType), asRead)
        let rank = shape.count
        let updates = try permute(
            wide, (0..<rank).map { $0 + place } + Array(0..<place) + ((place + rank)..<asRead.count).map { $0 })
        let attributes = adds ? [Attribute("reduction", .string(Array("add".utf8)))] : []
        let result = try emit("ScatterND", [moved, places, updates], attributes, shape: moved.shape)
        return try permute(result, (0..<x.rank).map { axis in order.firstIndex(of: axis) ?? axis })
    }
}
