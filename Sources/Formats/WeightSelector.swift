import GraphIR
import OrderedCollections

/// Finds the weights in what a PyTorch file holds.
///
/// Descends through the wrappers of training checkpoints (`state_dict`, `model` …, in the order of ``weightKeys``) to the
/// first dictionary or module that holds tensors, and keeps a record of what it passed. Recursion is bounded by the depth
/// of ``PickledValue``.
struct WeightSelector {
    let options: ReadOptions
    private(set) var stateDict = StateDict()
    private(set) var selection = Selection()
    private(set) var notes: [String] = []
    private var storages: OrderedDictionary<String, [(name: String, count: Int)]> = [:]

    private var nameBytes = 0
    private var quantised: [String] = []
    private var sparse: [String] = []
    private var absent: [String] = []
    /// Values that were looked at in search of tensors. Shared by copies: the search doesn't change the selector.
    private let visits = Visits()

    private final class Visits {
        var count = 0
    }

    /// Bytes of all names together: a million names of 64 bytes. Two keys of a megabyte over a thousand tensors each
    /// would be more.
    private static let maximumNameBytes = 1 << 26
    /// Values that are looked at: each once for every level above it, and checkpoints nest their weights three deep.
    private static let maximumVisits = 1 << 23

    init(options: ReadOptions) { self.options = options }

    /// Keys under which training programs keep the weights, the surest first (timm, Lightning, mmcv, pycls, DINO,
    /// basicsr, I-JEPA).
    static let weightKeys = [
        "state_dict", "model", "module", "params", "net", "network", "weights", "model_state", "model_state_dict",
        "student", "base_model", "classy_state_dict", "generator", "encoder", "base_encoder",
    ]
    /// Keys of averaged weights.
    static let averageKeys = [
        "state_dict_ema", "model_ema", "params_ema", "ema_state", "ema_state_dict", "ema_model", "ema", "teacher",
        "target_encoder",
    ]
    /// Keys of tensors that are no weights.
    static let trainingKeys: Set<String> = [
        "optimizer", "optimizers", "optimizer_state", "optimizer_state_dict", "optimizer_states", "optim", "scheduler",
        "schedulers", "lr_scheduler", "lr_schedulers", "scheduler_state_dict", "scaler", "amp_scaler", "loss_scaler",
        "grad_scaler", "rng_state", "rng_states", "callbacks", "loops", "logs", "args", "config", "cfg", "metric",
        "history",
    ]

    // MARK: Choosing

    /// - Throws: `tensor.missing` where there are none; `usage` where `selectPath` or `preferEMA` finds nothing;
    ///   `pickle.duplicate`.
    mutating func select(from root: PickledValue) throws {
        var value = root
        var path: [String] = []
        if let wanted = options.selectPath { (value, path) = try descend(root, along: wanted) }
        var usedAverage = false
        while let step = nextStep(in: value, path: path) {
            record(siblingsOf: step.key, in: value, path: path)
            usedAverage = usedAverage || Self.averageKeys.contains(step.key)
            path.append(step.key)
            value = step.value
        }
        if options.preferEMA, !usedAverage, options.selectPath == nil {
            throw FormatError(
                .usage, "--ema asks for averaged weights, the checkpoint holds none under \(listing(Self.averageKeys))",
                hint: "leave --ema out, or name the place with --select")
        }
        selection.chosenPath = path.joined(separator: ".")
        try collect(value, prefix: "", depth: 0)
        guard visits.count <= Self.maximumVisits else {
            throw FormatError(
                .limitCount, "so many values nest so deep that more than \(Self.maximumVisits) would be looked at",
                hint: "name the place of the weights with --select")
        }
        for (names, what) in [
            (quantised, "is quantised: these are its integers"), (sparse, "was sparse and is dense here"),
            (absent, "has a shape but no data (a meta tensor)"),
        ] where !names.isEmpty {
            notes.append("\(listing(names)) \(what)")
        }
        guard stateDict.count > 0 else {
            let keys = members(of: value).map { $0.map(\.key) } ?? []
            throw FormatError(
                .tensorMissing, "holds no tensors", item: path.isEmpty ? nil : selection.chosenPath,
                hint: keys.isEmpty ? nil : "what is there: \(listing(keys))")
        }
        for (_, views) in storages where views.count > 1 { tie(views) }
    }

    /// Views of one storage are tied where they hold the same elements; tensors that were merely cut out of one block
    /// of memory aren't.
    private mutating func tie(_ views: [(name: String, count: Int)]) {
        struct Place: Hashable {
            let source: ObjectIdentifier
            let start: Int
            let count: Int
        }
        var groups: OrderedDictionary<Place, [String]> = [:]
        for view in views {
            guard let tensor = stateDict[view.name], view.count > 0, let bytes = try? tensor.bytes() else { continue }
            let place = Place(source: ObjectIdentifier(bytes.source), start: bytes.start, count: bytes.count)
            groups[place, default: []].append(view.name)
        }
        for group in groups.values where group.count > 1 { stateDict.tied.append(group) }
    }

