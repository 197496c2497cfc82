import GraphIR

/// An inert unpickler: interprets every opcode of protocols 0 to 5 (`pickletools.opcodes`) into an arena of values.
/// Names stay names; what PyTorch's and NumPy's own constructors would make becomes data, and nothing else is done.
final class PickleMachine {
    typealias ID = PickleArena.ID

    /// What a persistent id stands for.
    enum Persistence {
        /// `('storage', class, key, location, count[, view])`, as `torch.save` writes it. The closure places a storage
        /// of a key and length, or returns `nil` where that is known later.
        case storages((_ key: String, _ byteCount: Int) throws -> Bytes?)
        /// The number of a tensor or storage that was read before (tar container).
        case numbered([String: ID])
    }

    var arena = PickleArena()
    var persistence: Persistence = .storages { _, _ in nil }
    /// Whether numbers in storages are big-endian.
    var isBigEndian = false
    /// Whether `torch.storage._load_from_bytes` may open a file inside the pickle: once, not within itself.
    var allowsNesting = true
    private(set) var notes: [String] = []
    /// Globals that no honest checkpoint holds, escaped for printing, in the order in which they came.
    private(set) var refused: [String] = []
    let allowedGlobals: Set<String>
    /// Whether globals that no honest checkpoint needs are refused; else they are read on, all of them, as data.
    let refusesGlobals: Bool

    var stack: [ID] = []
    /// What was spent of ``maximumWork``, and how deep calls nest at this moment.
    var work = 0
    var callDepth = 0
    /// Bytes that were made of text and storages that were read out of bytes, by what they were made of: once each,
    /// however often a file asks for it.
    var madeOf: [ID: ID] = [:]
    private var marks: [Int] = []
    private var memo: [Int: ID] = [:]
    private var globalIndex: [ExactName: Int] = [:]
    private var storageIndex: [String: ID] = [:]

    /// - Parameter allowed: globals (`module.name`) that are read on although they look hostile; still inert.
    init(allowed: Set<String> = [], refusesGlobals: Bool = true) {
        self.allowedGlobals = allowed
        self.refusesGlobals = refusesGlobals
    }

    /// A machine for another pickle of the same file, under the same rules.
    func sibling() -> PickleMachine { PickleMachine(allowed: allowedGlobals, refusesGlobals: refusesGlobals) }

    func note(_ text: String) {
        if notes.count < 100, !notes.contains(text) { notes.append(text) }
    }

    /// Reads one pickle up to its STOP and returns its value.
    /// - Throws: `pickle.*`; `pickle.global` whenever a refused global came before anything else went wrong.
    func load(_ input: inout PickleInput) throws -> ID {
        stack = []
        marks = []
        memo = [:]
        var offset = input.position
        do {
            while true {
                offset = input.position
                if let result = try step(&input) {
                    try checkRefused()
                    return result
                }
            }
        } catch let error as FormatError {
            try checkRefused()
            throw error.located(offset: offset)
        }
    }

    private func checkRefused() throws {
        guard !refused.isEmpty else { return }
        let list = refused.prefix(20).joined(separator: ", ") + (refused.count > 20 ? " …" : "")
        throw FormatError(
            .pickleGlobal, "refers to \(list), which no honest checkpoint needs; nothing of it was run",
            hint: "don't open this file with other programs; --allow-global NAME reads on, without running it")
    }

    func refuse(_ name: String) {
        let escaped = name.unicodeScalars.map { $0.isASCII ? String($0) : "\\u{\(String($0.value, radix: 16))}" }
        let text = escaped.joined()
        if refused.count < 1000, !refused.contains(text) { refused.append(text) }
    }

    func isAllowed(_ name: String) -> Bool { !refusesGlobals || allowedGlobals.contains(name) }

    // MARK: Stack

    private func push(_ node: PickleNode) throws { stack.append(try arena.add(node)) }

    private func pop() throws -> ID {
        guard stack.count > marks.last ?? 0, let top = stack.popLast() else { throw underflow() }
        return top
    }

    private func peek() throws -> ID {
        guard stack.count > marks.last ?? 0, let top = stack.last else { throw underflow() }
        return top
    }

