import GraphIR

/// A number type that integer and floating-point kernels share.
protocol Number: TensorElement, Comparable, Numeric {
    /// Sums, differences and products of integers wrap, as in C and NumPy.
    static func sum(_ a: Self, _ b: Self) -> Self
    static func difference(_ a: Self, _ b: Self) -> Self
    static func product(_ a: Self, _ b: Self) -> Self
    /// The quotient, towards zero for integers; a fault in `zero` for division of an integer by zero.
    static func quotient(_ a: Self, _ b: Self) throws -> Self
    static var isInteger: Bool { get }
    static var lowest: Self { get }
    static var highest: Self { get }
    var isNotANumber: Bool { get }
    var double: Double { get }
    /// The value nearest to a double: integers truncate and clamp, NaN becomes 0.
    init(saturating value: Double)
    /// The lowest 64 bits of an integer; 0 for floating point.
    var lowBits: Int64 { get }
    /// The integer with these low bits, cut to the type; floating point takes the nearest value.
    init(lowBits: Int64)
}

extension Number where Self: FixedWidthInteger {
    static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
    static func difference(_ a: Self, _ b: Self) -> Self { a &- b }
    static func product(_ a: Self, _ b: Self) -> Self { a &* b }
    static func quotient(_ a: Self, _ b: Self) throws -> Self {
        if b == 0 { throw GraphError(.argument, "an integer is divided by zero") }
        return a.dividedReportingOverflow(by: b).partialValue
    }
    static var isInteger: Bool { true }
    static var lowest: Self { .min }
    static var highest: Self { .max }
    var isNotANumber: Bool { false }
    var double: Double { Double(self) }
    init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value < 0 ? .min : .max
        }
    }
    var lowBits: Int64 { Int64(truncatingIfNeeded: self) }
    init(lowBits: Int64) { self.init(truncatingIfNeeded: lowBits) }
}

extension Number where Self: BinaryFloatingPoint {
    static func sum(_ a: Self, _ b: Self) -> Self { a + b }
    static func difference(_ a: Self, _ b: Self) -> Self { a - b }
    static func product(_ a: Self, _ b: Self) -> Self { a * b }
    static func quotient(_ a: Self, _ b: Self) throws -> Self { a / b }
    static var isInteger: Bool { false }
    static var lowest: Self { -.infinity }
    static var highest: Self { .infinity }
    var isNotANumber: Bool { isNaN }
    var double: Double { Double(self) }
    init(saturating value: Double) { self.init(value) }
    var lowBits: Int64 { 0 }
    init(lowBits: Int64) { self.init(lowBits) }
}

extension Float: Number {}
extension Double: Number {}
extension Int8: Number {}
extension Int16: Number {}
extension Int32: Number {}
extension Int64: Number {}
extension UInt8: Number {}
extension UInt16: Number {}
extension UInt32: Number {}
extension UInt64: Number {}

/// Work that is written once for all number types. A struct and not a closure, so that each type gets a loop of its own.
protocol NumberWork {
    associatedtype Result
    func run<T: Number>(_ type: T.Type) throws -> Result
}

/// Runs the form of some work for an element type.
/// - Throws: `op.unsupported-argument` for types that aren't plain numbers.
func dispatch<Work: NumberWork>(_ type: ElementType, _ work: Work) throws -> Work.Result {
    switch type {
    case .float32: try work.run(Float.self)
    case .float64: try work.run(Double.self)
    case .int8: try work.run(Int8.self)
    case .int16: try work.run(Int16.self)
    case .int32: try work.run(Int32.self)
    case .int64: try work.run(Int64.self)
    case .uint8, .bool: try work.run(UInt8.self)
    case .uint16: try work.run(UInt16.self)
    case .uint32: try work.run(UInt32.self)
    case .uint64: try work.run(UInt64.self)
    default: throw unsupportedType(type)
    }
}
