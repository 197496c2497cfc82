import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What TorchScript computes with plain values: numbers, texts, lists.
extension ScriptInterpreter {
    /// Python's own functions.
    func builtin(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue {
        switch (name, arguments.count) {
        case ("int", 1):
            if case .float(let value) = arguments[0].plain {
                guard let whole = Int64(exactly: value.rounded(.towardZero)) else { return .unknown }
                return .int(.number(whole))
            }
            if let whole = arguments[0].wholeNumber { return .int(.number(whole)) }
            if case .int = arguments[0].plain { return arguments[0].plain }
            return .unknown
        case ("float", 1):
            if case .string(let text) = arguments[0], let value = Double(text) { return .float(value) }
            return arguments[0].realNumber.map { .float($0) } ?? .unknown
        case ("bool", 1): return arguments[0].realNumber.map { .bool($0 != 0) } ?? .unknown
        case ("str", 1): return .string("")
        case ("list", 1): return .list(try ScriptList(try items(of: arguments[0], count: nil)))
        case ("len", 1): return try compute("len", arguments) ?? .unknown
        case ("range", 1...3):
            let numbers = arguments.compactMap(\.wholeNumber)
            guard numbers.count == arguments.count else { throw unsupported("a range whose end only a run can tell") }
            let start = numbers.count == 1 ? 0 : numbers[0]
            let end = numbers.count == 1 ? numbers[0] : numbers[1]
            let stride = numbers.count == 3 ? numbers[2] : 1
            guard stride != 0 else { throw invalid("a range in steps of 0") }
            var items: [ScriptValue] = []
            var next: Int64? = start
            while let number = next, stride > 0 ? number < end : number > end {
                guard items.count < Self.maximumItems else {
                    throw FormatError(.limitCount, "a range of more than \(Self.maximumItems)", item: program.place)
                }
                items.append(.int(.number(number)))
                next = number.adding(checked: stride)
            }
            return .list(try ScriptList(items))
        default: throw unsupported("the function \(name)")
        }
    }

    /// An operator on plain values.
    /// - Returns: `nil` where a tensor takes part, or it is none that is known.
    func compute(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue? {
        if let result = try computeContainer(name, arguments) { return result }
        let isNumber = arguments.contains { if case .number = $0 { true } else { false } }
        guard arguments.allSatisfy({ if case .tensor = $0 { false } else { true } }) else { return nil }
        guard let result = try computeScalar(name, arguments.map(\.plain)) else { return nil }
        if !isNumber { return result }
        switch result {
        case .int, .float, .bool: return .number(result, constant: nil)
        default: return result
        }
    }

    // MARK: Numbers

    private func computeScalar(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue? {
        if arguments.contains(where: { if case .unknown = $0 { true } else { false } }) {
            return Self.scalarOperators.contains(name) ? .unknown : nil
        }
        switch (name, arguments.count) {
        case ("__not__", 1), ("logical_not", 1): return arguments[0].wholeNumber.map { .bool($0 == 0) }
        case ("__is__", 2), ("__isnot__", 2):
            let same: Bool
            switch (arguments[0], arguments[1]) {
            case (.none, .none): same = true
            case (.none, _), (_, .none): same = false
            default: return nil
            }
            return .bool(same == (name == "__is__"))
        case ("eq", 2), ("ne", 2):
            if case .string(let a) = arguments[0], case .string(let b) = arguments[1] {
                return .bool((ExactName(a) == ExactName(b)) == (name == "eq"))
            }
            return try computeNumbers(name, arguments)
        case ("rsub", 2): return try computeNumbers("sub", arguments.reversed())
        case ("neg", 1): return try computeScalar("sub", [.int(.number(0)), arguments[0]])
        case ("sqrt", 1): return arguments[0].realNumber.map { .float($0.squareRoot()) }
        case ("exp", 1): return arguments[0].realNumber.map { .float(exp($0)) }
        case ("log", 1): return arguments[0].realNumber.map { .float(log($0)) }
        case ("ceil", 1), ("floor", 1), ("round", 1):
            if case .int = arguments[0] { return arguments[0] }
            let rule: FloatingPointRoundingRule = name == "ceil" ? .up : name == "floor" ? .down : .toNearestOrEven
            return arguments[0].realNumber.flatMap { Int64(exactly: $0.rounded(rule)) }.map { .int(.number($0)) }
        case ("Int", 1), ("ImplicitTensorToNum", 1), ("IntImplicit", 1): return try builtin("int", arguments)
        case ("Float", 1), ("FloatImplicit", 1): return try builtin("float", arguments)
        case ("Bool", 1): return try builtin("bool", arguments)
        case (_, 2): return try computeNumbers(name, arguments)
        default: return nil
        }
    }

    private static let scalarOperators: Set<String> = [
        "add", "sub", "mul", "div", "floordiv", "floor_divide", "remainder", "pow", "min", "max", "eq", "ne", "lt",
        "le",
        "gt", "ge", "__and__", "__or__", "__not__", "neg", "rsub",
    ]

    private func computeNumbers(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue? {
        guard Self.scalarOperators.contains(name) else { return nil }
        if case .bool(let a) = arguments[0], case .bool(let b) = arguments[1] {
            switch name {
            case "__and__": return .bool(a && b)
            case "__or__": return .bool(a || b)
            default: break
            }
        }
        if let a = arguments[0].wholeNumber, let b = arguments[1].wholeNumber { return try whole(name, a, b) }
        if let a = arguments[0].realNumber, let b = arguments[1].realNumber { return real(name, a, b) }
        guard case .int(let a) = arguments[0], case .int(let b) = arguments[1] else { return .unknown }
        unknownSizes += 1
        guard unknownSizes <= Self.maximumUnknownSizes else {
            throw FormatError(
                .limitCount, "more than \(Self.maximumUnknownSizes) computations with sizes that aren't known",
                item: program.place)
        }
        do {
            switch name {
            case "add": return .int(try a + b)
            case "sub": return .int(try a - b)
            case "mul": return .int(try a * b)
            case "floordiv", "floor_divide": return .int(try a / b)
            case "remainder": return .int(try a % b)
            default: return .unknown
            }
        } catch let error as GraphError {
            throw invalid(error.problem)
        }
    }

    private func whole(_ name: String, _ a: Int64, _ b: Int64) throws -> ScriptValue? {
        func checked(_ value: Int64?) throws -> ScriptValue {
            guard let value else { throw invalid("a whole number past 64 bits") }
            return .int(.number(value))
        }
        switch name {
        case "add": return try checked(a.adding(checked: b))
        case "sub": return try checked(a.subtracting(checked: b))
        case "mul": return try checked(a.multiplied(checked: b))
        case "min": return .int(.number(min(a, b)))
        case "max": return .int(.number(max(a, b)))
        case "floordiv", "floor_divide", "remainder":
            guard b != 0, a != Int64.min || b != -1 else { throw invalid("a division by 0") }
            let remainder = a % b
            let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
            if name == "remainder" { return .int(.number(isBelow ? remainder + b : remainder)) }
            return .int(.number(isBelow ? a / b - 1 : a / b))
        default: return real(name, Double(a), Double(b))
        }
    }

    private func real(_ name: String, _ a: Double, _ b: Double) -> ScriptValue? {
        switch name {
        case "add": .float(a + b)
        case "sub": .float(a - b)
        case "mul": .float(a * b)
        case "div": .float(a / b)
        case "floordiv", "floor_divide": .float((a / b).rounded(.down))
        case "remainder": .float(a - b * (a / b).rounded(.down))
        case "pow": .float(pow(a, b))
        case "min": .float(min(a, b))
        case "max": .float(max(a, b))
        case "eq": .bool(a == b)
        case "ne": .bool(a != b)
        case "lt": .bool(a < b)
        case "le": .bool(a <= b)
        case "gt": .bool(a > b)
        case "ge": .bool(a >= b)
        default: nil
        }
    }

    // MARK: Lists and dictionaries

    private func computeContainer(_ name: String, _ arguments: [ScriptValue]) throws -> ScriptValue? {
        guard let first = arguments.first else { return nil }
        switch (first, name, arguments.count) {
        case (.string(let text), "len", 1): return .int(.number(Int64(text.count)))
        case (.dictionary(let dictionary), "len", 1): return .int(.number(Int64(dictionary.entries.count)))
        case (.list, "len", 1), (.tuple, "len", 1):
            return .int(.number(Int64(try items(of: first, count: nil).count)))
        case (.list, "__getitem__", 2), (.tuple, "__getitem__", 2), (.dictionary, "__getitem__", 2):
            return try item(of: first, at: arguments[1])
        case (.list(let list), "append", 2):
            try grow(items(of: first, count: nil).count, by: 1)
            try list.append([arguments[1]])
            return first
        case (.list(let list), "extend", 2):
            let added = try items(of: arguments[1], count: nil)
            try grow(items(of: first, count: nil).count, by: added.count)
            try list.append(added)
            return ScriptValue.none
        case (.list, "add", 2), (.list, "add_", 2):
            let own = try items(of: first, count: nil), added = try items(of: arguments[1], count: nil)
            try grow(own.count, by: added.count)
            return .list(try ScriptList(own + added))
        case (.list, "mul", 2):
            let items = try items(of: first, count: nil)
            guard let count = arguments[1].wholeNumber else { throw unsupported("a list of a length that isn't known") }
            let total = items.count.multiplied(checked: Int(clamping: max(0, count))) ?? Int.max
            try grow(0, by: total)
            return .list(try ScriptList((0..<total).map { items[$0 % items.count] }))
        case (.list, "slice", 2...4):
            let items = try items(of: first, count: nil)
            func bound(_ index: Int, _ otherwise: Int) -> Int {
                guard let place = arguments[checked: index]?.wholeNumber else { return otherwise }
                let shifted = place < 0 ? place.adding(checked: Int64(items.count)) ?? 0 : place
                return min(max(0, Int(clamping: shifted)), items.count)
            }
            guard (arguments[checked: 3]?.wholeNumber ?? 1) == 1 else { throw unsupported("a slice in steps") }
            let start = bound(1, 0), end = bound(2, items.count)
            return .list(try ScriptList(start < end ? Array(items[start..<end]) : []))
        case (.list, "list", 1): return .list(try ScriptList(try items(of: first, count: nil)))
        case (.list, "__contains__", 2):
            let items = try items(of: first, count: nil)
            return .bool(try items.contains { try isEqual($0, arguments[1]) })
        case (.list, "eq", 2), (.list, "ne", 2):
            let a = try items(of: first, count: nil), b = try items(of: arguments[1], count: nil)
            let same = try a.count == b.count && zip(a, b).allSatisfy { try isEqual($0, $1) }
            return .bool(same == (name == "eq"))
        case (.list, "min", 1), (.list, "max", 1), (.list, "sum", 1):
            let items = try items(of: first, count: nil)
            guard var result = items.first else { return nil }
            for item in items.dropFirst() {
                guard let next = try compute(name == "sum" ? "add" : name, [result, item]) else { return nil }
                result = next
            }
            return result
        case (.dictionary(let dictionary), "_set_item", 3):
            try dictionary.set(try key(arguments[1]), arguments[2])
            guard dictionary.entries.count <= Self.maximumItems else {
                throw FormatError(.limitCount, "a dict of more than \(Self.maximumItems)", item: program.place)
            }
            return ScriptValue.none
        case (.list(let list), "_set_item", 3):
            _ = try items(of: first, count: nil)
            guard let place = arguments[1].wholeNumber,
                let index = Int(exactly: place < 0 ? place + Int64(list.items.count) : place),
                list.items.indices.contains(index)
            else { throw invalid("a list has no such item") }
            try list.set(index, arguments[2])
            return ScriptValue.none
        case (.dictionary(let dictionary), "__contains__", 2):
            return .bool(dictionary[try key(arguments[1])] != nil)
        case (.dictionary(let dictionary), "keys", 1):
            return .list(try ScriptList(dictionary.entries.map { .string($0.key) }))
        case (.dictionary(let dictionary), "values", 1):
            return .list(try ScriptList(dictionary.entries.map(\.value)))
        case (.dictionary(let dictionary), "items", 1):
            return .list(
                try ScriptList(dictionary.entries.map { .tuple(try ScriptTuple([.string($0.key), $0.value])) }))
        default: return nil
        }
    }

    private func isEqual(_ a: ScriptValue, _ b: ScriptValue) throws -> Bool {
        if case .bool(let same)? = try computeScalar("eq", [a.plain, b.plain]) { return same }
        throw unsupported("a comparison that only a run can tell")
    }

    /// Charges for a container that grows.
    private func grow(_ count: Int, by more: Int) throws {
        let total = count.adding(checked: more) ?? Int.max
        guard total <= Self.maximumItems else {
            throw FormatError(.limitCount, "a list of more than \(Self.maximumItems)", item: program.place)
        }
        try step(total)
    }
}
