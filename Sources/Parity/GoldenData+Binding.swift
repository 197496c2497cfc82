import Formats
import GraphIR
import OrderedCollections

/// Which array feeds which input.
public struct InputBinding: Sendable {
    public var tensors: OrderedDictionary<String, Tensor> = [:]
    /// The keys that were used, by input name; positions are written as `input_0.pb`.
    public var keys: OrderedDictionary<String, String> = [:]
    public var notes: [String] = []
}

extension GoldenData {
    /// Pairs arrays with the model's inputs: by `inputs` (name to key), by name, then in order among those whose type
    /// and shape fit. Floating-point arrays are rounded to the input's type where they have another.
    /// - Throws: `usage` where a pair names nothing, `tensor.missing` where an input finds no array, `tensor.shape`
    ///   where the array named for it doesn't fit.
    public func binding(to model: Model, inputs: [String: String] = [:]) throws -> InputBinding {
        let graph = model.graph
        let wanted = graph.inputs.filter { graph.initializers[$0] == nil && graph.sparseInitializers[$0] == nil }
        for name in inputs.keys.sorted() where !wanted.contains(where: { graph[$0].name == name }) {
            throw FormatError(
                .usage, "the model has no input '\(name)'",
                hint: "its inputs: \(wanted.map { graph[$0].name }.joined(separator: ", "))")
        }
        var chosen: [ValueID: (key: String, tensor: Tensor)] = [:]
        var used: Set<ExactName> = []
        for (position, id) in wanted.enumerated() {
            let name = graph[id].name
            if let key = inputs[name] {
                guard let tensor = self[key] else {
                    throw FormatError(.usage, "there is no array '\(key)' for input '\(name)'", hint: keyList)
                }
                try Self.check(tensor, fits: graph[id], key: key)
                chosen[id] = (key, tensor)
                used.insert(ExactName(key))
            } else if let tensor = inputsByPosition[position] {
                chosen[id] = ("input_\(position).pb", tensor)
            } else if let tensor = self[name] {
                try Self.check(tensor, fits: graph[id], key: name)
                chosen[id] = (name, tensor)
                used.insert(ExactName(name))
            }
        }
        // In order: first arrays of the very type, then those that a rounding makes so.
        for exact in [true, false] {
            for id in wanted where chosen[id] == nil {
                let match = arrays.first { key, tensor in
                    !used.contains(key) && !Self.isLabelName(key.string)
                        && graph.outputs.allSatisfy { ExactName(graph[$0].name) != key }
                        && Self.fits(tensor, graph[id].type, exactly: exact)
                }
                guard let match else { continue }
                chosen[id] = (match.key.string, match.value)
                used.insert(match.key)
            }
        }
        var result = InputBinding()
        for id in wanted {
            let value = graph[id]
            guard let (key, tensor) = chosen[id] else {
                if case .optional = value.type?.kind { continue }
                throw FormatError(
                    .tensorMissing, "no array fits the model's input '\(value.name)' \(Self.describe(value.type))",
                    hint: "\(keyList); pair them with --input \(value.name)=KEY")
            }
            var fed = tensor
            if let type = value.type?.elementType, type != tensor.elementType {
                fed = try locating(item: key) { try tensor.converted(to: type) }
                result.notes.append(
                    "'\(key)' is rounded from \(tensor.elementType.onnxName) to \(type.onnxName) for input '\(value.name)'"
                )
            }
            result.tensors[value.name] = fed
            result.keys[value.name] = key
        }
        return result
    }

    /// The tensors to run the model on.
    /// - Throws: as ``binding(to:inputs:)``.
    public func bind(
        to model: Model, inputs: [String: String] = [:]
    ) throws -> OrderedDictionary<String, Tensor> {
        try binding(to: model, inputs: inputs).tensors
    }

    /// The arrays, for hints.
    var keyList: String {
        let shown = arrays.prefix(20).map { "'\($0.key.string)' \($0.value.elementType.onnxName) \($0.value.shape)" }
        if shown.isEmpty { return "there are no named arrays" }
        return "there are " + shown.joined(separator: ", ")
            + (arrays.count > 20 ? " and \(arrays.count - 20) more" : "")
    }

    /// Whether a key is what files call the right classes.
    static func isLabelName(_ key: String) -> Bool {
        ["label", "labels", "target", "targets", "class", "classes", "y_true"].contains(key.lowercased())
    }

    private static func check(_ tensor: Tensor, fits value: Value, key: String) throws {
        guard fits(tensor, value.type, exactly: false) else {
            throw FormatError(
                .tensorShape,
                "\(tensor.elementType.onnxName) \(tensor.shape) doesn't fit the input '\(value.name)' \(describe(value.type))",
                item: key)
        }
    }