    private func descend(_ root: PickledValue, along wanted: String) throws -> (PickledValue, [String]) {
        var value = root
        var path: [String] = []
        var rest = wanted[...]
        while !rest.isEmpty {
            let entries = members(of: value) ?? []
            // Keys may hold dots themselves: the longest that fits wins.
            let fitting = entries.filter { rest == $0.key || rest.hasPrefix($0.key + ".") }
            guard let entry = fitting.max(by: { $0.key.utf8.count < $1.key.utf8.count }), !entry.key.isEmpty else {
                throw FormatError(
                    .usage,
                    "--select \(wanted): there is no '\(rest)'\(path.isEmpty ? "" : " in " + path.joined(separator: "."))",
                    hint: entries.isEmpty ? "what is there has no keys" : "keys there: \(listing(entries.map(\.key)))")
            }
            path.append(entry.key)
            value = entry.value
            rest = rest.dropFirst(entry.key.count)
            if rest.hasPrefix(".") { rest = rest.dropFirst() }
        }
        return (value, path)
    }

    private func nextStep(in value: PickledValue, path: [String]) -> (key: String, value: PickledValue)? {
        if isModule(value) { return nil }
        guard let entries = members(of: value) else { return nil }
        let holders = entries.filter { !isTensor($0.value) && holdsTensors($0.value) }
        let keys =
            options.preferEMA
            ? Self.averageKeys + Self.weightKeys
            : Self.weightKeys + Self.averageKeys
        if case .dictionary = value, isFlat(entries) { return nil }
        for key in keys {
            if let entry = holders.first(where: { $0.key == key }) { return entry }
        }
        if entries.contains(where: { isTensor($0.value) }) { return nil }
        let candidates = holders.filter { !Self.trainingKeys.contains($0.key) }
        return candidates.count == 1 ? candidates.first : nil
    }

    /// A dictionary of tensors alone is final, whatever its keys are called.
    private func isFlat(_ entries: [(key: String, value: PickledValue)]) -> Bool {
        !entries.isEmpty && entries.allSatisfy { isTensor($0.value) }
    }

    private mutating func record(siblingsOf key: String, in value: PickledValue, path: [String]) {
        for entry in members(of: value) ?? [] where entry.key != key {
            let place = (path + [entry.key]).joined(separator: ".")
            note(entry.value, at: place)
            if path.isEmpty, let text = scalarText(entry.value) { stateDict.metadata[entry.key] = text }
        }
    }

    private mutating func note(_ value: PickledValue, at place: String) {
        let count = tensorCount(value)
        if count > 0 {
            selection.alternatives.append((place, count))
        } else {
            selection.others.append((place, summary(value)))
        }
    }

    // MARK: Collecting

    private mutating func collect(_ value: PickledValue, prefix: String, depth: Int) throws {
        if case .tensor(let tensor) = value {
            try add(tensor, name: prefix.isEmpty ? "tensor" : prefix)
            return
        }
        if isModule(value) {
            try collectModule(value, prefix: prefix)
            return
        }
        guard let entries = members(of: value) else {
            if !prefix.isEmpty { note(value, at: prefix) }
            return
        }
        for (key, member) in entries {
            let name = prefix.isEmpty ? key : "\(prefix).\(key)"
            if isTensor(member) {
                try collect(member, prefix: name, depth: depth + 1)
            } else if holdsTensors(member) {
                if depth == 0 && Self.trainingKeys.contains(key) {
                    note(member, at: name)
                } else {
                    try collect(member, prefix: name, depth: depth + 1)
                }
            } else if !isBookkeeping(key, member, depth: depth) {
                note(member, at: name)
                if depth == 0, let text = scalarText(member) { stateDict.metadata[key] = text }
            }
        }
    }

    /// The `state_dict()` of a pickled `torch.nn.Module`: parameters, persistent buffers, then the modules within.
    private mutating func collectModule(_ value: PickledValue, prefix: String) throws {
        let attributes = attributes(of: value)
        func member(_ key: String) -> PickledValue? { attributes.first { $0.key == key }?.value }
        var transient: Set<String> = []
        if case .set(let names)? = member("_non_persistent_buffers_set") {
            for case .string(let name) in names { transient.insert(name) }
        }
        let dot = prefix.isEmpty ? "" : prefix + "."
        for group in ["_parameters", "_buffers"] {
            for (key, value) in member(group).flatMap({ members(of: $0) }) ?? [] {
                guard case .tensor(let tensor) = value else { continue }
                if group == "_buffers" && transient.contains(key) {
                    selection.others.append((dot + key, "a buffer that the module doesn't save"))
                } else {
                    try add(tensor, name: dot + key)
                }
            }
        }
        for (key, value) in member("_modules").flatMap({ members(of: $0) }) ?? [] {
            try collect(value, prefix: dot + key, depth: 1)
        }
    }

