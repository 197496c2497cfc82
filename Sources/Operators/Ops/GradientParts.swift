import GraphIR

extension OperatorRegistry {
    /// What derivatives are made of besides the standard's operators.
    public static let gradientParts = OperatorRegistry(Operator.gradientParts)
}

extension Operator {
    /// What derivatives are made of besides the standard's operators, in a domain of our own: forms that take a shape or
    /// a type from another tensor, and so are the same in all operator sets.
    fileprivate static let gradientParts: [Operator] = [
        part("OnesLike") { call, _ in try call.filled(call.input(0), with: 1) },
        part("ZerosLike") { call, _ in try call.filled(call.input(0), with: 0) },
        part("Step") { call, _ in
            let x = try call.input(0)
            return try dispatch(x.elementType, StepWork(call: call, x: x))
        },
        part("Affine", attributes: ["scale", "shift"]) { call, numbers in
            let x = try call.input(0)
            return try dispatch(x.elementType, AffineWork(call: call, x: x, scale: numbers[0], shift: numbers[1]))
        },
        part("CastTo") { call, _ in try call.converted(call.input(0), to: call.input(1).elementType) },
        part("ReshapeTo") { call, _ in try call.reshaped(call.input(0), to: call.input(1).shape) },
        part("ExpandTo") { call, _ in
            let x = try call.input(0)
            let shape = try call.input(1).shape
            guard try broadcastShape([x.shape, shape]) == shape else {
                throw GraphError(.argument, "shape \(x.shape) doesn't broadcast to \(shape)")
            }
            return try call.moving([x]) { x in
                [try call.strided(x[0], shape: shape, strides: broadcastStrides(x[0].shape, to: shape), offset: 0)]
            }[0]
        },
        part("SumTo") { call, _ in
            let x = try call.input(0)
            return try dispatch(x.elementType, SumToWork(call: call, x: x, shape: call.input(1).shape))
        },
        // The sum along one axis, or along it and all behind it, which stay with size 1.
        part("SumAlong", attributes: ["axis", "toEnd"]) { call, numbers in
            let x = try call.input(0)
            let start = try normalized(axis: Int(saturating: numbers[0]), rank: x.shape.count)
            let shape = x.shape.indices.map { $0 == start || ($0 > start && numbers[1] != 0) ? 1 : x.shape[$0] }
            return try dispatch(x.elementType, SumToWork(call: call, x: x, shape: shape))
        },
        // The sum over all axes but the second, that of the channels.
        part("SumChannels") { call, _ in
            let x = try call.input(0)
            let shape = x.shape.indices.map { $0 == 1 ? x.shape[$0] : 1 }
            return try call.reshaped(
                dispatch(x.elementType, SumToWork(call: call, x: x, shape: shape)), to: call.input(1).shape)
        },
        // The first input times its number of elements over that of the second.
        part("Fraction") { call, _ in
            let x = try call.input(0)
            let scale = try Double(x.count) / Double(Swift.max(call.input(1).count, 1))
            return try dispatch(x.elementType, AffineWork(call: call, x: x, scale: scale, shift: 0))
        },
        part("SwapLast") { call, _ in
            let x = try call.input(0)
            let rank = x.shape.count
            guard rank >= 2 else { throw GraphError(.argument, "shape \(x.shape) is no matrix's") }
            var shape = x.shape
            var strides = rowMajorStrides(shape)
            shape.swapAt(rank - 1, rank - 2)
            strides.swapAt(rank - 1, rank - 2)
            return try call.strided(x, shape: shape, strides: strides, offset: 0)
        },
        // A vector as a matrix of one row, and of one column.
        part("Row") { call, _ in
            let x = try call.input(0)
            return x.shape.count == 1 ? try x.reshaped([1] + x.shape) : x
        },
        part("Column") { call, _ in
            let x = try call.input(0)
            return x.shape.count == 1 ? try x.reshaped(x.shape + [1]) : x
        },
        // The product of two operands, with the axes that it lacks where they are vectors.
        part("Product") { call, _ in
            let x = try call.input(0)
            let isRow = try call.input(1).shape.count == 1
            let isColumn = try call.input(2).shape.count == 1
            var shape = x.shape
            if isColumn { shape.append(1) }
            if isRow { shape.insert(1, at: Swift.max(shape.count - 1, 0)) }
            return try x.reshaped(shape)
        },
        // A reduction's result with the reduced axes as axes of size 1. The third input, or else an attribute, says
        // which; all where neither does.
        Operator("KeepAxes", domain: OperatorName.gradientDomain, accuracy: .exact) { binding in
            let fixed = try binding.ints("axes")?.map { Int($0) }
            let emptyMeansNone = try binding.flag("noop_with_empty_axes")
            return { call in
                let x = try call.input(0)
                let whole = try call.input(1).shape
                let named = try fixed ?? call.integers(2) ?? []
                if named.isEmpty && emptyMeansNone { return [x] }
                let axes = try named.isEmpty ? Array(whole.indices) : normalized(axes: named, rank: whole.count)
                return [try call.reshaped(x, to: whole.indices.map { axes.contains($0) ? 1 : whole[$0] })]
            }
        },
        // Slices of zeros like the second input, to which those of the first are added at the indices.
        part("ScatterSum", attributes: ["axis"]) { call, numbers in
            let updates = try call.input(0)
            let work = ScatterSumWork(
                call: call, updates: updates, shape: try call.input(1).shape, indices: try call.input(2),
                axis: Int(saturating: numbers[0]))
            return try dispatch(updates.elementType, work)
        },
        // The position of every element, counted from 1: whatever only moves elements moves these alike.
        part("Positions") { call, _ in
            try call.make(call.input(0).shape, of: Int64.self) { out in
                for index in out.indices { out[index] = Int64(index) + 1 }
            }
        },
        // Zeros like the third input, to which the elements of the first are added at the positions that the second
        // holds; 0 is none.
        part("MoveBack") { call, _ in
            let moved = try call.input(0)
            let work = MoveWork(call: call, x: moved, positions: try call.input(1), shape: try call.input(2).shape)
            return try dispatch(moved.elementType, work)
        },
        // The elements of the first input at the positions that the second holds, and 0 for 0.
        part("Move") { call, _ in
            let x = try call.input(0)
            return try dispatch(x.elementType, MoveWork(call: call, x: x, positions: call.input(1), shape: nil))
        },
        .convolutionGradient("ConvByInput") {
            try $0.byInput($1, $2, Float.self)
        } double: {
            try $0.byInput($1, $2, Double.self)
        },
        .convolutionGradient("ConvByWeights") {
            try $0.byWeights($1, $2, Float.self)
        } double: {
            try $0.byWeights($1, $2, Double.self)
        },
        // The part of the first input that joins others along an axis; the others follow.
        part("JoinedPart", attributes: ["axis", "index"]) { call, numbers in
            let whole = try call.input(0)
            let axis = try normalized(axis: Int(saturating: numbers[0]), rank: whole.shape.count)
            let sizes = try call.values.indices.dropFirst().map { try call.input($0).shape[checked: axis] ?? 0 }
            guard let part = try call.parts(of: whole, axis: axis, sizes: sizes)[checked: Int(saturating: numbers[1])]
            else { throw GraphError(.argument, "there is no part \(numbers[1])", argument: "index") }
            return part
        },
    ]