    private func popMark() throws -> [ID] {
        guard let mark = marks.popLast(), mark <= stack.count else {
            throw FormatError(.pickleStack, "an opcode needs a MARK, and there is none")
        }
        try charge(stack.count - mark)
        let items = Array(stack[mark...])
        stack.removeLast(stack.count - mark)
        return items
    }

    private func underflow() -> FormatError {
        FormatError(.pickleStack, "an opcode needs a value, and the stack is empty")
    }

    private func store(_ index: Int) throws {
        guard index >= 0 else { throw FormatError(.pickleValue, "memo number \(index), expected none below 0") }
        if memo[index] == nil { try checkRoom(memo.count, "values in the memo") }
        memo[index] = try peek()
    }

    private func recall(_ index: Int) throws {
        guard let id = memo[index] else {
            throw FormatError(.pickleStack, "memo number \(index) was never stored")
        }
        stack.append(id)
    }

    // MARK: Opcodes

    /// Interprets one opcode; returns the result at STOP.
    private func step(_ input: inout PickleInput) throws -> ID? {
        let opcode = try input.byte()
        try checkRoom(stack.count, "values on the stack")
        switch opcode {
        case 0x28:  // MARK
            try checkRoom(marks.count, "MARKs")
            marks.append(stack.count)
        case 0x2E:  // STOP
            let result = try pop()
            guard stack.isEmpty, marks.isEmpty else {
                throw FormatError(.pickleStack, "\(stack.count) values and \(marks.count) MARKs are left at STOP")
            }
            return result
        case 0x30:  // POP, which also takes a MARK away
            if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
        case 0x31: _ = try popMark()  // POP_MARK
        case 0x32: stack.append(try peek())  // DUP
        case 0x4E: try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case 0x46, 0x47, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x8A, 0x8B: try number(opcode, &input)
        case 0x53, 0x54, 0x55, 0x56, 0x58, 0x8C, 0x8D, 0x42, 0x43, 0x8E, 0x96: try string(opcode, &input)
        case 0x67: try recall(try decimal(try input.line()))  // GET
        case 0x68: try recall(Int(try input.byte()))  // BINGET
        case 0x6A: try recall(Int(try input.unsigned(4)))  // LONG_BINGET
        case 0x70: try store(try decimal(try input.line()))  // PUT
        case 0x71: try store(Int(try input.byte()))  // BINPUT
        case 0x72: try store(Int(try input.unsigned(4)))  // LONG_BINPUT
        case 0x94: try store(memo.count)  // MEMOIZE
        case 0x80:  // PROTO
            let version = try input.byte()
            guard version <= 5 else {
                throw FormatError(.pickleOpcode, "pickle protocol \(version), 0 to 5 are known")
            }
        case 0x95:  // FRAME: how to buffer, which is our own affair
            let length = try input.length()
            guard length <= input.remaining else {
                throw FormatError(.pickleTruncated, "a frame of \(length) bytes, \(input.remaining) are left")
            }
        case 0x5D: try push(.list(arena.addChildren([])))
        case 0x29: try push(.tuple(arena.addChildren([])))
        case 0x7D: try push(.dictionary(arena.addChildren([])))
        case 0x8F: try push(.set(arena.addChildren([])))
        case 0x6C: try push(.list(arena.addChildren(try popMark())))
        case 0x74: try push(.tuple(arena.addChildren(try popMark())))
        case 0x85, 0x86, 0x87:  // TUPLE1 to TUPLE3
            var items: [ID] = []
            for _ in 0..<(Int(opcode) - 0x84) { items.append(try pop()) }
            try push(.tuple(arena.addChildren(items.reversed())))
        case 0x91:  // FROZENSET
            let items = try popMark()
            for item in items { try checkHashable(item) }
            try push(.set(arena.addChildren(items)))
        case 0x64:  // DICT
            let items = try popMark()
            let id = try arena.add(.dictionary(arena.addChildren([])))
            try setItems(id, items)
            stack.append(id)
        case 0x61: let item = try pop(); try append(try peek(), [item])  // APPEND
        case 0x65: let items = try popMark(); try append(try peek(), items)  // APPENDS
        case 0x73:  // SETITEM
            let value = try pop(), key = try pop()
            try setItems(try peek(), [key, value])
        case 0x75: let items = try popMark(); try setItems(try peek(), items)  // SETITEMS
        case 0x90: let items = try popMark(); try addItems(try peek(), items)  // ADDITEMS
        default: try construct(opcode, &input)
        }
        return nil
    }

