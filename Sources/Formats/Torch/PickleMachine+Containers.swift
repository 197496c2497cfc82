import GraphIR

/// APPEND, SETITEM, ADDITEMS and BUILD: what changes a value that is there already.
extension PickleMachine {
    func append(_ target: ID, _ items: [ID]) throws {
        try charge(items.count)
        switch arena[target] {
        case .list(let index): arena.children[index] += items
        case .object(let index): arena.objects[index].items += items
        default: throw FormatError(.pickleType, "appends to \(arena.kind(target)), expected a list")
        }
    }

    func addItems(_ target: ID, _ items: [ID]) throws {
        guard case .set(let index) = arena[target] else {
            throw FormatError(.pickleType, "adds to \(arena.kind(target)), expected a set")
        }
        try charge(items.count)
        for item in items { try checkHashable(item) }
        arena.children[index] += items
    }

    func setItems(_ target: ID, _ items: [ID]) throws {
        guard items.count.isMultiple(of: 2) else {
            throw FormatError(.pickleStack, "a key without a value")
        }
        try charge(items.count)
        for position in stride(from: 0, to: items.count, by: 2) { try checkHashable(items[position]) }
        switch arena[target] {
        case .dictionary(let index): arena.children[index] += items
        case .object(let index): arena.objects[index].entries += items
        default: throw FormatError(.pickleType, "sets an item of \(arena.kind(target)), expected a dict")
        }
    }

    /// Parts of a key that are looked at: keys are numbers, text, or tuples of a few.
    private static let maximumKeyParts = 64

    /// Lists, dictionaries and sets can't be keys, nor can a tuple that holds one.
    func checkHashable(_ id: ID) throws {
        var pending = [id]
        var parts = 0
        while let next = pending.popLast() {
            parts += 1
            guard parts <= Self.maximumKeyParts else {
                throw FormatError(.limitCount, "a key of more than \(Self.maximumKeyParts) parts")
            }
            switch arena[next] {
            case .list, .dictionary, .set, .numpyType:
                throw FormatError(.pickleType, "\(arena.kind(next)) can't be a key or an element of a set")
            case .tuple(let index): pending += arena.children[index].prefix(Self.maximumKeyParts + 1)
            default: break
            }
        }
    }

    /// BUILD: hands `state` to what was made.
    func build(_ target: ID, _ state: ID) throws {
        switch arena[target] {
        case .object(let index):
            let object = arena.objects[index]
            if object.className == "numpy.ndarray" { return try buildArray(target, state) }
            if isTensorClass(object.className), let parts = arena.items(state), parts.count >= 4 {
                // `torch.Tensor.__setstate__` of PyTorch 0.1: storage, offset, size, stride.
                let tensor = try view(parts[0], parts[1], parts[2], parts[3], type: nil)
                arena.tensors.append(tensor)
                arena[target] = .tensor(arena.tensors.count - 1)
                return
            }
            if isTensorClass(object.className), object.className != "torch.nn.parameter.Parameter" {
                throw FormatError(.pickleType, "the state of a \(object.className) is \(arena.kind(state))")
            }
            arena.objects[index].state = state
        case .numpyType(let index):
            guard let parts = arena.items(state), parts.count >= 5, let order = arena.text(parts[1]) else {
                throw FormatError(.pickleType, "the state of a dtype is \(arena.kind(state))")
            }
            arena.numpyTypes[index].isBigEndian = order == ">"
            if case .none = arena[parts[2]], case .none = arena[parts[3]] { return }
            arena.numpyTypes[index].isStructured = true
        case .dictionary, .list, .set:
            guard isState(state) else {
                throw FormatError(
                    .pickleType, "the state of \(arena.kind(target)) is \(arena.kind(state)), expected a dict")
            }
            try noteAttributes(of: target, state)
        case .tensor(let index):
            guard isState(state) else {
                throw FormatError(.pickleType, "the state of a tensor is \(arena.kind(state)), expected a dict")
            }
            arena.tensors[index].attributes = state
        default:
            throw FormatError(.pickleType, "\(arena.kind(target)) can't be given a state")
        }
    }

    private func isState(_ id: ID) -> Bool {
        switch arena[id] {
        case .none, .dictionary: true
        case .tuple(let index): arena.children[index].count == 2
        default: false
        }
    }

    /// Attributes of a dictionary are not kept; `_metadata` (versions of modules) is on every state dict.
    private func noteAttributes(of target: ID, _ state: ID) throws {
        guard case .dictionary(let index) = arena[state] else { return }
        let pairs = arena.children[index]
        try charge(pairs.count)
        for position in stride(from: 0, to: pairs.count, by: 2) {
            let name = arena.text(pairs[position]) ?? "?"
            if name != "_metadata" { note("the attribute '\(name)' of \(arena.kind(target)) is not kept") }
        }
    }
}
