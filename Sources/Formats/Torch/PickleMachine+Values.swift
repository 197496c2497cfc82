import GraphIR

/// Turns the arena into a tree of bounded depth and size, and raw tensors into dense ones.
extension PickleMachine {
    /// - Throws: `limit.depth`, `limit.count`, `pickle.duplicate`, and what is wrong with tensors.
    func value(_ root: ID) throws -> PickledValue {
        var builder = ValueBuilder(machine: self)
        return try builder.value(root, depth: 0).value
    }
}

private struct ValueBuilder {
    typealias ID = PickleArena.ID
    /// A value and how many values it holds, itself included.
    typealias Counted = (value: PickledValue, count: Int)

    let machine: PickleMachine
    private var known: [ID: Counted] = [:]
    private var building: Set<ID> = []
    private var path: [String] = []
    /// Bytes of keys and of plain byte strings so far.
    private var keyBytes = 0
    private var plainBytes = 0

    /// Bytes of all keys together: names of 60 bytes for as many values as there may be.
    private static let maximumKeyBytes = 1 << 26
    /// Bytes that are no tensor's and go into memory: states of random number generators, tokenizers, small images.
    private static let maximumPlainBytes = 1 << 26

    init(machine: PickleMachine) { self.machine = machine }

    /// Where we are, for messages: the outer end of a deep path.
    private var place: String {
        path.prefix(12).joined(separator: ".") + (path.count > 12 ? "…" : "")
    }

    mutating func value(_ id: ID, depth: Int) throws -> Counted {
        if let known = known[id] { return known }
        guard depth <= PickledValue.maximumDepth else {
            throw FormatError(
                .limitDepth, "values nest deeper than \(PickledValue.maximumDepth)", item: place)
        }
        guard building.insert(id).inserted else {
            machine.note("a value that contains itself was cut at '\(place)'")
            return (.global("(recursive reference)"), 1)
        }
        defer { building.remove(id) }
        let made = try make(id, depth: depth)
        known[id] = made
        return made
    }

    private func counted(_ sum: Int, _ more: Int) throws -> Int {
        guard let total = sum.adding(checked: more), total <= PickledValue.maximumCount else {
            throw FormatError(
                .limitCount, "holds more than \(PickledValue.maximumCount) values once shared ones are written out",
                item: place)
        }
        return total
    }

    private mutating func plain(_ bytes: Bytes) throws -> [UInt8] {
        guard let sum = plainBytes.adding(checked: bytes.count), sum <= Self.maximumPlainBytes else {
            throw FormatError(
                .limitMemory, "holds more than \(Self.maximumPlainBytes) bytes in byte strings that are no tensors",
                item: place, hint: "save such data in a file of its own")
        }
        plainBytes = sum
        return try bytes.array()
    }

