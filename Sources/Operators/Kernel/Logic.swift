import GraphIR

/// Logic and bits: what And, BitwiseOr, Greater … have in common.
extension Operator {
    /// A function of two truth values, with broadcasting.
    static func logical(
        _ name: String, _ function: @escaping @Sendable (_ a: Bool, _ b: Bool) -> Bool
    ) -> Operator {
        Operator(name, accuracy: .exact, infer: .binary) { binding in
            let align = try legacyBroadcast(&binding)
            return { call in
                let a = try call.input(0)
                let b = try align(a, call.input(1))
                for tensor in [a, b] where tensor.elementType != .bool { throw unsupportedType(tensor.elementType) }
                return [
                    try call.zipped(a, b, to: .bool) { (x: UInt8, y: UInt8) -> UInt8 in
                        function(x != 0, y != 0) ? 1 : 0
                    }
                ]
            }
        }
    }

    /// A function of the bits of two integers, with broadcasting.
    static func bitwise(_ name: String, _ function: BitFunction) -> Operator {
        Operator(name, accuracy: .exact, infer: .broadcast) { _ in combiningBits(function) }
    }
}

/// The kernel of a function of the bits of two integers.
func combiningBits(_ function: BitFunction) -> Kernel {
    { call in
        let a = try call.input(0)
        let b = try call.input(1)
        try requireType(a.elementType, b)
        return [try dispatch(a.elementType, BitWork(call: call, a: a, b: b, function: function))]
    }
}

enum BitFunction: Sendable { case and, or, exclusiveOr, shiftLeft, shiftRight }

private struct BitWork: IntegerWork {
    let call: Call
    let a: Tensor
    let b: Tensor
    let function: BitFunction

    func run<T: Number & FixedWidthInteger>(_: T.Type) throws -> Tensor {
        let type = a.elementType
        return switch function {
        case .and: try call.zipped(a, b, to: type) { (x: T, y: T) in x & y }
        case .or: try call.zipped(a, b, to: type) { (x: T, y: T) in x | y }
        case .exclusiveOr: try call.zipped(a, b, to: type) { (x: T, y: T) in x ^ y }
        case .shiftLeft:
            try call.zipped(a, b, to: type) { (x: T, y: T) in y < 0 || y >= T.bitWidth ? 0 : x &<< y }
        case .shiftRight:
            try call.zipped(a, b, to: type) { (x: T, y: T) in
                y < 0 || y >= T.bitWidth ? (x < 0 ? ~0 : 0) : x &>> y
            }
        }
    }
}

/// Work that is written once for all integer types of whole bytes.
protocol IntegerWork {
    associatedtype Result
    func run<T: Number & FixedWidthInteger>(_ type: T.Type) throws -> Result
}

/// Runs the form of some work for an integer type.
/// - Throws: `op.unsupported-argument` for any other type.
func dispatch<Work: IntegerWork>(_ type: ElementType, _ work: Work) throws -> Work.Result {
    switch type {
    case .int8: try work.run(Int8.self)
    case .int16: try work.run(Int16.self)
    case .int32: try work.run(Int32.self)
    case .int64: try work.run(Int64.self)
    case .uint8: try work.run(UInt8.self)
    case .uint16: try work.run(UInt16.self)
    case .uint32: try work.run(UInt32.self)
    case .uint64: try work.run(UInt64.self)
    default: throw unsupportedType(type)
    }
}
