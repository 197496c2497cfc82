import GraphIR

/// Operators that differ in one formula only.
extension Operator {
    /// A function of each floating-point element, computed in double and rounded once to the element's type.
    static func unary(
        _ name: String, ulps: Double = 0.51,
        _ make: @escaping @Sendable (inout Binding) throws -> @Sendable (Double) -> Double
    ) -> Operator {
        Operator(name, accuracy: .rounding(ulps: ulps), infer: .sameShape) { binding in
            binding.ignore("consumed_inputs")
            let function = try make(&binding)
            return roundingOnce { call in
                let x = try call.input(0)
                let result = try withReal(x.elementType) {
                    try call.mapped(x, to: .float32) { (value: Float) in Float(function(Double(value))) }
                } double: {
                    try call.mapped(x, to: .float64, function)
                }
                return [result]
            }
        }
    }

    /// A function of each element of any number type.
    static func unaryNumber(_ name: String, _ function: NumberFunction) -> Operator {
        Operator(name, accuracy: .exact, infer: .sameShape) { binding in
            binding.ignore("consumed_inputs")
            return roundingOnce { call in
                let x = try call.input(0)
                return [try dispatch(x.elementType, UnaryWork(call: call, x: x, function: function))]
            }
        }
    }

    /// Addition, subtraction, multiplication or division with broadcasting; integers wrap.
    static func arithmetic(_ name: String, _ function: ArithmeticFunction) -> Operator {
        Operator(name, accuracy: .rounding(ulps: 0.5), infer: .arithmetic(function.onDimensions)) { binding in
            binding.ignore("consumed_inputs")
            let align = try legacyBroadcast(&binding)
            return roundingOnce { call in
                let a = try call.input(0)
                let b = try align(a, call.input(1))
                try requireType(a.elementType, b)
                switch a.elementType {
                case .float32: return [try call.arithmetic(function.rawValue, a, b, Float.self)]
                case .float64: return [try call.arithmetic(function.rawValue, a, b, Double.self)]
                default:
                    return [try dispatch(a.elementType, ArithmeticWork(call: call, a: a, b: b, function: function))]
                }
            }
        }
    }

    /// A fold over any number of tensors that broadcast against each other.
    static func variadic(_ name: String, accuracy: Accuracy, _ function: FoldFunction) -> Operator {
        Operator(name, accuracy: accuracy, infer: .variadic) { binding in
            binding.ignore("consumed_inputs")
            return roundingOnce { call in
                var result = try call.input(0)
                for position in 1..<Swift.max(call.inputs.count, 1) {
                    let next = try call.input(position)
                    try requireType(result.elementType, next)
                    let work = FoldWork(call: call, a: result, b: next, function: function)
                    result = try dispatch(result.elementType, work)
                }
                if function == .mean {
                    let count = Double(call.inputs.count)
                    result = try withReal(result.elementType) {
                        try call.mapped(result, to: .float32) { (x: Float) in x / Float(count) }
                    } double: {
                        try call.mapped(result, to: .float64) { (x: Double) in x / count }
                    }
                }
                return [result]
            }
        }
    }

    /// A comparison with broadcasting; the result is of type bool.
    static func comparison(_ name: String, _ function: ComparisonFunction) -> Operator {
        Operator(name, accuracy: .exact, infer: .binary) { binding in
            let align = try legacyBroadcast(&binding)
            return { call in
                let a = try call.input(0)
                let b = try align(a, call.input(1))
                try requireType(a.elementType, b)
                if case .strings(let left) = a.contents, case .strings(let right) = b.contents, function == .equal {
                    let i = try Tensor(left.indices.map { Int64($0) }, shape: a.shape)
                    let j = try Tensor(right.indices.map { Int64($0) }, shape: b.shape)
                    return [
                        try call.zipped(i, j, to: .bool) { (i: Int64, j: Int64) -> UInt8 in
                            left[Int(i)] == right[Int(j)] ? 1 : 0
                        }
                    ]
                }
                let wideA = try a.widened(to: a.isHalf ? .float32 : a.elementType)
                let wideB = try b.widened(to: b.isHalf ? .float32 : b.elementType)
                let work = ComparisonWork(call: call, a: wideA, b: wideB, function: function)
                return [try dispatch(wideA.elementType, work)]
            }
        }
    }
}

extension Call {
    /// max(x, 0) of any number type.
    func relu(_ x: Tensor) throws -> Tensor {
        try dispatch(x.elementType, UnaryWork(call: self, x: x, function: .relu))
    }
}