    private mutating func make(_ id: ID, depth: Int) throws -> Counted {
        let arena = machine.arena
        switch arena[id] {
        case .none: return (.none, 1)
        case .bool(let value): return (.bool(value), 1)
        case .int(let value): return (.int(value), 1)
        case .bigInt(let index): return (.bigInt(try arena.blobs[index].array()), 1)
        case .float(let value): return (.float(value), 1)
        case .complex(let real, let imaginary): return (.complex(real, imaginary), 1)
        case .string(let text): return (.string(text), 1)
        case .byteString(let index):
            let bytes = try plain(arena.blobs[index])
            return (String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes), 1)
        case .bytes(let index): return (.bytes(try plain(arena.blobs[index])), 1)
        case .global(let index): return (.global(arena.globals[index]), 1)
        case .storage(let index): return (.tensor(try storage(index)), 1)
        case .numpyType(let index): return (.global("numpy.dtype.\(arena.numpyTypes[index].code)"), 1)
        case .list(let index):
            let items = try values(arena.children[index], depth: depth)
            return (.list(items.0), items.1)
        case .tuple(let index):
            let items = try values(arena.children[index], depth: depth)
            return (.tuple(items.0), items.1)
        case .set(let index):
            let items = try values(arena.children[index], depth: depth)
            return (.set(items.0), items.1)
        case .dictionary(let index):
            let pairs = try pairs(arena.children[index], depth: depth)
            return (.dictionary(pairs.0), pairs.1)
        case .tensor(let index): return try tensor(arena.tensors[index], id: id, depth: depth)
        case .object(let index): return try object(arena.objects[index], depth: depth)
        }
    }

    private mutating func values(_ ids: [ID], depth: Int) throws -> ([PickledValue], Int) {
        var result: [PickledValue] = []
        var count = 1
        for (index, id) in ids.enumerated() {
            path.append(String(index))
            let item = try value(id, depth: depth + 1)
            path.removeLast()
            result.append(item.value)
            count = try counted(count, item.count)
        }
        return (result, count)
    }

    private mutating func pairs(
        _ ids: [ID], depth: Int
    ) throws -> ([(key: PickledValue, value: PickledValue)], Int) {
        var result: [(key: PickledValue, value: PickledValue)] = []
        var seen: Set<ExactName> = []
        var count = 1
        for position in stride(from: 0, to: ids.count - 1, by: 2) {
            let text = machine.arena.text(ids[position])
            guard let sum = keyBytes.adding(checked: text?.utf8.count ?? 0), sum <= Self.maximumKeyBytes else {
                throw FormatError(.limitMemory, "the keys take more than \(Self.maximumKeyBytes) bytes")
            }
            keyBytes = sum
            if let text, !seen.insert(ExactName(text)).inserted {
                throw FormatError(
                    .pickleDuplicate, "two values under one key", item: (path + [text]).joined(separator: "."))
            }
            let key = try value(ids[position], depth: depth + 1)
            path.append(text ?? "?")
            let item = try value(ids[position + 1], depth: depth + 1)
            path.removeLast()
            result.append((key.value, item.value))
            count = try counted(try counted(count, key.count), item.count)
        }
        return (result, count)
    }

    private mutating func object(_ raw: RawObject, depth: Int) throws -> Counted {
        let arguments = try values(raw.arguments, depth: depth)
        let items = try values(raw.items, depth: depth)
        let entries = try pairs(raw.entries, depth: depth)
        var count = try counted(try counted(arguments.1, items.1), entries.1)
        var state: PickledValue?
        if let id = raw.state {
            let made = try value(id, depth: depth + 1)
            state = made.value
            count = try counted(count, made.count)
        }
        let made = PickledObject(
            className: raw.className, arguments: arguments.0, state: state, items: items.0, entries: entries.0)
        return (.object(made), count)
    }

    // MARK: Tensors

    private func storage(_ index: Int) throws -> PickledTensor {
        let storage = machine.arena.storages[index]
        let width = Swift.max(1, storage.type.bitWidth / 8)
        let raw = RawTensor(
            type: storage.type, shape: [storage.byteCount / width],
            content: .view(storage: index, offset: 0, strides: [1]))
        return PickledTensor(try dense(raw), storage: storage.key)
    }

    private mutating func tensor(_ raw: RawTensor, id: ID, depth: Int) throws -> Counted {
        let place = place
        return try locating(item: place.isEmpty ? nil : place) {
            var made = PickledTensor(
                try dense(raw), storage: identity(raw, id), isParameter: raw.isParameter,
                requiresGradient: raw.requiresGradient, className: raw.className)
            switch raw.content {
            case .meta: made.isMeta = true
            case .coordinates, .compressed: made.isSparse = true
            default: break
            }
            switch raw.quantizer {
            case .perTensor(let scale, let zeroPoint):
                made.quantization = .perTensor(scale: scale, zeroPoint: zeroPoint)
            case .perChannel(let scales, let zeroPoints, let axis):
                made.quantization = .perChannel(
                    scales: try dense(machine.arena.tensors[scales]),
                    zeroPoints: try dense(machine.arena.tensors[zeroPoints]), axis: axis)
            case nil: break
            }
            var count = 1
            if let state = raw.attributes {
                let attributes = try value(state, depth: depth + 1)
                if case .none = attributes.value {} else { made.attributes = attributes.value }
                count = try counted(count, attributes.count)
            }
            return (.tensor(made), count)
        }
    }

    private func identity(_ raw: RawTensor, _ id: ID) -> String {
        if case .view(let index, _, _) = raw.content { return machine.arena.storages[index].key }
        return "value \(id)"
    }

    private func dense(_ raw: RawTensor) throws -> Tensor {
        let bytes: Bytes
        switch raw.content {
        case .dense(let content): bytes = content
        case .meta: bytes = Bytes(AbsentSource(count: try Tensor.byteCount(raw.type, shape: raw.shape)))
        case .view(let index, let offset, let strides):
            let storage = machine.arena.storages[index]
            guard var content = storage.bytes else {
                throw FormatError(.tensorStorage, "storage \(storage.key) is not in the file")
            }
            let unit = byteOrderUnit(raw.type)
            if machine.isBigEndian, unit > 1 {
                let whole = content.count / unit * unit
                content = Bytes(SwappedSource(try content.slice(at: 0, count: whole), unit: unit))
            }
            let layout = try TensorLayout(
                raw.type, shape: raw.shape, strides: strides, offset: offset, storageBytes: content.count)
            bytes = try layout.bytes(of: content)
        case .coordinates(let indices, let values):
            bytes = try SparseTensor.coordinates(
                try dense(machine.arena.tensors[indices]), try dense(machine.arena.tensors[values]), shape: raw.shape)
        case .compressed(let outer, let inner, let values, let byRow):
            bytes = try SparseTensor.compressed(
                outer: try dense(machine.arena.tensors[outer]), inner: try dense(machine.arena.tensors[inner]),
                values: try dense(machine.arena.tensors[values]), shape: raw.shape, byRow: byRow)
        }
        return try Tensor(raw.type, shape: raw.shape, bytes: bytes)
    }
}
