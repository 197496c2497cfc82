import GraphIR

/// Choices by truth values, whose number is known where the truth values are constants and else only in the run.
extension ATenTable {
    mutating func addMasks() {
        add("nonzero", "argwhere") { c in
            let found = try c.net.nonZero(c.tensor("self"))
            return try c.net.permute(found, [1, 0])
        }
        addMany("where", "nonzero_numpy") { c in
            let name = c.schema.name == "where" ? "condition" : "self"
            return try c.net.placesByAxis(c.tensor(name))
        }
        add("count_nonzero", "count_nonzero.dim_IntList") { c in
            let x = try c.tensor("self")
            let zero = try c.net.binary("Equal", x, c.net.scalar(.whole(0), as: x.elementType), result: .bool)
            return try c.reduced("ReduceSum", c.net.cast(c.net.unary("Not", zero), to: .int64))
        }
        add("masked_scatter") { c in
            // The places that are true take the source's elements in order.
            let x = try c.tensor("self")
            let mask = try c.net.expand(c.tensor("mask"), x.shape)
            let source = try c.tensor("source")
            let places = try c.net.permute(c.net.nonZero(mask), [1, 0])
            let flat = try c.net.reshape(source, [source.shape.product()])
            let taken = try c.net.slice(flat, axis: 0, from: .number(0), to: places.shape[0])
            return try c.net.emit("ScatterND", [x, places, taken], shape: x.shape)
        }
        add("masked_select") { c in
            let x = try c.tensor("self")
            let mask = try c.tensor("mask")
            let shape = try c.net.broadcast(x.shape, mask.shape)
            return try c.net.indexed(c.net.expand(x, shape), [c.net.expand(mask, shape)])
        }
    }
}

extension ATenTranslator {
    /// The indices with every mask among them replaced by the places where it is true, one index for each of its axes.
    func placesOfMasks(_ x: Wire, _ indices: [Wire?]) throws -> [Wire?] {
        var axis = 0
        var result: [Wire?] = []
        for index in indices {
            guard let mask = index, mask.elementType == .bool || mask.elementType == .uint8 else {
                result.append(index)
                axis += 1
                continue
            }
            guard mask.rank > 0 else { throw unsupported("a choice by one truth value for everything") }
            let axes = axis..<axis + mask.rank
            guard axes.upperBound <= x.rank,
                zip(x.shape[axes], mask.shape).allSatisfy({ size, wanted in
                    size == wanted || size.known == nil || wanted.known == nil
                })
            else { throw invalid("a mask \(mask.shape.text) over \(x.shape.text)") }
            try keepSamplesApart(x, axes: axes)
            result += try placesByAxis(mask).map { $0 }
            axis = axes.upperBound
        }
        return result
    }

    /// The places of what isn't zero, along each axis: `[count]`.
    fileprivate func placesByAxis(_ x: Wire) throws -> [Wire] {
        let places = try nonZero(x)
        return try (0..<x.rank).map { try select(places, axis: 0, .number(Int64($0))) }
    }

    /// The places of what isn't zero: `[rank, count]`.
    fileprivate func nonZero(_ x: Wire) throws -> Wire {
        guard x.rank > 0 else { throw unsupported("the place of one number that has no axes") }
        try keepSamplesApart(x, axes: 0..<x.rank)
        // One number for all that a mask picks, or is written to by.
        if let known = places[x.id] { return known }
        let count = try knownTruths(x).map { SymbolicInt.number(Int64($0)) } ?? freshSymbol()
        let found = try emit("NonZero", [x], shape: [.number(Int64(x.rank)), count], type: .int64)
        if case .symbol(let name) = count { sources[name] = (found.id, 1, 1, 0) }
        places[x.id] = found
        return found
    }

    /// How many truth values are true, where they are a weight or a constant.
    private func knownTruths(_ mask: Wire) throws -> Int? {
        var record = graph.initializers[mask.id]
        if let index = producers[mask.id], let node = graph.nodes[checked: index], node.op.type == "Constant",
            case .tensor(let value)? = node.attributes.first?.value
        {
            record = value
        }
        guard let tensor = record?.tensor, tensor.elementType == .bool || tensor.elementType == .uint8 else {
            return nil
        }
        return try tensor.bytes().withUnsafeBytes { bytes in bytes.count { $0 != 0 } }
    }
}
