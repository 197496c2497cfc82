import GraphIR

extension ATenTable {
    /// Parts of tensors, and tensors put together.
    mutating func addParts() {
        add("cat", "concat", "concatenate") { c in
            let parts = try c.tensors("tensors")
            guard let rank = parts.map(\.rank).max() else { throw c.net.invalid("nothing to concatenate") }
            return try c.net.concat(parts, axis: c.axis("dim", rank: rank))
        }
        add("stack") { c in
            let parts = try c.tensors("tensors")
            guard let rank = parts.first?.rank else { throw c.net.invalid("nothing to stack") }
            let axis = try c.axis("dim", rank: rank + 1)
            return try c.net.concat(parts.map { try c.net.unsqueeze($0, axes: [axis]) }, axis: axis)
        }
        for (name, argument) in [
            ("split.Tensor", "split_size"), ("unsafe_split.Tensor", "split_size"), ("split_copy.Tensor", "split_size"),
        ] {
            addMany(name) { c in
                let x = try c.tensor("self")
                let axis = try c.axis("dim", rank: x.rank)
                return try c.net.split(x, axis: axis, c.net.pieces(of: x.shape[axis], each: c.dim(argument)))
            }
        }
        addMany("split_with_sizes", "split_with_sizes_copy", "split.sizes") { c in
            let x = try c.tensor("self")
            let sizes = try c.dims(c.schema.name == "split" ? "split_size" : "split_sizes")
            return try c.net.split(x, axis: c.axis("dim", rank: x.rank), sizes)
        }
        addMany("chunk", "unsafe_chunk") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            let count = try c.int("chunks")
            guard count > 0 else { throw c.net.invalid("\(count) chunks") }
            let each = try (x.shape[axis] + .number(Int64(count - 1))) / .number(Int64(count))
            return try c.net.split(x, axis: axis, c.net.pieces(of: x.shape[axis], each: each))
        }
        addMany("tensor_split.sections") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            guard let size = x.shape[axis].size, case let count = try c.int("sections"), (1...4096).contains(count)
            else {
                throw c.net.unsupported(
                    "only a known number of sections of a known size", settling: [x.shape[axis]])
            }
            return try c.net.split(
                x, axis: axis, (0..<count).map { .number(Int64(size / count + ($0 < size % count ? 1 : 0))) })
        }
        addMany("unbind.int", "unbind_copy.int") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            guard let size = x.shape[axis].size, size <= 4096 else { throw c.net.unsupported("an axis of open size") }
            let parts = try c.net.split(x, axis: axis, [SymbolicInt](repeating: .number(1), count: size))
            return try parts.map { try c.net.squeeze($0, axes: [axis]) }
        }
        add("select.int", "select_copy.int") { c in
            let x = try c.tensor("self")
            return try c.net.select(x, axis: c.axis("dim", rank: x.rank), c.dim("index"))
        }
        add("slice.Tensor", "slice_copy.Tensor") { c in
            let x = try c.tensor("self")
            return try c.net.slice(
                x, axis: c.axis("dim", rank: x.rank), from: c.optionalDim("start") ?? .number(0),
                to: c.optionalDim("end") ?? .number(.max), step: c.int("step"))
        }
        add("narrow") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            let start = try c.net.position(c.dim("start"), in: x.shape[axis])
            return try c.net.slice(x, axis: axis, from: start, to: start + c.dim("length"))
        }
        addMoves()
        addScatteredParts()
    }

    private mutating func addMoves() {
        add("as_strided", "as_strided_copy") { c in
            // Decompositions of pools say the layout of [N, C, 1, 1] anew, which moves no element.
            let x = try c.tensor("self")
            let (size, strides) = try (c.dims("size"), c.dims("stride"))
            guard size == x.shape, size.count == 4, size[2...].allSatisfy({ $0 == .number(1) }), strides.count == 4,
                strides[0] == size[1], strides[1] == .number(1),
                try c.optionalDim("storage_offset") ?? .number(0) == .number(0)
            else { throw c.net.unsupported("a layout in memory isn't known") }
            return x
        }
        add("flip") { c in
            let x = try c.tensor("self")
            return try c.net.flip(x, axes: c.axes("dims", rank: x.rank, emptyIsAll: false))
        }
        add("fliplr") { c in try c.net.flip(c.tensor("self"), axes: [1]) }
        add("flipud") { c in try c.net.flip(c.tensor("self"), axes: [0]) }
        add("roll") { c in
            var x = try c.tensor("self")
            let shifts = try c.dims("shifts")
            let shape = x.shape
            var axes = try c.axes("dims", rank: x.rank, emptyIsAll: false, mayRepeat: true)
            if axes.isEmpty {
                x = try c.net.reshape(x, [x.shape.product()])
                axes = [0]
            }
            guard axes.count == shifts.count else {
                throw c.net.invalid("\(shifts.count) shifts of \(axes.count) axes")
            }
            for (axis, shift) in zip(axes, shifts) {
                let size = x.shape[axis]
                if size == .number(0) { continue }
                let cut = try (.number(0) - shift) % size
                if cut == .number(0) { continue }
                x = try c.net.concat(
                    [
                        c.net.slice(x, axis: axis, from: cut, to: .number(.max)),
                        c.net.slice(x, axis: axis, from: .number(0), to: cut),
                    ], axis: axis)
            }
            return try c.net.reshape(x, shape)
        }
        add("rot90") { c in
            let x = try c.tensor("self")
            let axes = try c.axes("dims", rank: x.rank)
            guard axes.count == 2 else { throw c.net.invalid("a plane has two axes") }
            switch ((try c.int("k") % 4) + 4) % 4 {
            case 1: return try c.net.swapping(c.net.flip(x, axes: [axes[1]]), axes[0], axes[1])
            case 2: return try c.net.flip(x, axes: axes)
            case 3: return try c.net.flip(c.net.swapping(x, axes[0], axes[1]), axes: [axes[1]])
            default: return x
            }
        }
        add("diagonal", "diagonal_copy") { c in
            // The diagonal is every (columns + 1)th element of the plane.
            let x = try c.tensor("self")
            let (first, second) = try (c.axis("dim1", rank: x.rank), c.axis("dim2", rank: x.rank))
            let offset = try c.int("offset")
            guard let rows = x.shape[first].size, let columns = x.shape[second].size, first != second else {
                throw c.net.unsupported("only planes of known size", settling: x.shape)
            }
            let rest = (0..<x.rank).filter { $0 != first && $0 != second }
            let plane = try c.net.permute(x, rest + [first, second])
            guard let all = rows.multiplied(checked: columns), all < 1 << 24, (-1 << 24...1 << 24).contains(offset)
            else {
                throw c.net.unsupported("the diagonal \(offset) of a plane of \(rows) by \(columns)")
            }
            let count = max(0, min(rows - max(0, -offset), columns - max(0, offset)))
            let flat = try c.net.reshape(plane, rest.map { x.shape[$0] } + [.number(Int64(all))])
            let positions = (0..<count).map { Int64(($0 + max(0, -offset)) * columns + $0 + max(0, offset)) }
            return try c.net.gather(flat, axis: rest.count, c.net.vector(positions))
        }
        add("tril", "triu") { c in
            let x = try c.tensor("self")
            guard x.rank > 1 else { throw c.net.invalid("no matrix") }
            let offset = try c.net.constant(Tensor(scalar: Int64(c.int("diagonal"))))
            return try c.net.emit(
                "Trilu", [x, offset], [Attribute("upper", .int(c.schema.name == "triu" ? 1 : 0))], shape: x.shape)
        }
    }

    /// Tensors with a part replaced.
    private mutating func addScatteredParts() {
        add("slice_scatter") { c in
            let x = try c.tensor("self")
            return try c.net.replacing(
                x, axis: c.axis("dim", rank: x.rank), from: c.optionalDim("start") ?? .number(0),
                to: c.optionalDim("end") ?? .number(.max), step: c.int("step"), with: c.tensor("src"))
        }
        add("select_scatter") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            let index = try c.net.position(c.dim("index"), in: x.shape[axis])
            return try c.net.replacing(
                x, axis: axis, from: index, to: index + .number(1), step: 1,
                with: c.net.unsqueeze(c.tensor("src"), axes: [axis]))
        }
    }
}

