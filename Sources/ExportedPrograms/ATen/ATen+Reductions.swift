import GraphIR

extension ATenTable {
    mutating func addReductions() {
        for (name, op) in [("mean", "ReduceMean"), ("sum", "ReduceSum"), ("prod", "ReduceProd")] {
            add(name, name == "prod" ? "prod.dim_int" : name == "sum" ? "sum.dim_IntList" : "mean.dim") { c in
                var x = try c.tensor("self")
                if let type = try c.type("dtype") {
                    x = try c.net.cast(x, to: type)
                } else if !x.elementType.isFloatingPoint {
                    x = try c.net.cast(x, to: .int64)
                }
                return try c.reduced(op, x)
            }
        }
        for (name, op) in [("amax", "ReduceMax"), ("amin", "ReduceMin"), ("logsumexp", "ReduceLogSumExp")] {
            add(name) { c in try c.reduced(op, c.tensor("self")) }
        }
        for (name, op) in [("max", "ReduceMax"), ("min", "ReduceMin")] {
            add(name) { c in try c.reduced(op, c.tensor("self")) }
            addMany(name + ".dim") { c in
                let x = try c.tensor("self")
                let arg = c.schema.name == "max" ? "ArgMax" : "ArgMin"
                return [try c.reduced(op, x), try c.reducedIndex(arg, x)]
            }
        }
        add("argmax") { c in try c.reducedIndex("ArgMax", c.tensor("self")) }
        add("argmin") { c in try c.reducedIndex("ArgMin", c.tensor("self")) }
        addMany("aminmax") { c in
            let x = try c.tensor("self")
            return [try c.reduced("ReduceMin", x), try c.reduced("ReduceMax", x)]
        }
        for (name, op) in [("any", "ReduceMax"), ("all", "ReduceMin")] {
            add(name, name + ".dim", name + ".dims") { c in
                let numbers = try c.net.cast(c.net.truth(c.tensor("self")), to: .int32)
                return try c.net.cast(c.reduced(op, numbers), to: .bool)
            }
        }
        addVariances()
        addNormsOfVectors()
        add("cumsum") { c in
            var x = try c.tensor("self")
            if let type = try c.type("dtype") {
                x = try c.net.cast(x, to: type)
            } else if !x.elementType.isFloatingPoint {
                x = try c.net.cast(x, to: .int64)
            }
            let axis = try c.axis("dim", rank: x.rank)
            try c.net.keepSamplesApart(x, axes: [axis])
            return try c.net.emit("CumSum", [x, c.net.constant(Tensor(scalar: Int64(axis)))], shape: x.shape)
        }
        addMany("topk", "sort", "sort.stable") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            let isTop = c.schema.name == "topk"
            let count = try isTop ? c.dim("k") : x.shape[axis]
            let isLargest = try c.bool(isTop ? "largest" : "descending")
            _ = try isTop ? c.bool("sorted") : c.has("stable")
            return try c.net.topK(x, axis: axis, count, isLargest: isLargest)
        }
        add("argsort", "argsort.stable") { c in
            let x = try c.tensor("self")
            let axis = try c.axis("dim", rank: x.rank)
            _ = try c.has("stable")
            return try c.net.topK(x, axis: axis, x.shape[axis], isLargest: c.bool("descending"))[1]
        }
    }

    private mutating func addVariances() {
        for name in ["var", "std"] {
            for overload in ["default", "dim", "correction"] {
                add("\(name).\(overload)") { c in
                    let variance = try c.variance().variance
                    return c.schema.name == "std" ? try c.net.unary("Sqrt", variance) : variance
                }
            }
            for overload in ["default", "dim", "correction"] {
                addMany("\(name)_mean.\(overload)") { c in
                    let (variance, mean) = try c.variance()
                    return [c.schema.name == "std_mean" ? try c.net.unary("Sqrt", variance) : variance, mean]
                }
            }
        }
    }

    private mutating func addNormsOfVectors() {
        add("linalg_vector_norm") { c in
            let x = try c.type("dtype").map { try c.net.cast(c.tensor("self"), to: $0) } ?? c.tensor("self")
            return try c.vectorNorm(x, c.real("ord"))
        }
        add("norm.ScalarOpt_dim", "norm.Scalar") { c in
            try c.vectorNorm(c.tensor("self"), c.optionalNumber("p")?.real ?? 2)
        }
        add("linalg_norm") { c in
            let x = try c.tensor("self")
            let axes = try c.ints("dim")
            guard axes.count == 1 || (axes.isEmpty && x.rank == 1), try c.type("dtype") == nil else {
                throw c.net.unsupported("only norms of vectors", "dim")
            }
            return try c.vectorNorm(x, c.optionalNumber("ord")?.real ?? 2)
        }
    }
}

extension ATenCall {
    /// The axes of a reduction: those of `dim`, all where there is none.
    private func reducedAxes(_ x: Wire) throws -> (axes: [Int], keeps: Bool) {
        let axes = schemaHas("dim") ? try self.axes("dim", rank: x.rank) : Array(0..<x.rank)
        return (axes, schemaHas("keepdim") ? try bool("keepdim") : false)
    }

