import GraphIR

/// Calls of operators: what is plain is computed, what takes tensors becomes a node.
extension ScriptInterpreter {
    /// - Parameter path: `torch.conv2d`, `ops.prim.NumToTensor`, `ops.torchvision.nms`.
    func callOperator(
        _ path: String, _ arguments: [ScriptValue], _ keywords: [(name: String, value: ScriptValue)]
    ) throws -> ScriptValue {
        let parts = path.split(separator: ".").map(String.init)
        let isATen = parts.first == "torch" || parts[checked: 1] == "aten"
        guard let name = parts.last, parts.count == (parts.first == "torch" ? 2 : 3) else {
            throw unsupported("the operator \(path)")
        }
        if path.contains("mkldnn") || path.contains("MKLDNN") {
            throw unsupported(
                "the operator \(path): torch.jit.optimize_for_inference packed the weights for one kind of processor",
                hint: "save the model before that; torch.jit.freeze does no harm")
        }
        if !isATen, parts[1] != "prim" {
            throw unsupported("the operator \(parts[1])::\(name), which is none of PyTorch's own")
        }
        if let value = try property(name, arguments) { return value }
        if keywords.isEmpty, let value = try compute(name, arguments) { return value }
        guard isATen else { throw unsupported("the operator \(path) on \(arguments.map(\.kind))") }
        return try emit(name, arguments, keywords)
    }