    /// An operator of one output whose attributes are numbers, 0 by default.
    private static func part(
        _ name: String, attributes: [String] = [],
        _ run: @escaping @Sendable (_ call: Call, _ numbers: [Double]) throws -> Tensor
    ) -> Operator {
        Operator(name, domain: OperatorName.gradientDomain, accuracy: .accumulating) { binding in
            let numbers = try attributes.map { Double(try binding.float($0, default: 0)) }
            let kernel: Kernel = { call in [try run(call, numbers)] }
            return name == "CastTo" ? kernel : roundingOnce(kernel)
        }
    }
}

extension OperatorName {
    /// The domain of the operators that derivatives are made of.
    public static let gradientDomain = "weightbridge.gradient"
}

extension Int {
    /// The nearest integer.
    fileprivate init(saturating value: Double) { self = Int(lowBits: Int64(saturating: value)) }
    fileprivate init(lowBits value: Int64) { self = Int(truncatingIfNeeded: value) }
}

extension Call {
    fileprivate func filled(_ x: Tensor, with number: Double) throws -> Tensor {
        try dispatch(x.elementType, AffineWork(call: self, x: x, scale: nil, shift: number))
    }

    fileprivate func reshaped(_ x: Tensor, to shape: [Int]) throws -> Tensor {
        guard x.count == product(shape) else {
            throw GraphError(.argument, "shape \(x.shape) doesn't have the elements of \(shape)")
        }
        return try x.reshaped(shape)
    }
}

