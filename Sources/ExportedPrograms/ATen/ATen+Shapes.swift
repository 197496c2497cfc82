import GraphIR

extension ATenTable {
    /// The same elements in another shape or order.
    mutating func addShapes() {
        add("reshape") { c in try c.net.reshape(c.tensor("self"), c.dims("shape")) }
        add("view", "_unsafe_view", "view_copy") { c in try c.net.reshape(c.tensor("self"), c.dims("size")) }
        add("reshape_as", "view_as") { c in try c.net.reshape(c.tensor("self"), c.tensor("other").shape) }
        add("flatten.using_ints") { c in
            let x = try c.tensor("self")
            if x.rank == 0 { return try c.net.unsqueeze(x, axes: [0]) }
            let start = try c.axis("start_dim", rank: x.rank)
            let end = try c.axis("end_dim", rank: x.rank)
            guard start <= end else { throw c.net.invalid("no axes from \(start) to \(end)") }
            return try c.net.reshape(
                x, x.shape[..<start] + [x.shape[start...end].map { $0 }.product()] + x.shape[(end + 1)...])
        }
        add("ravel") { c in
            let x = try c.tensor("self")
            return try c.net.reshape(x, [x.shape.product()])
        }
        add("unflatten.int") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            var sizes = try c.dims("sizes")
            if let index = sizes.firstIndex(of: .number(-1)) {
                let others = try sizes.filter { $0 != .number(-1) }.product()
                guard let size = try x.shape[axis].exactQuotient(by: others) else {
                    throw c.net.invalid("no such sizes")
                }
                sizes[index] = size
            }
            return try c.net.reshape(x, x.shape[..<axis] + sizes + x.shape[(axis + 1)...])
        }
        add("squeeze") { c in
            let x = try c.tensor("self")
            return try c.net.squeeze(x, axes: Array(0..<x.rank))
        }
        add("squeeze.dim", "squeeze.dims", "squeeze_copy.dims") { c in
            let x = try c.tensor("self")
            if x.rank == 0 {
                c.skipArguments()
                return x
            }
            return try c.net.squeeze(x, axes: c.axes("dim", rank: x.rank, emptyIsAll: false))
        }
        add("unsqueeze", "unsqueeze_copy") { c in
            let x = try c.tensor("self")
            return try c.net.unsqueeze(x, axes: [c.axis("dim", rank: x.rank + 1)])
        }
        add("permute", "permute_copy") { c in
            let x = try c.tensor("self")
            return try c.net.permute(x, c.axes("dims", rank: x.rank))
        }
        for names in [
            ("transpose.int", "dim0", "dim1"), ("swapaxes", "axis0", "axis1"), ("swapdims", "dim0", "dim1"),
            ("transpose_copy.int", "dim0", "dim1"),
        ] {
            add(names.0) { c in
                let x = try c.tensor("self")
                return try c.net.swapping(x, c.axis(names.1, rank: x.rank), c.axis(names.2, rank: x.rank))
            }
        }
        add("t", "t_copy", "numpy_T") { c in
            let x = try c.tensor("self")
            return try c.net.permute(x, (0..<x.rank).reversed())
        }
        add("mT", "adjoint") { c in
            let x = try c.tensor("self")
            guard x.rank > 1 else { throw c.net.invalid("no matrix") }
            return try c.net.swapping(x, x.rank - 2, x.rank - 1)
        }
        add("movedim.int", "movedim.intlist") { c in
            let x = try c.tensor("self")
            let from = try c.axes("source", rank: x.rank, emptyIsAll: false)
            let to = try c.axes("destination", rank: x.rank, emptyIsAll: false)
            guard from.count == to.count, Set(from).count == from.count, Set(to).count == to.count else {
                throw c.net.invalid("axes \(from) can't go to \(to)")
            }
            var rest = (0..<x.rank).filter { !from.contains($0) }.makeIterator()
            return try c.net.permute(
                x, (0..<x.rank).map { axis in to.firstIndex(of: axis).map { from[$0] } ?? rest.next() ?? 0 })
        }
        addRepeats()
        addPassThrough()
    }

    private mutating func addRepeats() {
        add("expand", "broadcast_to", "expand_copy") { c in try c.net.expand(c.tensor("self"), c.dims("size")) }
        add("expand_as") { c in try c.net.expand(c.tensor("self"), c.tensor("other").shape) }
        addMany("broadcast_tensors") { c in
            let all = try c.tensors("tensors")
            let shape = try all.reduce([]) { try c.net.broadcast($0, $1.shape) }
            return try all.map { try c.net.expand($0, shape) }
        }
        add("repeat", "tile") { c in
            let x = try c.tensor("self")
            var times = try c.dims(c.schema.name == "tile" ? "dims" : "repeats")
            while times.count < x.rank { times.insert(.number(1), at: 0) }
            let missing = times.count - x.rank
            let wide = missing == 0 ? x : try c.net.unsqueeze(x, axes: Array(0..<missing))
            if times.allSatisfy({ $0 == .number(1) }) { return wide }
            for (axis, time) in times.enumerated() where time != .number(1) {
                try c.net.keepSamplesApart(wide, axes: [axis])
            }
            return try c.net.emit(
                "Tile", [wide, c.net.vector(times)], shape: zip(wide.shape, times).map { try $0 * $1 },
                type: x.elementType)
        }
        add("repeat_interleave.self_int") { c in
            var x = try c.tensor("self")
            let times = try c.dim("repeats")
            guard times.known.map({ $0 >= 0 }) ?? true else { throw c.net.invalid("\(times.text) repetitions") }
            let axis: Int
            if try c.has("dim") {
                axis = try c.axis("dim", rank: x.rank)
            } else {
                x = try c.net.reshape(x, [x.shape.product()])
                axis = 0
            }
            let wide = try c.net.unsqueeze(x, axes: [axis + 1])
            var shape = wide.shape
            shape[axis + 1] = times
            return try c.net.reshape(
                c.net.expand(wide, shape), x.shape[..<axis] + [x.shape[axis] * times] + x.shape[(axis + 1)...])
        }
    }

    /// What changes no number at inference.
    private mutating func addPassThrough() {
        add(
            "alias", "alias_copy", "detach", "detach_copy", "contiguous", "clone", "lift", "lift_fresh",
            "lift_fresh_copy",
            "positive", "resolve_conj", "resolve_neg", "_conj"
        ) { c in try c.tensor("self") }
        add("dropout", "feature_dropout", "alpha_dropout", "native_dropout") { c in
            // Without "train" native_dropout trains.
            guard try (c.has("train") && !c.bool("train")) || c.real("p") == 0 else {
                throw c.net.trainingMode("train")
            }
            c.skipArguments()
            return try c.tensor("input")
        }
        add("to.dtype", "to.dtype_layout", "to.device", "to.prim_Device", "_to_copy") { c in
            let x = try c.tensor("self")
            return try c.net.cast(x, to: c.type("dtype") ?? x.elementType)
        }
        add("to.other", "type_as") { c in try c.net.cast(c.tensor("self"), to: c.tensor("other").elementType) }
        add("copy") { c in
            let x = try c.tensor("self")
            return try c.net.expand(c.net.cast(c.tensor("src"), to: x.elementType), x.shape)
        }
        add("fill.Scalar", "fill.Tensor") { c in
            let x = try c.tensor("self")
            return try c.net.expand(c.net.wires([c.operand("value")], as: x.elementType)[0], x.shape)
        }
        add("zero") { c in
            let x = try c.tensor("self")
            return try c.net.expand(c.net.scalar(.whole(0), as: x.elementType), x.shape)
        }
        for name in [
            "_assert_tensor_metadata", "_assert_async.msg", "_assert_scalar", "sym_constrain_range",
            "sym_constrain_range_for_size",
        ] {
            addMany(name) { c in
                c.skipArguments()
                return []
            }
        }
    }
}