extension ATenTranslator {
    /// An axis cut into pieces of one size; the last one is what is left.
    func pieces(of size: SymbolicInt, each: SymbolicInt) throws -> [SymbolicInt] {
        if size == each { return [size] }
        guard let size = size.known, let each = each.known, each > 0, size / each <= 4096 else {
            // The number of pieces is what matters: it must not depend on the inputs.
            if let count = try size.exactQuotient(by: each)?.size, (1...4096).contains(count) {
                return [SymbolicInt](repeating: each, count: count)
            }
            throw unsupported(
                "an axis of \(size.text) can't be cut into pieces of \(each.text)", settling: [size, each])
        }
        if size == 0 { return [.number(0)] }
        let (count, rest) = size.quotientAndRemainder(dividingBy: each)
        return [SymbolicInt](repeating: .number(each), count: Int(count)) + (rest == 0 ? [] : [.number(rest)])
    }

    /// The tensor with a slice of an axis replaced.
    func replacing(
        _ x: Wire, axis: Int, from start: SymbolicInt, to end: SymbolicInt, step: Int, with part: Wire
    ) throws -> Wire {
        let size = x.shape[axis]
        let first = try position(start, in: size)
        var last = try position(end, in: size)
        if let from = first.known, let to = last.known, to < from { last = first }
        var shape = x.shape
        guard step > 0 else { throw invalid("a step of \(step)") }
        shape[axis] = try (last - first + .number(Int64(step - 1))) / .number(Int64(step))
        let part = try expand(cast(part, to: x.elementType), shape)
        if step == 1 {
            var parts = [part]
            if first != .number(0) { parts.insert(try slice(x, axis: axis, from: .number(0), to: first), at: 0) }
            if last != size { parts.append(try slice(x, axis: axis, from: last, to: .number(.max))) }
            return try concat(parts.filter { $0.shape[axis] != .number(0) }, axis: axis)
        }
        guard let size = size.size, let first = first.size, let last = last.size, size < 1 << 24 else {
            throw unsupported("only steps over an axis of known size", settling: [x.shape[axis], start, end])
        }
        var positions = (0..<size).map(Int64.init)
        for (index, place) in stride(from: first, to: last, by: min(step, max(size, 1))).enumerated() {
            positions[place] = Int64(size + index)
        }
        return try gather(concat([x, part], axis: axis), axis: axis, vector(positions))
    }
}