    static func fits(_ tensor: Tensor, _ type: ValueType?, exactly: Bool) -> Bool {
        guard let type else { return true }
        if let wanted = type.elementType, wanted != tensor.elementType {
            let wide: Set<ElementType> = [.float16, .bfloat16, .float32, .float64]
            guard !exactly, wide.contains(wanted), wide.contains(tensor.elementType) else { return false }
        }
        guard let dimensions = type.dimensions else { return true }
        guard dimensions.count == tensor.shape.count else { return false }
        return zip(dimensions, tensor.shape).allSatisfy { dimension, size in
            if case .size(let fixed) = dimension { return fixed == Int64(size) }
            return true
        }
    }

    private static func describe(_ type: ValueType?) -> String {
        guard let type, let element = type.elementType else { return "of unknown type" }
        guard let dimensions = type.dimensions else { return element.onnxName }
        let sizes = dimensions.map { dimension in
            switch dimension {
            case .size(let size): "\(size)"
            case .named(let name): name
            case .unknown: "?"
            }
        }
        return "\(element.onnxName) [\(sizes.joined(separator: ", "))]"
    }
}

/// A key without the precision that its name ends in: `logits_f64` is `logits`.
func precisionStem(_ key: String) -> String {
    let suffixes = [
        "float64", "float32", "float16", "bfloat16", "double", "half", "f64", "f32", "f16", "bf16", "fp64", "fp32",
        "fp16",
    ]
    for separator in ["_", ".", "-"] {
        for suffix in suffixes where key.lowercased().hasSuffix(separator + suffix) {
            return String(key.dropLast(suffix.count + separator.count))
        }
    }
    return key
}

/// Arrays that say what one output should be, in one or more precisions.
struct GoldenGroup {
    var candidates: [(key: String, tensor: Tensor)]
}

extension GoldenData {
    /// Pairs arrays with the outputs that a run gave: by `pairs` (output name to key), by name, with or without the
    /// precision behind it, then in order among those of the same shape and kind of type.
    /// - Returns: the candidates for each output, in order, and the keys that no one used.
    /// - Throws: `usage` where a pair names nothing, `tensor.shape` where the array named doesn't have the shape.
    func outputBinding(
        to outputs: OrderedDictionary<String, Tensor>, usedInputs: Set<ExactName>, pairs: [String: String]
    ) throws -> (groups: OrderedDictionary<String, GoldenGroup>, unused: [String]) {
        for name in pairs.keys.sorted() where outputs[name] == nil {
            throw FormatError(
                .usage, "the model has no output '\(name)'",
                hint: "its outputs: \(outputs.keys.joined(separator: ", "))")
        }
        var used = usedInputs
        var groups: OrderedDictionary<String, GoldenGroup> = [:]
        for (position, (name, tensor)) in outputs.enumerated() {
            if let key = pairs[name] {
                guard let golden = self[key] else {
                    throw FormatError(.usage, "there is no array '\(key)' for output '\(name)'", hint: keyList)
                }
                groups[name] = GoldenGroup(candidates: [(key, golden)])
                used.insert(ExactName(key))
            } else if let golden = outputsByPosition[position] {
                groups[name] = GoldenGroup(candidates: [("output_\(position).pb", golden)])
            } else {
                let named = arrays.filter {
                    !used.contains($0.key)
                        && ($0.key == ExactName(name) || ExactName(precisionStem($0.key.string)) == ExactName(name))
                }
                // An array under the output's very name is meant for it, whatever its shape: that is a finding.
                let meant = named.filter { $0.key == ExactName(name) || Self.sameKind($0.value, tensor) }
                if !meant.isEmpty {
                    groups[name] = GoldenGroup(candidates: meant.map { ($0.key.string, $0.value) })
                    used.formUnion(meant.keys)
                }
            }
        }
        for (name, tensor) in outputs where groups[name] == nil {
            let free = arrays.filter {
                !used.contains($0.key) && !Self.isLabelName($0.key.string) && Self.sameKind($0.value, tensor)
            }
            guard let first = free.elements.first else { continue }
            let stem = ExactName(precisionStem(first.key.string))
            let group = free.filter { ExactName(precisionStem($0.key.string)) == stem }
            groups[name] = GoldenGroup(candidates: group.map { ($0.key.string, $0.value) })
            used.formUnion(group.keys)
        }
        var ordered: OrderedDictionary<String, GoldenGroup> = [:]
        for name in outputs.keys { ordered[name] = groups[name] }
        return (ordered, arrays.keys.filter { !used.contains($0) }.map(\.string))
    }

    private static func sameKind(_ golden: Tensor, _ output: Tensor) -> Bool {
        golden.shape == output.shape
            && (golden.elementType == output.elementType
                || (golden.elementType.isFloatingPoint && output.elementType.isFloatingPoint))
    }
}