    private func construct(_ opcode: UInt8, _ input: inout PickleInput) throws {
        switch opcode {
        case 0x63:  // GLOBAL
            let module = try input.line(), name = try input.line()
            stack.append(try global(module, name))
        case 0x93:  // STACK_GLOBAL
            let name = try pop(), module = try pop()
            guard let name = arena.text(name), let module = arena.text(module) else {
                throw FormatError(.pickleType, "STACK_GLOBAL needs two strings")
            }
            stack.append(try global(Array(module.utf8), Array(name.utf8)))
        case 0x52:  // REDUCE
            let arguments = try pop(), callee = try pop()
            // TorchScript writes the value of an enumeration where Python has a tuple of arguments.
            if case .string = arena[arguments], arena.name(callee)?.hasPrefix("__torch__.") == true {
                stack.append(try call(callee, [arguments]))
                break
            }
            stack.append(try call(callee, try argumentList(arguments)))
        case 0x81:  // NEWOBJ
            let arguments = try pop(), type = try pop()
            stack.append(try instantiate(type, try argumentList(arguments)))
        case 0x92:  // NEWOBJ_EX
            let keywords = try pop(), arguments = try pop(), type = try pop()
            guard case .dictionary(let index) = arena[keywords] else {
                throw FormatError(.pickleType, "keyword arguments are \(arena.kind(keywords)), expected a dict")
            }
            let isEmpty = arena.children[index].isEmpty
            stack.append(try instantiate(type, try argumentList(arguments) + (isEmpty ? [] : [keywords])))
        case 0x69:  // INST
            let module = try input.line(), name = try input.line()
            let type = try global(module, name)
            stack.append(try instantiate(type, try popMark()))
        case 0x6F:  // OBJ
            var items = try popMark()
            guard !items.isEmpty else { throw underflow() }
            let type = items.removeFirst()
            stack.append(try instantiate(type, items))
        case 0x62: let state = try pop(); try build(try peek(), state)  // BUILD
        case 0x51: stack.append(try persistent(try pop()))  // BINPERSID
        case 0x50:  // PERSID
            guard case .numbered(let known) = persistence,
                let id = known[String(decoding: try input.line(), as: UTF8.self)]
            else {
                throw FormatError(.pickleOpcode, "a persistent id as text (PERSID), which PyTorch can't read either")
            }
            stack.append(id)
        case 0x82, 0x83, 0x84:
            throw FormatError(.pickleOpcode, "EXT opcode: refers to a registry outside of the file")
        case 0x97, 0x98:
            throw FormatError(.pickleOpcode, "NEXT_BUFFER or READONLY_BUFFER: the data is outside of the file")
        default:
            throw FormatError(.pickleOpcode, "0x\(String(opcode, radix: 16)) is no opcode of pickle protocols 0 to 5")
        }
    }

    private func argumentList(_ id: ID) throws -> [ID] {
        guard case .tuple(let index) = arena[id] else {
            throw FormatError(.pickleType, "arguments are \(arena.kind(id)), expected a tuple")
        }
        return arena.children[index]
    }

    private func number(_ opcode: UInt8, _ input: inout PickleInput) throws {
        switch opcode {
        case 0x46:  // FLOAT
            let text = String(decoding: try input.line(), as: UTF8.self)
            guard let value = Double(text) else { throw FormatError(.pickleValue, "\(text) is no float") }
            try push(.float(value))
        case 0x47: try push(.float(try input.bigEndianDouble()))
        case 0x49:  // INT, which is also how protocol 0 writes True and False
            let line = try input.line()
            if line == [0x30, 0x31] { return try push(.bool(true)) }
            if line == [0x30, 0x30] { return try push(.bool(false)) }
            try push(.int(Int64(try decimal(line))))
        case 0x4A: try push(.int(Int64(try input.int32())))
        case 0x4B: try push(.int(Int64(try input.byte())))
        case 0x4D: try push(.int(Int64(try input.unsigned(2))))
        case 0x4C:  // LONG
            var line = try input.line()
            if line.last == 0x4C { line.removeLast() }
            try pushLong(try PickleText.longBytes(line))
        case 0x8A: try pushLong(try input.array(Int(try input.byte())))
        default:  // LONG4
            let count = try input.int32()
            guard count >= 0 else { throw FormatError(.pickleValue, "an integer of \(count) bytes") }
            try pushLong(try input.array(Int(count)))
        }
    }

