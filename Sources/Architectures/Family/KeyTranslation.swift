import GraphIR
import OrderedCollections

/// A key format of other authors, and how it becomes a family's own.
///
/// Keys are compared part by part, parts being what stands between dots; `#` stands for a number, alone or in a part
/// (`block_#`), and in the new key for the same number. Whatever follows the pattern (`.weight`, `.bias`) is kept.
/// In files of JAX parts stand between strokes (`Transformer/encoderblock_0`); here between dots, too.
struct KeyTranslation: Sendable {
    typealias Change = @Sendable (Tensor) throws -> Tensor

    enum Rule: Sendable {
        /// Renamed, the bits as they are.
        case rename(String, String)
        /// Several modules' rows one below the other: separate queries, keys and values, each rearranged first.
        case stack([String], String, Change = { $0 })
        /// Renamed and rearranged.
        case change(String, String, Change)
        /// Left out, and said so: what inference doesn't use. The empty pattern is every key's.
        case drop(String)
    }

    /// The name of the format.
    var name: String
    /// Keys that only this format has: all must be there.
    var anchors: [String]
    /// What there is to see besides, where keys don't tell.
    var applies: @Sendable (StateDict) -> Bool = { _ in true }
    /// The rules for a checkpoint. The first that matches a key counts; a key that none matches stays.
    var rules: @Sendable (StateDict) -> [Rule]
    /// What the format says of what shapes can't tell, by timm's names of hyperparameters.
    var facts: @Sendable (StateDict) -> [String: String] = { _ in [:] }
    /// What there is to say besides.
    var remark: String?
    /// What stands before the rules: keys that hold several modules, cut apart.
    var prepare: @Sendable (StateDict) throws -> StateDict = { $0 }
    /// What is left to do once the keys are the family's own.
    var finish: @Sendable (inout StateDict) throws -> Void = { _ in }

    /// A translation by rules alone.
    init(name: String, anchors: [String], rules: @escaping @Sendable (StateDict) -> [Rule]) {
        self.name = name
        self.anchors = anchors
        self.rules = rules
    }

    /// The weights under the family's own keys; `nil` where the anchors aren't there.
    func apply(to weights: StateDict, note: (String) -> Void) throws -> StateDict? {
        guard anchors.allSatisfy({ weights[$0] != nil }), applies(weights) else { return nil }
        let weights = try prepare(weights)
        var result = StateDict()
        result.metadata = weights.metadata
        var stacks: OrderedDictionary<String, [Tensor?]> = [:]
        var dropped = 0
        let rules = rules(weights)
        for (key, tensor) in weights.tensors {
            let name = key.string.replacing("/", with: ".")
            guard let rule = rules.lazy.compactMap({ match($0, name) }).first else {
                result[key.string] = tensor
                continue
            }
            switch rule {
            case .name(let name): result[name] = tensor
            case .changed(let name, let change): result[name] = try change(tensor)
            case .part(let name, let index, let count, let change):
                let tensor = try change(tensor)
                stacks[name, default: [Tensor?](repeating: nil, count: count)][index] = tensor
                // Takes the place in the order of the file.
                if result[name] == nil { result[name] = tensor }
            case .dropped: dropped += 1
            }
        }
        for (name, parts) in stacks {
            // A stack that lacks a part keeps the others' shape, and is found wrong by the builder.
            if let whole = try stacked(parts.compactMap { $0 }) { result[name] = whole }
        }
        try finish(&result)
        if let remark { note(remark) }
        if dropped > 0 { note("\(dropped) tensors of the \(name) format aren't used at inference and were left out") }
        note("keys: \(name), translated to timm's")
        return result
    }

    private enum Match {
        case name(String)
        case changed(String, Change)
        case part(String, Int, Int, Change)
        case dropped
    }

    private func match(_ rule: Rule, _ key: String) -> Match? {
        switch rule {
        case .rename(let pattern, let new): translated(key, pattern, new).map { .name($0) }
        case .change(let pattern, let new, let change):
            translated(key, pattern, new).map { .changed($0, change) }
        case .stack(let patterns, let new, let change):
            patterns.indices.lazy.compactMap { index in
                translated(key, patterns[index], new).map { .part($0, index, patterns.count, change) }
            }.first
        case .drop(let pattern): translated(key, pattern, "") != nil ? .dropped : nil
        }
    }
}

/// A checkpoint under the keys that families' translations give it: timm's, whatever the architecture is.
/// - Returns: for each format that it may be in, the weights and what there is to say.
package func translations(of weights: StateDict) -> [(weights: StateDict, notes: [String])] {
    ArchitectureFamilies.all.flatMap { $0.translations }.compactMap { translation in
        var (translation, notes) = (translation, [String]())
        // What there is to say of the family's own model.
        translation.remark = nil
        let result = try? translation.apply(to: weights) { notes.append($0) }
        return result.map { ($0, notes) }
    }
}

/// The key with what `pattern` describes put in the form `new`, or `nil` where it doesn't begin like that.
func translated(_ key: String, _ pattern: String, _ new: String) -> String? {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    let wanted = pattern.split(separator: ".")
    guard parts.count >= wanted.count else { return nil }
    var numbers: [Substring] = []
    for (part, want) in zip(parts, wanted) {
        guard let mark = want.firstIndex(of: "#") else {
            if part != want { return nil }
            continue
        }
        let before = want[..<mark]
        let number = part.dropFirst(before.count)
        guard part.hasPrefix(before), !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        numbers.append(number)
    }
    var next = numbers.makeIterator()
    var head: [String] = []
    for part in new.split(separator: ".") {
        guard let mark = part.firstIndex(of: "#") else {
            head.append(String(part))
            continue
        }
        head.append(String(part[..<mark]) + String(next.next() ?? "#"))
    }
    return (head + parts.dropFirst(wanted.count).map(String.init)).joined(separator: ".")
}

/// The tensors' rows one below the other; `nil` where types or rows differ.
private func stacked(_ tensors: [Tensor]) throws -> Tensor? {
    guard let first = tensors.first, !first.shape.isEmpty else { return nil }
    var rows = 0
    for tensor in tensors {
        guard tensor.elementType == first.elementType, tensor.shape.dropFirst() == first.shape.dropFirst(),
            let more = tensor.shape.first, let sum = rows.adding(checked: more)
        else { return nil }
        rows = sum
    }
    let source = RowsSource(try tensors.map { try $0.bytes() })
    return try Tensor(first.elementType, shape: [rows] + first.shape.dropFirst(), bytes: Bytes(source))
}

/// Several runs of bytes one after the other.
private final class RowsSource: ByteSource {
    private let parts: [Bytes]
    let count: Int

    init(_ parts: [Bytes]) {
        self.parts = parts
        count = parts.reduce(0) { $0 &+ $1.count }
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var start = 0
        var done = 0
        for part in parts {
            let from = max(offset + done - start, 0)
            if from < part.count, done < buffer.count {
                let length = min(part.count - from, buffer.count - done)
                try part.read(
                    at: from, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + length)]))
                done += length
            }
            start += part.count
        }
    }
}
