import GraphIR

/// Choices by truth values, whose number is known where the truth values are constants and else only in the run.
extension ATenTable {
    mutating func addMasks() {
        add("nonzero") { c in
            let found = try c.net.nonZero(c.tensor("self"))
            return try c.net.permute(found, [1, 0])
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
            let places = try nonZero(mask)
            for row in 0..<mask.rank { result.append(try select(places, axis: 0, .number(Int64(row)))) }
            axis = axes.upperBound
        }
        return result
    }

    /// The places of what isn't zero: `[rank, count]`.
    fileprivate func nonZero(_ x: Wire) throws -> Wire {
        guard x.rank > 0 else { throw unsupported("the place of one number that has no axes") }
        try keepSamplesApart(x, axes: 0..<x.rank)
        let count = try knownTruths(x).map { SymbolicInt.number(Int64($0)) } ?? freshSymbol()
        return try emit("NonZero", [x], shape: [.number(Int64(x.rank)), count], type: .int64)
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