    private func pushLong(_ bytes: [UInt8]) throws {
        var bytes = bytes
        while bytes.count > 8, let last = bytes.last {
            let sign = bytes[bytes.count - 2] & 0x80 != 0
            guard last == 0 && !sign || last == 0xFF && sign else { break }
            bytes.removeLast()
        }
        guard bytes.count > 8 else {
            var value: UInt64 = bytes.last ?? 0 >= 0x80 ? .max : 0
            for (index, byte) in bytes.enumerated() {
                value = value & ~(0xFF << UInt64(8 * index)) | UInt64(byte) << UInt64(8 * index)
            }
            return try push(.int(Int64(bitPattern: value)))
        }
        arena.blobs.append(Bytes(bytes))
        try push(.bigInt(arena.blobs.count - 1))
    }

    private func decimal(_ line: [UInt8]) throws -> Int {
        guard let text = String(validating: line, as: UTF8.self), let value = Int(text) else {
            throw FormatError(
                .pickleValue, "\(String(decoding: line.prefix(40), as: UTF8.self)) is no integer of 64 bits")
        }
        return value
    }

    private func string(_ opcode: UInt8, _ input: inout PickleInput) throws {
        switch opcode {
        case 0x53:  // STRING
            arena.blobs.append(Bytes(try PickleText.unquoted(try input.line())))
            try push(.byteString(arena.blobs.count - 1))
        case 0x54, 0x55:  // BINSTRING, SHORT_BINSTRING
            let count = opcode == 0x55 ? Int32(try input.byte()) : try input.int32()
            guard count >= 0 else { throw FormatError(.pickleValue, "a string of \(count) bytes") }
            arena.blobs.append(try input.slice(Int(count)))
            try push(.byteString(arena.blobs.count - 1))
        case 0x56: try push(.string(try PickleText.unescaped(try input.line())))  // UNICODE
        case 0x58: try pushText(try input.array(Int(try input.unsigned(4))))
        case 0x8C: try pushText(try input.array(Int(try input.byte())))
        case 0x8D: try pushText(try input.array(try input.length()))
        default:  // BINBYTES and its relatives
            let count =
                switch opcode {
                case 0x42: Int(try input.unsigned(4))
                case 0x43: Int(try input.byte())
                default: try input.length()
                }
            stack.append(try arena.addBytes(try input.slice(count)))
        }
    }

