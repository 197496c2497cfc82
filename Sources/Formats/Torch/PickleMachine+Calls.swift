import GraphIR

/// REDUCE, NEWOBJ and their relatives: what known constructors would have made, as data; anything else stays a record.
extension PickleMachine {
    /// REDUCE: the call of a class or function.
    func call(_ callee: ID, _ arguments: [ID]) throws -> ID {
        guard let name = arena.name(callee) else {
            throw FormatError(.pickleType, "calls \(arena.kind(callee)), expected a global")
        }
        try charge(arguments.count)
        if let made = try nested({ try construct(name, arguments) }) { return made }
        if !isAllowed(name), !PickleGlobals.looksLikeClass(Substring(name)), !isKnownType(name) { refuse(name) }
        return try arena.addObject(RawObject(className: name, arguments: arguments))
    }

    /// NEWOBJ and INST: an instance of a class, whatever its name looks like.
    func instantiate(_ type: ID, _ arguments: [ID]) throws -> ID {
        guard let name = arena.name(type) else {
            throw FormatError(.pickleType, "makes an instance of \(arena.kind(type)), expected a class")
        }
        try charge(arguments.count)
        if let made = try nested({ try construct(name, arguments) }) { return made }
        return try arena.addObject(RawObject(className: name, arguments: arguments))
    }

    private func isKnownType(_ name: String) -> Bool {
        name.hasPrefix("builtins.") || name.hasPrefix("numpy.random._pickle.")
            || [
                "collections.deque", "functools.partial", "array.array", "time.struct_time", "numpy.dtype",
                "numpy.ndarray", "torch.device", "torch._utils._rebuild_wrapper_subclass",
                "torch._utils._rebuild_nested_tensor", "torch.dtype", "torch.layout",
            ].contains(name) || name.hasPrefix("datetime.") || name.hasPrefix("numpy.") && isNumPyScalar(name)
    }

    private func isNumPyScalar(_ name: String) -> Bool {
        let short = name.dropFirst("numpy.".count)
        return [
            "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
            "uint64", "bool_", "str_", "bytes_", "complex64", "complex128",
        ].contains(short)
    }

    func isTensorClass(_ name: String) -> Bool {
        name.hasPrefix("torch.") && (name.hasSuffix("Tensor") || name == "torch.nn.parameter.Parameter")
    }

    /// - Returns: `nil` where the global is none that we know.
    private func construct(_ name: String, _ arguments: [ID]) throws -> ID? {
        if name.hasPrefix("torch.") { return try constructTorch(name, arguments) }
        if name.hasPrefix("numpy.") { return try constructNumPy(name, arguments) }
        switch name {
        case "collections.OrderedDict", "collections.Counter", "builtins.dict":
            return try dictionary(arguments.first)
        case "collections.defaultdict": return try dictionary(arguments[checked: 1])
        case "builtins.list", "collections.deque": return try arena.addList(try elements(arguments.first))
        case "builtins.tuple": return try arena.addTuple(try elements(arguments.first))
        case "builtins.set", "builtins.frozenset":
            let items = try elements(arguments.first)
            try charge(items.count)
            for item in items { try checkHashable(item) }
            return try arena.add(.set(arena.addChildren(items)))
        case "builtins.complex":
            guard arguments.count == 2, let real = double(arguments[0]), let imaginary = double(arguments[1]) else {
                throw FormatError(.pickleType, "complex() needs two numbers")
            }
            return try arena.add(.complex(real, imaginary))
        case "builtins.bytearray", "builtins.bytes", "_codecs.encode":
            guard let first = arguments.first else { return try encodedBytes(name, arguments) }
            let isText = if case .string = arena[first] { true } else { false }
            if isText, let known = madeOf[first] { return known }
            let made = try encodedBytes(name, arguments)
            if isText { madeOf[first] = made }
            return made
        case "builtins.int", "builtins.float", "builtins.bool", "builtins.str", "builtins.unicode", "builtins.long":
            guard arguments.count == 1 else { return nil }
            return arguments[0]
        case "copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__":
            guard let type = arguments.first, let typeName = arena.name(type) else {
                throw FormatError(.pickleType, "\(name) needs a class")
            }
            if refused.contains(typeName) { refuse("\(name) of \(typeName)") }
            if name == "copyreg.__newobj__" { return try instantiate(type, Array(arguments.dropFirst())) }
            if name == "copyreg.__newobj_ex__" {
                var parts = arguments[checked: 1].flatMap { arena.items($0) } ?? []
                if let keywords = arguments[checked: 2], case .dictionary(let index) = arena[keywords],
                    !arena.children[index].isEmpty
                {
                    parts.append(keywords)
                }
                return try instantiate(type, parts)
            }
            // `_reconstructor(cls, base, state)`: of subclasses of dict and list the third part is the content.
            guard let content = arguments[checked: 2] else { return try instantiate(type, []) }
            if case .none = arena[content] { return try instantiate(type, []) }
            return try instantiate(type, [content])
        default: return nil
        }
    }

    private func elements(_ id: ID?) throws -> [ID] {
        guard let id else { return [] }
        guard let items = arena.items(id) else {
            throw FormatError(.pickleType, "a container is made of \(arena.kind(id)), expected a list")
        }
        return items
    }

    private func dictionary(_ source: ID?) throws -> ID {
        let made = try arena.add(.dictionary(arena.addChildren([])))
        guard let source else { return made }
        if case .dictionary(let index) = arena[source] {
            try setItems(made, arena.children[index])
            return made
        }
        let items = try elements(source)
        try charge(items.count)
        for item in items {
            guard let pair = arena.items(item), pair.count == 2 else {
                throw FormatError(.pickleType, "a dict is made of \(arena.kind(item)), expected pairs")
            }
            try setItems(made, pair)
        }
        return made
    }

    private func double(_ id: ID) -> Double? {
        switch arena[id] {
        case .float(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// Python 3's way to write bytes with protocols 0 to 2: text, and the encoding that makes bytes of it.
    private func encodedBytes(_ name: String, _ arguments: [ID]) throws -> ID {
        guard let first = arguments.first else { return try arena.addBytes(Bytes([])) }
        switch arena[first] {
        case .bytes, .byteString: return first
        case .string(let text):
            let encoding = arguments[checked: 1].flatMap { arena.text($0) } ?? "utf-8"
            guard encoding.hasPrefix("latin") || encoding == "iso-8859-1" else {
                return try arena.addBytes(Bytes(Array(text.utf8)))
            }
            let bytes = try text.unicodeScalars.map { scalar in
                guard let byte = UInt8(exactly: scalar.value) else {
                    throw FormatError(
                        .pickleValue, "text that is to become bytes holds U+\(String(scalar.value, radix: 16))")
                }
                return byte
            }
            return try arena.addBytes(Bytes(bytes))
        case .list(let index):
            try charge(arena.children[index].count)
            let bytes = try arena.children[index].map { id in
                guard let byte = UInt8(exactly: try integer(id, "a byte")) else {
                    throw FormatError(.pickleValue, "a byte past 255")
                }
                return byte
            }
            return try arena.addBytes(Bytes(bytes))
        default: throw FormatError(.pickleType, "\(name) of \(arena.kind(first))")
        }
    }
}
