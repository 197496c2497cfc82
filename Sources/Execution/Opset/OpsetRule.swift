import GraphIR

/// How one operator changed with one version of the operator set.
struct OpsetRule: Sendable {
    typealias Rewrite = @Sendable (OpsetRewriter, Node) throws -> Void

    /// The version with the new form.
    let version: Int64
    /// From the new form to the old.
    var downgrade: Rewrite?
    /// From the old form to the new.
    var upgrade: Rewrite?

    /// The rules of some operators of one area.
    typealias Table = [(operators: [String], rule: OpsetRule)]

    /// By operator. What isn't here is carried over where its schema allows.
    static let all: [String: [OpsetRule]] = {
        var rules: [String: [OpsetRule]] = [:]
        for (operators, rule) in [
            legacy, legacyBroadcast, forms, bounds, selections, reductions, softmaxes, activations, normalizations,
            resizing, quantization, recurrent, arithmetic, tensors, windows, control, sequences, losses, attention,
            machineLearningRules,
        ].joined() {
            for name in operators { rules[name, default: []].append(rule) }
        }
        return rules
    }()

    static let machineLearning = "ai.onnx.ml"

    /// A rule for one operator or several.
    static func rule(
        _ operators: String..., version: Int64, downgrade: Rewrite? = nil, upgrade: Rewrite? = nil
    ) -> (operators: [String], rule: OpsetRule) {
        (operators, OpsetRule(version: version, downgrade: downgrade, upgrade: upgrade))
    }
}

extension Node {
    func integer(_ name: String) -> Int64? {
        if case .int(let value)? = attribute(name) { return value }
        return nil
    }

    func real(_ name: String) -> Float? {
        if case .float(let value)? = attribute(name) { return value }
        return nil
    }

    func integers(_ name: String) -> [Int64]? {
        if case .ints(let value)? = attribute(name) { return value }
        return nil
    }

    func reals(_ name: String) -> [Float]? {
        if case .floats(let value)? = attribute(name) { return value }
        return nil
    }

    func text(_ name: String) -> String? {
        if case .string(let value)? = attribute(name) { return String(decoding: value, as: UTF8.self) }
        return nil
    }

    /// The attributes but for some.
    func attributes(without names: String...) -> [Attribute] { attributes.filter { !names.contains($0.name) } }

    func input(_ position: Int) -> ValueID? { inputs[checked: position] ?? nil }
}

extension Attribute {
    static func int(_ name: String, _ value: Int64) -> Attribute { Attribute(name, .int(value)) }
    static func ints(_ name: String, _ values: [Int64]) -> Attribute { Attribute(name, .ints(values)) }
    static func float(_ name: String, _ value: Float) -> Attribute { Attribute(name, .float(value)) }
    static func floats(_ name: String, _ values: [Float]) -> Attribute { Attribute(name, .floats(values)) }
    static func string(_ name: String, _ value: String) -> Attribute { Attribute(name, .string(Array(value.utf8))) }
}

extension AttributeValue {
    /// Whether two simple attributes say the same. Tensors and graphs never do.
    func isSame(_ other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.ints(let a), .ints(let b)): a == b
        case (.floats(let a), .floats(let b)): a == b
        default: false
        }
    }
}

extension Tensor {
    /// A scalar of any type of numbers, for constants of our own.
    /// - Throws: `tensor.dtype` where the type can't hold it.
    static func number(_ value: Double, as type: ElementType) throws -> Tensor {
        func integer<Element: TensorElement & FixedWidthInteger>(_ type: Element.Type) throws -> Tensor {
            guard let exact = Element(exactly: value) else {
                throw FormatError(.tensorDtype, "\(value) is no \(Element.elementType.onnxName)")
            }
            return try Tensor(scalar: exact)
        }
        switch type {
        case .int8: return try integer(Int8.self)
        case .int16: return try integer(Int16.self)
        case .int32: return try integer(Int32.self)
        case .int64: return try integer(Int64.self)
        case .uint8: return try integer(UInt8.self)
        case .uint16: return try integer(UInt16.self)
        case .uint32: return try integer(UInt32.self)
        case .uint64: return try integer(UInt64.self)
        case .bool: return try Tensor(.bool, shape: [], bytes: Bytes([value == 0 ? 0 : 1]))
        case .float32: return try Tensor(scalar: Float(value))
        case .float64: return try Tensor(scalar: value)
        default: return try .scalar(value, as: type)
        }
    }

    /// The elements of a tensor of int32 or int64.
    func integers() throws -> [Int64] {
        if elementType == .int32 { return try array(of: Int32.self).map(Int64.init) }
        return try array(of: Int64.self)
    }

    /// The elements of a tensor of integers of any width.
    func wholeNumbers() throws -> [Double] {
        switch elementType {
        case .int8: try array(of: Int8.self).map { Double($0) }
        case .int16: try array(of: Int16.self).map { Double($0) }
        case .int32: try array(of: Int32.self).map { Double($0) }
        case .int64: try array(of: Int64.self).map { Double($0) }
        case .uint8: try array(of: UInt8.self).map { Double($0) }
        case .uint16: try array(of: UInt16.self).map { Double($0) }
        case .uint32: try array(of: UInt32.self).map { Double($0) }
        default: try array(of: UInt64.self).map { Double($0) }
        }
    }

    /// The only element of a tensor of real numbers.
    func number() throws -> Double? {
        guard count == 1 else { return nil }
        switch elementType {
        case .float32: return Double(try array(of: Float.self)[0])
        case .float64: return try array(of: Double.self)[0]
        case .float16, .bfloat16:
            return try widened(to: .float64).array(of: Double.self)[0]
        case .int32, .int64: return Double(try integers()[0])
        default: return nil
        }
    }
}