enum NumberFunction: Sendable { case negate, absolute, relu }
/// The raw values are those of `wb_binary_f32`.
enum ArithmeticFunction: Int32, Sendable {
    case add, subtract, multiply, divide

    /// The same on what is known of shapes.
    var onDimensions: @Sendable (Dimension, Dimension) -> Dimension {
        switch self {
        case .add: { $0.plus($1) }
        case .subtract: { $0.minus($1) }
        case .multiply: { $0.times($1) }
        case .divide: { $0.divided(by: $1) }
        }
    }
}
enum FoldFunction: Sendable { case minimum, maximum, sum, mean }
enum ComparisonFunction: Sendable { case equal, less, lessOrEqual, greater, greaterOrEqual }

private struct UnaryWork: NumberWork {
    let call: Call
    let x: Tensor
    let function: NumberFunction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        switch function {
        case .negate:
            try call.mapped(x, to: x.elementType) { (v: T) in
                T.isInteger ? T.difference(.zero, v) : T.product(v, T(saturating: -1))
            }
        case .absolute:
            try call.mapped(x, to: x.elementType) { (v: T) in
                if !T.isInteger { return T(saturating: v.double.magnitude) }
                return v < .zero ? T.difference(.zero, v) : v
            }
        case .relu: try call.mapped(x, to: x.elementType) { (v: T) in v < .zero ? .zero : v }
        }
    }
}

private struct ArithmeticWork: NumberWork {
    let call: Call
    let a: Tensor
    let b: Tensor
    let function: ArithmeticFunction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let type = a.elementType
        return switch function {
        case .add: try call.zipped(a, b, to: type) { (x: T, y: T) in T.sum(x, y) }
        case .subtract: try call.zipped(a, b, to: type) { (x: T, y: T) in T.difference(x, y) }
        case .multiply: try call.zipped(a, b, to: type) { (x: T, y: T) in T.product(x, y) }
        case .divide: try call.zipped(a, b, to: type) { (x: T, y: T) in try T.quotient(x, y) }
        }
    }
}

private struct FoldWork: NumberWork {
    let call: Call
    let a: Tensor
    let b: Tensor
    let function: FoldFunction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let type = a.elementType
        return switch function {
        case .minimum: try call.zipped(a, b, to: type) { (x: T, y: T) in y < x || y.isNotANumber ? y : x }
        case .maximum: try call.zipped(a, b, to: type) { (x: T, y: T) in y > x || y.isNotANumber ? y : x }
        case .sum, .mean: try call.zipped(a, b, to: type) { (x: T, y: T) in T.sum(x, y) }
        }
    }
}

private struct ComparisonWork: NumberWork {
    let call: Call
    let a: Tensor
    let b: Tensor
    let function: ComparisonFunction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        switch function {
        case .equal: try call.zipped(a, b, to: .bool) { (x: T, y: T) -> UInt8 in x == y ? 1 : 0 }
        case .less: try call.zipped(a, b, to: .bool) { (x: T, y: T) -> UInt8 in x < y ? 1 : 0 }
        case .lessOrEqual: try call.zipped(a, b, to: .bool) { (x: T, y: T) -> UInt8 in x <= y ? 1 : 0 }
        case .greater: try call.zipped(a, b, to: .bool) { (x: T, y: T) -> UInt8 in x > y ? 1 : 0 }
        case .greaterOrEqual: try call.zipped(a, b, to: .bool) { (x: T, y: T) -> UInt8 in x >= y ? 1 : 0 }
        }
    }
}

/// Lifts the broadcasting of operator sets before 7: the second operand is laid against the first from `axis` on, and
/// only where the attribute `broadcast` says so.
/// - Returns: a function that gives the second operand the shape that today's rule needs.
func legacyBroadcast(_ binding: inout Binding) throws -> @Sendable (Tensor, Tensor) throws -> Tensor {
    guard binding.version < 7 else { return { $1 } }
    let broadcasts = try binding.flag("broadcast")
    let axis = try binding.int("axis")
    return { a, b in
        if !broadcasts {
            guard a.shape == b.shape else {
                throw GraphError(.argument, "shapes \(a.shape) and \(b.shape) differ", argument: "broadcast")
            }
            return b
        }
        guard let axis else { return b }
        let start = try normalized(axis: Int(axis), rank: max(a.shape.count, 1))
        let trailing = a.shape.count - start - b.shape.count
        guard trailing >= 0 else {
            throw GraphError(
                .argument, "shape \(b.shape) from axis \(start) on doesn't fit \(a.shape)", argument: "axis")
        }
        return try b.reshaped(b.shape + [Int](repeating: 1, count: trailing))
    }
}