    /// A reduction over the axes of `dim`.
    func reduced(_ op: String, _ x: Wire) throws -> Wire {
        let (axes, keeps) = try reducedAxes(x)
        return try net.reduced(op, x, axes: axes, keeps: keeps)
    }

    func reducedIndex(_ op: String, _ x: Wire) throws -> Wire {
        var (axes, keeps) = try reducedAxes(x)
        var x = x
        let hasAxis = try has("dim")
        if !hasAxis {
            x = try net.reshape(x, [x.shape.product()])
            (axes, keeps) = ([0], false)
        }
        guard let axis = axes.first, axes.count == 1, axis < x.rank else {
            throw net.invalid("the place on more than one axis")
        }
        try net.keepSamplesApart(x, axes: [axis])
        var shape = x.shape
        if keeps { shape[axis] = .number(1) } else { shape.remove(at: axis) }
        return try net.emit(
            op, [x], [Attribute("axis", .int(Int64(axis))), Attribute("keepdims", .int(keeps ? 1 : 0))], shape: shape,
            type: .int64)
    }

    /// The variance over the axes of `dim`, and the mean.
    func variance() throws -> (variance: Wire, mean: Wire) {
        let x = try tensor("self")
        let (axes, keeps) = try reducedAxes(x)
        var correction = 1.0
        if schemaHas("unbiased") { correction = try bool("unbiased") ? 1 : 0 }
        if schemaHas("correction") { correction = try optionalNumber("correction")?.real ?? 1 }
        let (mean, squares) = try net.deviations(x, axes: axes)
        var result = squares
        if correction != 0 {
            let sum = try net.reduced("ReduceSum", squares.squares, axes: axes, keeps: true)
            let count = try axes.map({ x.shape[$0] }).product()
            if let count = count.known {
                result.variance = try net.with("Div", sum, max(Double(count) - correction, 0))
            } else {
                let all = try net.cast(net.vector([count]), to: x.elementType)
                let divisor = try net.with("Max", net.with("Sub", all, correction), 0)
                result.variance = try net.binary("Div", sum, net.squeeze(divisor, axes: [0]))
            }
        }
        if keeps { return (result.variance, mean) }
        return (try net.squeeze(result.variance, axes: axes), try net.squeeze(mean, axes: axes))
    }

    func vectorNorm(_ x: Wire, _ order: Double) throws -> Wire {
        switch order {
        case 2: return try reduced("ReduceL2", x)
        case 1: return try reduced("ReduceL1", x)
        case .infinity: return try reduced("ReduceMax", net.unary("Abs", x))
        case -.infinity: return try reduced("ReduceMin", net.unary("Abs", x))
        case 0:
            let isSome = try net.unary("Not", net.compared("Equal", .wire(x), .number(.whole(0))))
            return try reduced("ReduceSum", net.cast(isSome, to: x.elementType))
        default:
            let powers = try net.with("Pow", net.unary("Abs", x), order)
            return try net.with("Pow", reduced("ReduceSum", powers), 1 / order)
        }
    }
}

extension ATenTranslator {
    /// A reduction over axes counted from the front, each named once.
    func reduced(_ op: String, _ x: Wire, axes: [Int], keeps: Bool) throws -> Wire {
        if x.rank == 0 { return x }
        guard Set(axes).count == axes.count, axes.allSatisfy(x.shape.indices.contains) else {
            throw invalid("no axes \(axes) of \(x.rank) to reduce")
        }
        try keepSamplesApart(x, axes: axes)
        var shape = x.shape
        for axis in axes.sorted(by: >) {
            if keeps { shape[axis] = .number(1) } else { shape.remove(at: axis) }
        }
        return try emit(
            op, [x, vector(axes.map(Int64.init))], [Attribute("keepdims", .int(keeps ? 1 : 0))], shape: shape)
    }

    /// The mean over axes, which stay with size 1; the squared deviations from it, and their mean.
    func deviations(_ x: Wire, axes: [Int]) throws -> (mean: Wire, (squares: Wire, variance: Wire)) {
        let mean = try reduced("ReduceMean", x, axes: axes, keeps: true)
        let centred = try binary("Sub", x, mean)
        let squares = try binary("Mul", centred, centred)
        return (mean, (squares, try reduced("ReduceMean", squares, axes: axes, keeps: true)))
    }

    /// The greatest or least elements of an axis, in order, and their positions.
    func topK(_ x: Wire, axis: Int, _ count: SymbolicInt, isLargest: Bool) throws -> [Wire] {
        if let size = x.shape[axis].known, let wanted = count.known, wanted > size {
            throw invalid("\(wanted) elements of an axis of \(size)")
        }
        try keepSamplesApart(x, axes: [axis])
        var shape = x.shape
        shape[axis] = count
        return try emit(
            "TopK", [x, vector([count])],
            [Attribute("axis", .int(Int64(axis))), Attribute("largest", .int(isLargest ? 1 : 0))],
            results: [(x.elementType, shape), (.int64, shape)])
    }
}
