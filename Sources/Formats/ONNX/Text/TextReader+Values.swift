import GraphIR

extension TextReader {
    // MARK: Attributes

    /// What follows an attribute's name.
    mutating func attribute(_ name: String, depth: Int, inFunction: Bool) throws -> Attribute {
        var declared: AttributeType?
        if cursor.take(":") {
            _ = cursor.peek()
            let start = cursor.position
            let word = try cursor.expectIdentifier("the type of an attribute")
            guard let type = TextSyntax.attributeTypes.first(where: { $0.name == word })?.type else {
                throw cursor.error("'\(word)' is no type of attributes", at: start)
            }
            declared = type
        }
        try cursor.expect("=", "after the name of an attribute")
        guard !cursor.take("[") else {
            return Attribute(name, try list(declared, depth: depth, inFunction: inFunction))
        }
        _ = cursor.peek()
        let start = cursor.position
        let value = try single(declared, depth: depth, inFunction: inFunction)
        if case .reference(let target, _) = value {
            guard inFunction else {
                throw cursor.error("refers to an attribute of a function, but is in none", at: start)
            }
            var attribute = Attribute(name, .reference(name: target, type: declared?.rawValue ?? 0))
            if declared == nil { attribute.unknown.unusualPresence.append(20) }
            return attribute
        }
        try check(value, declared, at: start)
        return Attribute(name, value)
    }

    private func check(_ value: AttributeValue, _ wanted: AttributeType?, at start: Int) throws {
        guard let wanted, value.attributeType != wanted.rawValue else { return }
        throw cursor.error("a value of another kind than the attribute's type says, \(wanted)", at: start)
    }

    private mutating func list(_ declared: AttributeType?, depth: Int, inFunction: Bool) throws -> AttributeValue {
        _ = cursor.peek()
        var start = cursor.position
        var values: [AttributeValue] = []
        var wanted = declared?.element
        if !cursor.take("]") {
            repeat {
                _ = cursor.peek()
                start = cursor.position
                let value = try single(wanted, depth: depth, inFunction: inFunction)
                try check(value, wanted, at: start)
                wanted = wanted ?? AttributeType(rawValue: value.attributeType)
                values.append(value)
            } while cursor.take(",")
            try cursor.expect("]", "after a list")
        } else if declared == nil || declared == declared?.element {
            throw cursor.error("an empty list needs the type of a list, such as ': ints'", at: start)
        }
        switch wanted {
        case .float: return .floats(values.compactMap { if case .float(let item) = $0 { item } else { nil } })
        case .int: return .ints(values.compactMap { if case .int(let item) = $0 { item } else { nil } })
        case .string: return .strings(values.compactMap { if case .string(let item) = $0 { item } else { nil } })
        case .tensor: return .tensors(values.compactMap { if case .tensor(let item) = $0 { item } else { nil } })
        case .graph: return .graphs(values.compactMap { if case .graph(let item) = $0 { item } else { nil } })
        case .type: return .types(values.compactMap { if case .type(let item) = $0 { item } else { nil } })
        case .sparseTensor where values.isEmpty: return .sparseTensors([])
        default: throw cursor.error("a list of what can't be in one", at: start)
        }
    }

    private mutating func single(_ wanted: AttributeType?, depth: Int, inFunction: Bool) throws -> AttributeValue {
        if cursor.take("@") { return .reference(name: try cursor.name("an attribute of the function"), type: 0) }
        _ = cursor.peek()
        let start = cursor.position
        if let word = cursor.peekIdentifier(), !["inf", "infinity", "nan"].contains(word.lowercased()) {
            if nextIsType { return try typeOrTensor() }
            let name = try cursor.expectIdentifier("a graph")
            return .graph(try placed { try $0.graph(name: name, depth: depth + 1, inFunction: inFunction) })
        }
        switch try cursor.literal() {
        case .int(let text)? where wanted == .float: return .float(try cursor.float(text, at: start))
        case .int(let text)?:
            guard let number = Int64(text) else { throw cursor.error("\(text) is more than 64 bits hold", at: start) }
            return .int(number)
        case .float(let text)?: return .float(try cursor.float(text, at: start))
        case .string(let bytes)?: return .string(bytes)
        case nil: throw cursor.unexpected("the value of an attribute")
        }
    }

    private mutating func typeOrTensor() throws -> AttributeValue {
        try placed { reader in
            let type = try reader.type(depth: 0)
            guard reader.cursor.next(is: "{") || reader.cursor.next(is: "=") || reader.cursor.peekIdentifier() != nil
            else { return .type(type) }
            let name = reader.cursor.identifier() ?? ""
            _ = reader.cursor.take("=")
            return .tensor(try reader.tensor(of: type, name: name))
        }
    }