    private func pushText(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatError(
                .pickleValue, "a string is not UTF-8: \(String(decoding: bytes.prefix(60), as: UTF8.self))")
        }
        try push(.string(text))
    }

    // MARK: Globals

    private func global(_ module: [UInt8], _ name: [UInt8]) throws -> ID {
        let valid = String(validating: module, as: UTF8.self) != nil && String(validating: name, as: UTF8.self) != nil
        let module = PickleGlobals.canonicalModule(String(decoding: module, as: UTF8.self))
        let name = String(decoding: name, as: UTF8.self)
        try checkName(module.utf8.count, "the name of a module")
        try checkName(name.utf8.count, "the name of a global")
        let full = "\(module).\(name)"
        if let known = globalIndex[ExactName(full)] { return try arena.add(.global(known)) }
        guard arena.globals.count < Self.maximumGlobals else {
            throw FormatError(.limitCount, "names more than \(Self.maximumGlobals) classes and functions")
        }
        arena.globals.append(full)
        globalIndex[ExactName(full)] = arena.globals.count - 1
        if !isAllowed(full), !valid || PickleGlobals.verdict(module: module, name: name) == .refused { refuse(full) }
        return try arena.add(.global(arena.globals.count - 1))
    }

    // MARK: Persistent ids

    private func persistent(_ id: ID) throws -> ID {
        if case .numbered(let known) = persistence {
            if let items = arena.items(id), let type = items.first, arena.name(type) != nil { return type }
            let key: String? = if case .int(let number) = arena[id] { String(number) } else { arena.text(id) }
            guard let key, let found = known[key] else {
                throw FormatError(.tensorStorage, "a persistent id that names no tensor of the file")
            }
            return found
        }
        guard let items = arena.items(id), let tag = items.first.flatMap({ arena.text($0) }) else {
            throw FormatError(
                .pickleType, "a persistent id is \(arena.kind(id)), expected a tuple that starts with text")
        }
        // How the legacy container keeps the source of a module's class: the class is what counts.
        if tag == "module", let type = items[checked: 1] { return type }
        guard tag == "storage", items.count >= 5 else {
            throw FormatError(.pickleType, "a persistent id of kind '\(tag)' with \(items.count) parts")
        }
        guard case .storages(let place) = persistence else { return id }
        guard let type = arena.name(items[1]) else {
            throw FormatError(.pickleType, "a storage's class is \(arena.kind(items[1])), expected a global")
        }
        let element = try TorchElementType.storage(type)
        guard let key = arena.text(items[2]) else {
            throw FormatError(.pickleType, "a storage's key is \(arena.kind(items[2])), expected text")
        }
        try checkName(key.utf8.count, "a storage's key")
        guard case .int(let count) = arena[items[4]] else {
            throw FormatError(.pickleType, "a storage's length is \(arena.kind(items[4])), expected an int")
        }
        guard let count = Int(exactly: count), count >= 0, let byteCount = element.byteCount(of: count) else {
            throw FormatError(.tensorStorage, "a storage of \(count) elements", item: key)
        }
        var view: (key: String, offset: Int, count: Int)?
        if let extra = items[checked: 5], let parts = arena.items(extra), parts.count == 3 {
            let offset = try integer(parts[1], "a view's offset"), length = try integer(parts[2], "a view's length")
            guard let end = offset.adding(checked: length), offset >= 0, length >= 0, end <= count,
                let name = arena.text(parts[0])
            else {
                throw FormatError(
                    .tensorBounds, "a view of \(length) elements at \(offset) of a storage of \(count)", item: key)
            }
            try checkName(name.utf8.count, "a view's key")
            view = (name, offset, length)
        }
        let identity = "\(key)\u{0}\(type)\u{0}\(count)\u{0}\(view?.key ?? "")\u{0}\(view?.offset ?? -1)"
        if let known = storageIndex[identity] { return known }
        let width = Swift.max(1, element.bitWidth / 8)
        var storage = PickleStorage(key: key, type: element, byteCount: byteCount, bytes: try place(key, byteCount))
        if let view {
            storage.viewOffset = view.offset.multiplied(checked: width) ?? 0
            storage.byteCount = view.count.multiplied(checked: width) ?? 0
            storage.bytes = try storage.bytes?.slice(at: storage.viewOffset, count: storage.byteCount)
        }
        let made = try arena.addStorage(storage)
        storageIndex[identity] = made
        return made
    }

    // MARK: Numbers out of values

    /// - Throws: `pickle.type` where it is no integer, `tensor.shape` where it doesn't fit.
    func integer(_ id: ID, _ what: String) throws -> Int {
        switch arena[id] {
        case .int(let value):
            guard let value = Int(exactly: value) else { throw FormatError(.tensorShape, "\(what) is \(value)") }
            return value
        case .bool(let value): return value ? 1 : 0
        case .bigInt: throw FormatError(.tensorShape, "\(what) is an integer past 64 bits")
        default: throw FormatError(.pickleType, "\(what) is \(arena.kind(id)), expected an int")
        }
    }

    func integers(_ id: ID, _ what: String) throws -> [Int] {
        guard let items = arena.items(id) else {
            throw FormatError(.pickleType, "\(what) is \(arena.kind(id)), expected a tuple of ints")
        }
        try charge(items.count)
        return try items.map { try integer($0, what) }
    }

    /// Places the storages that were not known while the pickle was read.
    func placeStorages(_ place: (PickleStorage) throws -> Bytes) throws {
        for index in arena.storages.indices where arena.storages[index].bytes == nil {
            arena.storages[index].bytes = try locating(item: "storage \(arena.storages[index].key)") {
                try place(arena.storages[index])
            }
        }
    }
}