private struct StepWork: NumberWork {
    let call: Call
    let x: Tensor

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let one = T(saturating: 1)
        return try call.mapped(x, to: x.elementType) { (value: T) in value > .zero ? one : .zero }
    }
}

/// scale · x + shift; the shift alone where there is no scale, also for x that isn't finite.
private struct AffineWork: NumberWork {
    let call: Call
    let x: Tensor
    let scale: Double?
    let shift: Double

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let (scale, shift) = (scale, shift)
        let fill = T(saturating: shift)
        return try call.mapped(x, to: x.elementType) { (value: T) in
            scale.map { T(saturating: $0 * value.double + shift) } ?? fill
        }
    }
}

/// The sum over the axes along which `shape` was repeated to give that of `x`.
private struct SumToWork: NumberWork {
    let call: Call
    let x: Tensor
    let shape: [Int]

    func run<T: Number>(_: T.Type) throws -> Tensor {
        if x.shape == shape { return x }
        guard shape.count <= x.shape.count, try broadcastShape([shape, x.shape]) == x.shape else {
            throw GraphError(.argument, "shape \(x.shape) isn't what \(shape) broadcasts to")
        }
        try call.check(.float64, shape)
        var sums = [Double](repeating: 0, count: product(shape))
        let strides = [rowMajorStrides(x.shape), broadcastStrides(shape, to: x.shape)]
        let length = x.shape.last ?? 1
        let step = strides[1].last ?? 0
        try x.withElements(T.self) { values in
            if values.isEmpty { return }
            forEachRow(x.shape, strides) { offsets in
                for index in 0..<length { sums[offsets[1] + index * step] += values[offsets[0] + index].double }
            }
        }
        return try call.make(x.elementType, shape, as: T.self) { out in
            for index in out.indices { out[index] = T(saturating: sums[index]) }
        }
    }
}

private struct ScatterSumWork: NumberWork {
    let call: Call
    let updates: Tensor
    let shape: [Int]
    let indices: Tensor
    let axis: Int

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let axis = try normalized(axis: axis, rank: shape.count)
        let size = shape[axis]
        let flat = try call.with(inputs: [indices.reshaped([indices.count])]).integers(0) ?? []
        let outer = product(shape[..<axis])
        let inner = product(shape[(axis + 1)...])
        guard updates.shape == Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...]) else {
            throw GraphError(.argument, "shape \(updates.shape) for indices of shape \(indices.shape)")
        }
        try call.check(.float64, shape)
        var sums = [Double](repeating: 0, count: product(shape))
        try updates.withElements(T.self) { values in
            var at = 0
            for row in 0..<outer {
                for index in flat {
                    guard index >= -size, index < size else {
                        throw GraphError(.argument, "index \(index) is outside of \(-size)..<\(size)")
                    }
                    let start = (row * size + (index < 0 ? index + size : index)) * inner
                    for offset in 0..<inner { sums[start + offset] += values[at + offset].double }
                    at += inner
                }
            }
        }
        return try call.make(updates.elementType, shape, as: T.self) { out in
            for index in out.indices { out[index] = T(saturating: sums[index]) }
        }
    }
}

/// Elements taken from, or added back to, positions of a tensor.
private struct MoveWork: NumberWork {
    let call: Call
    let x: Tensor
    let positions: Tensor
    /// The shape that elements are added back to.
    let shape: [Int]?

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let places = try positions.array(of: Int64.self)
        let count = shape.map { product($0) } ?? x.count
        guard places.allSatisfy({ $0 >= 0 && $0 <= count }), shape == nil || places.count == x.count else {
            throw GraphError(.argument, "\(places.count) positions for shape \(x.shape)")
        }
        guard let shape else {
            return try call.make(x.elementType, positions.shape, as: T.self) { out in
                try x.withElements(T.self) { values in
                    for (index, place) in places.enumerated() {
                        out[index] = place == 0 ? .zero : values[Int(place) - 1]
                    }
                }
            }
        }
        try call.check(.float64, shape)
        var sums = [Double](repeating: 0, count: count)
        try x.withElements(T.self) { values in
            for (index, place) in places.enumerated() where place > 0 { sums[Int(place) - 1] += values[index].double }
        }
        return try call.make(x.elementType, shape, as: T.self) { out in
            for index in out.indices { out[index] = T(saturating: sums[index]) }
        }
    }
}