    // MARK: Tensors

    /// The elements of a tensor: in braces, or as the entries of external data in brackets.
    mutating func tensor(of type: ValueType?, name: String) throws -> TensorRecord {
        guard case .tensor(let number, let dimensions?)? = type?.kind, let element = ElementType(rawValue: number)
        else {
            throw cursor.unexpected("the type and shape of a tensor before its elements")
        }
        let shape = try dimensions.map { dimension in
            guard case .size(let size) = dimension.dimension, size >= 0, let size = Int(exactly: size) else {
                throw FormatError(.tensorShape, "the tensor '\(name)' has a dimension that is no size")
            }
            return size
        }
        if cursor.take("[") {
            guard element != .string else { throw FormatError(.tensorDtype, "strings can't lie in an external file") }
            let entries = try self.entries()
            try cursor.expect("]", "after external data")
            let count = try storedByteCount(element, shape: shape)
            let bytes = try externalFiles.bytes(entries, wanted: count)
            var record = TensorRecord(
                try storedTensor(element, shape: shape, bytes), name: name, encoding: .external)
            record.externalData = entries
            return record
        }
        try cursor.expect("{", "before the elements of a tensor")
        if element == .string {
            let tensor = try Tensor(strings: elements { try $0.stringElement() }, shape: shape)
            return TensorRecord(tensor, name: name, encoding: .typed)
        }
        let bytes = try self.bytes(of: element)
        return TensorRecord(try Tensor(element, shape: shape, bytes: Bytes(bytes).loaded()), name: name)
    }

    private mutating func elements<T>(_ read: (inout TextReader) throws -> T) throws -> [T] {
        var elements: [T] = []
        if cursor.take("}") { return elements }
        repeat { elements.append(try read(&self)) } while cursor.take(",")
        try cursor.expect("}", "after the elements of a tensor")
        return elements
    }

    private mutating func stringElement() throws -> [UInt8] {
        guard cursor.next(is: "\""), case .string(let bytes)? = try cursor.literal() else {
            throw cursor.unexpected("a string")
        }
        return bytes
    }

    /// The elements up to the closing brace. Elements of less than a byte come packed, one number to a byte; those of
    /// floating-point types narrower than 32 bits as their bits.
    private mutating func bytes(of type: ElementType) throws -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ bits: some FixedWidthInteger) {
            withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
        }
        if cursor.take("}") { return bytes }
        repeat {
            switch type {
            case .float32, .complex64: append(try cursor.float(as: Float.self).bitPattern)
            case .float64, .complex128: append(try cursor.float(as: Double.self).bitPattern)
            case .int64: append(try cursor.integer("INT64", as: Int64.self))
            case .uint64: append(try cursor.integer("UINT64", as: UInt64.self))
            case .uint32: append(try cursor.integer("UINT32", as: UInt32.self))
            case .int32: append(try cursor.integer("INT32", as: Int32.self))
            case .int16: append(try cursor.integer("INT16", as: Int16.self))
            case .int8: append(try cursor.integer("INT8", as: Int8.self))
            case .uint16, .float16, .bfloat16: append(try cursor.integer("16 bits", as: UInt16.self))
            case .bool: append(try boolean())
            case .int4, .int2: append(try packedSigned())
            default: append(try cursor.integer("8 bits", as: UInt8.self))
            }
        } while cursor.take(",")
        try cursor.expect("}", "after the elements of a tensor")
        return bytes
    }

    private mutating func boolean() throws -> UInt8 {
        _ = cursor.peek()
        let start = cursor.position
        let value = try cursor.integer("BOOL", as: UInt8.self)
        guard value <= 1 else { throw cursor.error("\(value) is no BOOL: 0 or 1", at: start) }
        return value
    }

    /// A byte of several signed elements is found sign-extended, too.
    private mutating func packedSigned() throws -> UInt8 {
        _ = cursor.peek()
        let start = cursor.position
        let value = try cursor.integer("a byte of several elements", as: Int16.self)
        guard (-128...255).contains(value) else { throw cursor.error("\(value) is more than a byte", at: start) }
        return UInt8(truncatingIfNeeded: value)
    }
}

extension AttributeType {
    /// What a list of this type holds; a type that is no list's is its own.
    var element: AttributeType {
        switch self {
        case .floats: .float
        case .ints: .int
        case .strings: .string
        case .tensors: .tensor
        case .graphs: .graph
        case .sparseTensors: .sparseTensor
        case .types: .type
        default: self
        }
    }
}