    /// What is asked of tensors and needs no node.
    private func property(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue? {
        switch (name, arguments.count) {
        case ("RaiseException", _):
            throw FormatError(
                .containerUnsupported, "the program raises an exception for inputs of these sizes", item: program.place,
                hint: "give the sizes that it was made for, with --image-size or --input-shape")
        case ("format", _), ("warn", _), ("print", _): return .string("")
        case ("NumToTensor", 1): return .number(arguments[0].plain, constant: nil)
        case ("device", 1...2):
            if case .string(let type) = arguments[0] { return .device(type) }
            if arguments[0].isTensor { return .device("cpu") }
        case ("dtype", 1):
            guard case .tensor(let tensor) = arguments[0] else { return nil }
            guard let type = try program.elementType(of: tensor),
                let code = Self.elementTypes.first(where: { $0.value == type })?.key
            else { return .unknown }
            return .int(.number(code))
        case ("layout", 1): if arguments[0].isTensor { return .int(.number(0)) }
        case ("is_cuda", 1), ("requires_grad", 1), ("is_quantized", 1), ("is_scripting", 0), ("is_tracing", 0),
            ("is_autocast_enabled", _), ("is_grad_enabled", 0), ("is_complex", 1):
            return .bool(false)
        case ("unchecked_unwrap_optional", 1), ("data", 1): return arguments[0]
        case ("TupleUnpack", 1), ("ListUnpack", 1): return arguments[0]
        case ("__is__", 2), ("__isnot__", 2):
            let nones = arguments.count { if case .none = $0 { true } else { false } }
            if nones > 0 { return .bool((nones == 2) == (name == "__is__")) }
        case ("dim", 1):
            switch arguments[0] {
            case .number: return .int(.number(0))
            case .tensor(let tensor):
                return try program.sizes(of: tensor).map { .int(.number(Int64($0.count))) } ?? .unknown
            default: break
            }
        case ("size", 1), ("shape", 1):
            guard case .tensor(let tensor) = arguments[0] else {
                return arguments[0].isTensor ? .list(try ScriptList([])) : nil
            }
            guard let shape = try program.sizes(of: tensor) else {
                throw unsupported("the sizes of a value, without any of them being known")
            }
            return .list(
                try ScriptList(try shape.indices.map { try program.size(of: tensor, at: Int64($0)) }))
        case ("size", 2):
            guard case .tensor(let tensor) = arguments[0], let dimension = arguments[1].wholeNumber else { return nil }
            return try program.size(of: tensor, at: dimension)
        case ("numel", 1):
            guard case .tensor(let tensor) = arguments[0] else { return nil }
            let numbers = try program.sizes(of: tensor)?.map { size -> Int? in
                if case .number(let number) = size { Int(exactly: number) } else { nil }
            }
            guard let numbers, let count = numbers.compactMap(\.self).checkedProduct(),
                numbers.allSatisfy({ $0 != nil })
            else { return .unknown }
            return .int(.number(Int64(count)))
        case ("len", 1):
            guard case .tensor(let tensor) = arguments[0] else { return nil }
            return try program.size(of: tensor, at: 0)
        case ("ScalarImplicit", 1), ("item", 1):
            if case .tensor = arguments[0] { return .unknown }
            return arguments[0].plain
        default: break
        }
        return nil
    }

    // MARK: Nodes

    private func emit(
        _ name: String, _ arguments: [ScriptValue], _ keywords: [(name: String, value: ScriptValue)]
    ) throws -> ScriptValue {
        var name = name
        var arguments = arguments
        // Tracing writes the call below `conv2d`, with four flags for the backends.
        if name == "_convolution", arguments.count >= 9 {
            name = "convolution"
            arguments = Array(arguments.prefix(9))
        }
        let isInPlace = name.hasSuffix("_") && ATenSchema.overloads(of: name).isEmpty
        let overloads = ATenSchema.overloads(of: isInPlace ? String(name.dropLast()) : name)
        for isStrict in [true, false] {
            for schema in overloads {
                if let bound = try bind(schema, arguments, keywords, isStrict: isStrict) {
                    return try program.emit("aten.\(name).\(schema.overload)", bound, results: schema.results)
                }
            }
        }
        if overloads.isEmpty {
            // The mapper refuses all that it doesn't know at once, with the places of their use.
            let values = arguments.enumerated().compactMap { index, value in
                argument(value, type: "").map { (name: "\(index)", value: $0) }
            }
            return try program.emit("aten.\(name).default", values, results: ["Tensor"])
        }
        throw unsupported("torch.\(name) with \(arguments.map(\.kind).joined(separator: ", "))")
    }

    /// The arguments under their names in a schema.
    /// - Returns: `nil` where they don't fit.
    private func bind(
        _ schema: ATenSchema, _ arguments: [ScriptValue], _ keywords: [(name: String, value: ScriptValue)],
        isStrict: Bool
    ) throws -> [(name: String, value: ATenArgument)]? {
        let positional = schema.arguments.filter { !$0.isKeywordOnly }
        guard arguments.count <= positional.count else { return nil }
        var given: [String: ScriptValue] = [:]
        for (formal, value) in zip(positional, arguments) { given[formal.name] = value }
        for keyword in keywords {
            guard given.updateValue(keyword.value, forKey: keyword.name) == nil else { return nil }
        }
        var bound: [(name: String, value: ATenArgument)] = []
        var taken = 0
        for formal in schema.arguments {
            guard let value = given[formal.name] else {
                guard formal.defaultValue != nil || formal.type.hasSuffix("?") else { return nil }
                continue
            }
            taken += 1
            if case .list(let list) = value { try program.settle(list, count: nil) }
            guard try fits(value, formal.type, isStrict: isStrict),
                let argument = argument(value, type: formal.type)
            else { return nil }
            bound.append((formal.name, argument))
        }
        return taken == given.count ? bound : nil
    }

    /// Whether a value is of a schema's type. Beside the strict rule, a number may stand for a tensor.
    private func fits(_ value: ScriptValue, _ type: String, isStrict: Bool) throws -> Bool {
        var type = Substring(type)
        if type.hasSuffix("?") {
            if case .none = value { return true }
            type = type.dropLast()
        }
        if let open = type.lastIndex(of: "["), type.hasSuffix("]") {
            let element = String(type[..<open])
            if let items = value.items { return try items.allSatisfy { try fits($0, element, isStrict: isStrict) } }
            // `int[2]` takes one number for both.
            let isSized = type[open...].count > 2
            return isSized && element != "Tensor" ? try fits(value, element, isStrict: isStrict) : false
        }
        switch (type, value) {
        case ("Tensor", .tensor): return true
        case ("Tensor", .number): return true
        case ("Tensor", .int), ("Tensor", .float), ("Tensor", .bool): return !isStrict
        case ("Scalar", .int), ("Scalar", .float), ("Scalar", .bool): return true
        case ("t", .int), ("t", .float): return true
        case ("float", .int): return !isStrict
        case ("int", .int), ("SymInt", .int), ("float", .float), ("bool", .bool), ("str", .string),
            ("ScalarType", .int), ("MemoryFormat", .int), ("Layout", .int), ("Device", .device):
            return true
        case ("Device", .unknown): return true
        case ("int", .number(let number, _)), ("SymInt", .number(let number, _)), ("Scalar", .number(let number, _)),
            ("float", .number(let number, _)):
            return try !isStrict && fits(number, String(type), isStrict: true)
        default: return false
        }
    }

    private func argument(_ value: ScriptValue, type: String) -> ATenArgument? {
        let plainType = type.hasSuffix("?") ? String(type.dropLast()) : type
        switch value {
        case .none: return ATenArgument.none
        case .bool(let flag): return .bool(flag)
        case .int(let number):
            switch (plainType, value.wholeNumber) {
            case ("ScalarType", let code?): return Self.elementType(code).map { .elementType($0) }
            case ("MemoryFormat", let code?): return .memoryFormat(Int(clamping: code))
            case ("Layout", let code?): return .layout(Int(clamping: code))
            case ("float", let whole?): return .float(Double(whole))
            default:
                return plainType.contains("[") ? .ints([number]) : .int(number)
            }
        case .float(let number): return plainType.contains("[") ? .floats([number]) : .float(number)
        case .string(let text): return .string(text)
        case .device(let type): return .device(type)
        case .tensor(let name): return .tensor(name)
        case .number(let number, _): return argument(number, type: plainType == "Tensor" ? "Scalar" : type)
        case .list, .tuple: return list(value.items ?? [], type: plainType)
        case .unknown: return plainType == "Device" ? .device("cpu") : nil
        case .dictionary, .module, .function: return nil
        }
    }

    private func list(_ items: [ScriptValue], type: String) -> ATenArgument? {
        if type.hasPrefix("Tensor") {
            var names: [String?] = []
            for item in items {
                switch item {
                case .tensor(let name): names.append(name)
                case .none: names.append(nil)
                default: return nil
                }
            }
            return .tensors(names)
        }
        if type.hasPrefix("float") {
            let numbers = items.compactMap(\.realNumber)
            return numbers.count == items.count ? .floats(numbers) : nil
        }
        if type.hasPrefix("bool") {
            let flags = items.compactMap { if case .bool(let flag) = $0 { flag } else { nil } }
            return flags.count == items.count ? .bools(flags) : nil
        }
        let numbers = items.compactMap { if case .int(let number) = $0.plain { number } else { nil } }
        if type == "t[]", numbers.count < items.count { return list(items, type: "float[]") }
        if numbers.count == items.count, !items.isEmpty || !type.isEmpty { return .ints(numbers) }
        let names = items.compactMap { if case .tensor(let name) = $0 { name } else { nil } }
        return names.count == items.count ? .tensors(names) : nil
    }

    private static func elementType(_ code: Int64) -> ElementType? { elementTypes[code] }

    /// Numbers of `c10::ScalarType`, which the code has where exported programs have their own.
    private static let elementTypes: [Int64: ElementType] = [
        0: .uint8, 1: .int8, 2: .int16, 3: .int32, 4: .int64, 5: .float16, 6: .float32, 7: .float64, 9: .complex64,
        10: .complex128, 11: .bool, 15: .bfloat16, 23: .float8e5m2, 24: .float8e4m3fn, 25: .float8e5m2fnuz,
        26: .float8e4m3fnuz, 27: .uint16, 28: .uint32, 29: .uint64,
    ]
}
