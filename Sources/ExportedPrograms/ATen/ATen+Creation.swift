import GraphIR

extension ATenTable {
    /// Tensors made of numbers.
    mutating func addCreation() {
        for (name, value) in [("zeros", 0), ("ones", 1), ("empty.memory_format", 0)] as [(String, Int64)] {
            add(name) { c in
                try c.net.filled(c.dims("size"), .whole(value), c.type("dtype") ?? c.net.defaultReal)
            }
        }
        for (name, value) in [("new_zeros", 0), ("new_ones", 1), ("new_empty", 0)] as [(String, Int64)] {
            add(name) { c in
                try c.net.filled(c.dims("size"), .whole(value), c.type("dtype") ?? c.tensor("self").elementType)
            }
        }
        for (name, value) in [("zeros_like", 0), ("ones_like", 1), ("empty_like", 0)] as [(String, Int64)] {
            add(name) { c in
                let x = try c.tensor("self")
                return try c.net.filled(x.shape, .whole(value), c.type("dtype") ?? x.elementType)
            }
        }
        add("full") { c in
            let value = try c.number("fill_value")
            return try c.net.filled(c.dims("size"), value, c.type("dtype") ?? c.net.commonType([.number(value)]))
        }
        add("full_like") { c in
            let x = try c.tensor("self")
            return try c.net.filled(x.shape, c.number("fill_value"), c.type("dtype") ?? x.elementType)
        }
        add("new_full") { c in
            try c.net.filled(
                c.dims("size"), c.number("fill_value"), c.type("dtype") ?? c.tensor("self").elementType)
        }
        add("scalar_tensor") { c in
            let type = try c.type("dtype") ?? c.net.defaultReal
            switch try c.operand("s") {
            case .wire(let size): return try c.net.cast(size, to: type)
            case .number(let value): return try c.net.scalar(value, as: type)
            }
        }
        // Numbers in TorchScript's code: `torch.tensor(0)`, `torch.tensor([0.5, 1.0])`.
        add("tensor.bool", "tensor.int", "tensor.float") { c in
            let value = try c.number("t")
            return try c.net.scalar(value, as: c.type("dtype") ?? c.net.commonType([.number(value)]))
        }
        add("tensor") { c in
            let wanted = try c.type("dtype")
            switch try c.argument("data") {
            case .ints:
                let values = try c.ints("data").map(Int64.init)
                return try c.net.cast(c.net.vector(values), to: wanted ?? .int64)
            case .floats(let values):
                let type = wanted ?? c.net.defaultReal
                let exact = type.isFloatingPoint ? type : .float64
                return try c.net.cast(c.net.reals(values, shape: [values.count], as: exact), to: type)
            default: throw c.net.unsupported("only a list of numbers", "data")
            }
        }
        add("arange", "arange.start", "arange.start_step") { c in try c.arange() }
        add("linspace") { c in
            let (start, end, steps) = try (c.real("start"), c.real("end"), c.int("steps"))
            guard (1...1 << 24).contains(steps) else { throw c.net.unsupported("\(steps) steps", "steps") }
            let step = steps == 1 ? 0 : (end - start) / Double(steps - 1)
            // From both ends, as PyTorch.
            let values = (0..<steps).map {
                $0 < steps / 2 || steps == 1 ? start + step * Double($0) : end - step * Double(steps - 1 - $0)
            }
            return try c.net.reals(values, shape: [steps], as: c.type("dtype") ?? c.net.defaultReal)
        }
        add("eye", "eye.m") { c in
            let rows = try c.int("n")
            let columns = c.schemaHas("m") ? try c.int("m") : rows
            guard (0...1 << 12).contains(rows), (0...1 << 12).contains(columns) else {
                throw c.net.unsupported("a matrix of \(rows) by \(columns)")
            }
            let values = (0..<rows).flatMap { row in (0..<columns).map { $0 == row ? Int64(1) : 0 } }
            return try c.net.cast(
                c.net.constant(Tensor(values, shape: [rows, columns])), to: c.type("dtype") ?? c.net.defaultReal)
        }
        addMany("meshgrid", "meshgrid.indexing") { c in
            let tensors = try c.tensors("tensors").map { try c.net.reshape($0, [$0.shape.product()]) }
            let isColumnsFirst = c.schemaHas("indexing") ? try c.string("indexing") == "xy" : false
            let shape = tensors.map { $0.shape[0] }
            let rank = shape.count
            return try tensors.enumerated().map { index, tensor in
                let others = (0..<rank).filter { $0 != index }
                let grid = try c.net.expand(others.isEmpty ? tensor : c.net.unsqueeze(tensor, axes: others), shape)
                return isColumnsFirst && rank > 1 ? try c.net.swapping(grid, 0, 1) : grid
            }
        }
    }
}

extension ATenCall {
    fileprivate func arange() throws -> Wire {
        let names = ["start", "end", "step"].filter(schemaHas)
        let isOpen = try names.contains { name in
            if case .int(let size) = try argument(name) { return try net.resolved(size).known == nil }
            return false
        }
        if isOpen { return try openRange() }
        let start = schemaHas("start") ? try number("start") : .whole(0)
        let step = schemaHas("step") ? try number("step") : .whole(1)
        let end = try number("end")
        let type = try self.type("dtype") ?? net.commonType([.number(start), .number(end), .number(step)])
        let length = ((end.real - start.real) / step.real).rounded(.up)
        guard length.isFinite, length < Double(1 << 24) else { throw net.unsupported("a range of \(length)") }
        let count = Int(max(length, 0))
        if type.isFloatingPoint {
            return try net.reals((0..<count).map { start.real + step.real * Double($0) }, shape: [count], as: type)
        }
        let (first, each) = try (start.whole(), step.whole())
        let values = try (0..<count).map { index -> Int64 in
            guard let offset = each.multiplied(checked: Int64(index)), let value = first.adding(checked: offset) else {
                throw net.invalid("a range that doesn't fit into 64 bits")
            }
            return value
        }
        return try net.cast(net.vector(values), to: type)
    }

    /// A range whose length a run decides.
    private func openRange() throws -> Wire {
        func scalar(_ name: String, _ other: Int64) throws -> (SymbolicInt, Wire) {
            let size = schemaHas(name) ? try dim(name) : .number(other)
            return (size, try net.squeeze(net.vector([size]), axes: [0]))
        }
        let (start, end) = try (scalar("start", 0), scalar("end", 0))
        guard case (.number(1), let step) = try scalar("step", 1) else { throw net.unsupported("a step other than 1") }
        let range = try net.emit("Range", [start.1, end.1, step], shape: [end.0 - start.0], type: .int64)
        return try net.cast(range, to: type("dtype") ?? .int64)
    }
}

extension ATenTranslator {
    /// A tensor of one number.
    func filled(_ shape: [SymbolicInt], _ value: Scalar, _ type: ElementType) throws -> Wire {
        let number = try scalar(value, as: type)
        return shape.isEmpty ? number : try expand(number, shape)
    }
}