    private mutating func add(_ pickled: PickledTensor, name: String) throws {
        guard stateDict[name] == nil else {
            throw FormatError(
                .pickleDuplicate, "two tensors go by this name", item: "tensor '\(name)'",
                hint: "choose one place with --select")
        }
        guard let sum = nameBytes.adding(checked: name.utf8.count), sum <= Self.maximumNameBytes else {
            throw FormatError(.limitMemory, "the tensors' names take more than \(Self.maximumNameBytes) bytes")
        }
        nameBytes = sum
        stateDict[name] = pickled.tensor
        storages[pickled.storage, default: []].append((name, pickled.tensor.count))
        if pickled.quantization != nil { quantised.append(name) }
        if pickled.isSparse { sparse.append(name) }
        if pickled.isMeta { absent.append(name) }
    }

    // MARK: Looking

    /// What every module of a TorchScript archive has, and modules without weights: an activation, say.
    private func isBookkeeping(_ key: String, _ value: PickledValue, depth: Int) -> Bool {
        if key == "training" || key == "_is_full_backward_hook" { return true }
        guard depth > 0, case .object = value else { return false }
        return true
    }

    private func isTensor(_ value: PickledValue) -> Bool {
        if case .tensor = value { return true }
        return false
    }

    private func isModule(_ value: PickledValue) -> Bool {
        guard case .object = value else { return false }
        let keys = Set(attributes(of: value).map(\.key))
        return keys.contains("_parameters") && keys.contains("_modules")
    }

    private func attributes(of value: PickledValue) -> [(key: String, value: PickledValue)] {
        guard case .object(let object) = value, let state = object.state else { return [] }
        if case .object = state { return [] }
        // A state may be a pair of `__dict__` and slots.
        if case .tuple(let parts) = state { return parts.flatMap { members(of: $0) ?? [] } }
        return members(of: state) ?? []
    }

    /// What a container holds, under text keys; `nil` for what is no container.
    private func members(of value: PickledValue) -> [(key: String, value: PickledValue)]? {
        switch value {
        case .dictionary(let entries): return keyed(entries)
        case .list(let items), .tuple(let items): return named(items)
        case .object(let object):
            return keyed(object.entries) + (object.items.isEmpty ? [] : named(object.items)) + attributes(of: value)
        default: return nil
        }
    }

    private func keyed(
        _ entries: [(key: PickledValue, value: PickledValue)]
    ) -> [(key: String, value: PickledValue)] {
        entries.map { entry in
            switch entry.key {
            case .string(let key): (key, entry.value)
            case .int(let number): (String(number), entry.value)
            default: ("(\(summary(entry.key)))", entry.value)
            }
        }
    }

    /// Items go by their index; pairs of a name and a tensor by their name.
    private func named(_ items: [PickledValue]) -> [(key: String, value: PickledValue)] {
        let pairs = items.compactMap { item -> (key: String, value: PickledValue)? in
            guard case .tuple(let parts) = item, parts.count == 2, case .string(let name)? = parts.first,
                let value = parts.last, isTensor(value)
            else { return nil }
            return (name, value)
        }
        if !items.isEmpty && pairs.count == items.count { return pairs }
        return items.enumerated().map { (String($0.offset), $0.element) }
    }

    /// Tensors in a value, however deep.
    private func tensorCount(_ value: PickledValue) -> Int {
        if isTensor(value) { return 1 }
        visits.count += 1
        guard visits.count <= Self.maximumVisits else { return 0 }
        return (members(of: value) ?? []).reduce(0) { $0 + tensorCount($1.value) }
    }

    /// Whether there are any; quicker than to count them.
    private func holdsTensors(_ value: PickledValue) -> Bool {
        if isTensor(value) { return true }
        visits.count += 1
        guard visits.count <= Self.maximumVisits else { return false }
        return (members(of: value) ?? []).contains { holdsTensors($0.value) }
    }

    /// Text of a plain value, kept as metadata; the length is what a line of `inspect` bears.
    private func scalarText(_ value: PickledValue) -> String? {
        switch value {
        case .string(let text): text.utf8.count <= 1000 ? text : nil
        case .int(let number): String(number)
        case .float(let number): String(number)
        case .bool(let value): value ? "True" : "False"
        default: nil
        }
    }

    private func summary(_ value: PickledValue) -> String {
        switch value {
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let number): String(number)
        case .bigInt: "an integer past 64 bits"
        case .float(let number): String(number)
        case .complex(let real, let imaginary): "\(real) + \(imaginary)j"
        case .string(let text): "'\(text.prefix(60))\(text.count > 60 ? "…" : "")'"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .tensor(let tensor): "a tensor \(tensor.tensor.shape)"
        case .list(let items): "a list of \(items.count)"
        case .tuple(let items): "a tuple of \(items.count)"
        case .set(let items): "a set of \(items.count)"
        case .dictionary(let entries): "a dictionary of \(entries.count)"
        case .object(let object): "an instance of \(object.className)"
        case .global(let name): name
        }
    }
}
