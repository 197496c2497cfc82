import Formats
import GraphIR
import OrderedCollections

/// The way back from a model to the checkpoint it was made of.
///
/// The model's metadata entry `weightbridge.state_dict` is a JSON array with one item for each key of the checkpoint
/// that the architecture has, in the checkpoint's order: a string names an initializer; an object
/// `{"name", "type", "shape", "bytes"}` is a tensor that no node uses (`num_batches_tracked`), with ONNX's type name
/// and its little-endian bytes in hexadecimal. Such tensors aren't kept as initializers because runtimes warn about
/// initializers without a use.
extension WeightLedger {
    func record() throws -> String {
        var declared = StateDict()
        for (key, tensor) in weights.tensors where declarations[key] != nil { declared[key.string] = tensor }
        return try stateDictRecord(of: declared, inline: Set(kept))
    }
}

extension Model {
    /// Leaves out of the record what names an initializer that isn't there any more.
    mutating func trimStateDictRecord() throws {
        guard let index = metadata.lastIndex(where: { $0.key == MetadataKey.stateDict }),
            case .array(let items) = try JSONValue.parse(Array(metadata[index].value.utf8))
        else { return }
        let left = items.filter { item in
            guard case .string(let key) = item else { return true }
            return graph.id(named: key).map { graph.initializers[$0] != nil } ?? false
        }
        metadata[index].value = JSONValue.array(left).serialized(pretty: false)
    }
}

/// The record of a state dict; see ``WeightLedger/record()``.
/// - Parameter inline: the keys of tensors that no node uses. Those above ``WeightLedger/keptLimit`` are left out.
package func stateDictRecord(of weights: StateDict, inline: Set<ExactName>) throws -> String {
    var items: [JSONValue] = []
    for (key, tensor) in weights.tensors {
        guard inline.contains(key) else {
            items.append(.string(key.string))
            continue
        }
        guard case .bytes(let bytes) = tensor.contents, bytes.count <= stateDictInlineLimit else { continue }
        items.append(
            .object([
                ("name", .string(key.string)), ("type", .string(tensor.elementType.onnxName)),
                ("shape", .array(tensor.shape.map { .number(String($0)) })),
                ("bytes", .string(try bytes.array().map { hexadecimal($0) }.joined())),
            ]))
    }
    return JSONValue.array(items).serialized(pretty: false)
}

/// The greatest tensor without a use that a record of a state dict keeps, in bytes: counters and scalars, not weights.
package let stateDictInlineLimit = 64

private func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
}

/// The state dict that a model was made of: original keys, order, types and bits, with the tensors that no node uses.
/// A model that carries no record of one gives its initializers, in order.
/// - Throws: `graph.invalid` where the record is damaged, `tensor.missing` where an initializer that it names is gone;
///   whatever JSON parsing throws.
public func restoredStateDict(of model: Model) throws -> StateDict {
    var result = StateDict()
    guard let entry = model.metadata.last(where: { $0.key == MetadataKey.stateDict }) else {
        for record in model.graph.initializers.values { result[record.name] = record.tensor }
        return result
    }
    guard case .array(let items) = try JSONValue.parse(Array(entry.value.utf8)) else {
        throw FormatError(.graphInvalid, "the metadata '\(MetadataKey.stateDict)' isn't a JSON array")
    }
    for item in items {
        if case .string(let key) = item {
            guard let id = model.graph.id(named: key), let record = model.graph.initializers[id] else {
                throw FormatError(
                    .tensorMissing, "the model's record of its state dict names an initializer that isn't there",
                    item: key, hint: "another tool renamed or folded it; remove the metadata to get what is there")
            }
            result[key] = record.tensor
        } else {
            let (key, tensor) = try inlineTensor(item)
            result[key] = tensor
        }
    }
    return result
}

private func inlineTensor(_ item: JSONValue) throws -> (String, Tensor) {
    guard let key = item.text("name"), let typeName = item.text("type"), let digits = item.text("bytes"),
        case .array(let dimensions)? = item.member("shape"),
        let type = ElementType.allCases.first(where: { $0.onnxName == typeName }), digits.utf8.count % 2 == 0,
        digits.utf8.count <= 2 * stateDictInlineLimit
    else {
        throw FormatError(.graphInvalid, "the metadata '\(MetadataKey.stateDict)' holds an item that is no tensor")
    }
    let shape = dimensions.compactMap { $0.wholeNumber }
    let values = digits.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard shape.count == dimensions.count, values.count == digits.utf8.count else {
        throw FormatError(.graphInvalid, "the tensor in the metadata '\(MetadataKey.stateDict)' is damaged", item: key)
    }
    let bytes = stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    return (key, try locating(item: key) { try Tensor(type, shape: shape, bytes: Bytes(bytes)) })
}

extension JSONValue {
    /// The member of an object.
    func member(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { ExactName($0.key) == ExactName(key) }?.value
    }

    /// The string under `key`.
    func text(_ key: String) -> String? {
        if case .string(let text)? = member(key) { return text }
        return nil
    }

    /// The number under `key`.
    func real(_ key: String) -> Double? { member(key)?.realNumber }

    var realNumber: Double? {
        if case .number(let text) = self { return Double(text) }
        return nil
    }

    var wholeNumber: Int? {
        if case .number(let text) = self { return Int(text) }
        return nil
    }

    /// The numbers of an array of nothing else.
    func reals(_ key: String) -> [Double]? {
        member(key)?.reals
    }
}
