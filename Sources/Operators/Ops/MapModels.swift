import GraphIR

extension Operator {
    /// The values of a map as a row, by the position of their keys in a list; keys that the map lacks give 0 or "".
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_DictVectorizer.html, versions 1.
    static let dictVectorizer = Operator(
        "DictVectorizer", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            let integers = try node.binding.ints("int64_vocabulary")?.count ?? 0
            let strings = try node.binding.strings("string_vocabulary")?.count ?? 0
            guard case .map(_, let value)? = node.type(0)?.kind else { return }
            node.set(0, shape: [.size(Int64(Swift.max(integers, strings)))], type: value?.elementType)
        },
        bindValues: { binding in
            let integers = try binding.ints("int64_vocabulary") ?? []
            let strings = try binding.strings("string_vocabulary") ?? []
            guard integers.isEmpty != strings.isEmpty else {
                throw GraphError(
                    .argument, "expected one of int64_vocabulary and string_vocabulary", argument: "int64_vocabulary")
            }
            let vocabulary: [MapKey] = integers.map { .integer($0) } + strings.map { .string($0) }
            let places = Dictionary(zip(vocabulary, 0...), uniquingKeysWith: { first, _ in first })
            return { call in
                let (keys, values) = try call.map(0)
                var order = [Int](repeating: values.count, count: vocabulary.count)
                for (index, key) in keys.enumerated() {
                    guard let place = places[key] else {
                        throw GraphError(.argument, "the key \(key) isn't in the vocabulary", argument: "X")
                    }
                    order[place] = index
                }
                return [.tensor(try call.row(of: values, order, shape: [vocabulary.count]))]
            }
        })

    /// The values of a map with integer keys as a row: in the order of the keys, or each at the place that its key says.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_CastMap.html, versions 1.
    static let castMap = Operator(
        "CastMap", domain: "ai.onnx.ml", accuracy: .rounding(ulps: 0.5),
        infer: InferenceRule { node in
            let isSparse = try node.binding.string("map_form") == "SPARSE"
            let count = try node.binding.int("max_map", default: 1)
            node.set(0, shape: [.size(1), isSparse ? .size(count) : .unknown], type: try node.binding.castTarget())
        },
        bindValues: { binding in
            let form = try binding.string("map_form") ?? "DENSE"
            guard form == "DENSE" || form == "SPARSE" else {
                throw GraphError(.argument, "\"\(form)\" is neither DENSE nor SPARSE", argument: "map_form")
            }
            let count = Int(try binding.int("max_map", default: 1))
            let type = try binding.castTarget()
            let target = type == .float32 && binding.computesInDouble ? .float64 : type
            return { call in
                let (keys, values) = try call.map(0)
                let numbers = try keys.map { key in
                    guard case .integer(let number) = key else {
                        throw GraphError(.argument, "expected integer keys", argument: "X")
                    }
                    return number
                }
                let cast = try call.converted(values, to: target)
                guard form == "SPARSE" else {
                    let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
                    return [.tensor(try call.row(of: cast, order, shape: [1, order.count]))]
                }
                try call.check(target, [1, count])
                try call.check(.int64, [1, count])
                var order = [Int](repeating: cast.count, count: count)
                for (index, number) in numbers.enumerated() {
                    guard let place = Int(exactly: number), order.indices.contains(place) else {
                        throw GraphError(.argument, "the key \(number) is outside of 0..<\(count)", argument: "X")
                    }
                    order[place] = index
                }
                return [.tensor(try call.row(of: cast, order, shape: [1, count]))]
            }
        })

    /// A map for each row, from a list of keys to the row's numbers.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html, versions 1.
    static let zipMap = Operator(
        "ZipMap", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            let labels = try ClassLabels(&node.binding, ints: "classlabels_int64s")
            _ = try node.shape(0, rank: 1...2, "X")
            node.set(
                0,
                type: ValueType(
                    .sequence(
                        ValueType(
                            .map(keyType: labels.elementType.rawValue, value: .tensor(.float32, []))))))
        },
        bindValues: { binding in
            let labels = try ClassLabels(&binding, ints: "classlabels_int64s")
            return { call in
                let x = try call.input(0)
                guard x.shape.count == 1 || x.shape.count == 2, x.shape.last == labels.count else {
                    throw GraphError(
                        .argument, "shape \(x.shape), expected \(labels.count) columns", argument: "X")
                }
                let keys = try labels.tensor((0..<labels.count).map { $0 }, call)
                let rows = try x.shape.count == 1 ? [x] : call.slices(of: x, axis: 0)
                return [.sequence(rows.map { .map(keys: keys, values: $0) })]
            }
        })
}

/// A key of a map.
private enum MapKey: Hashable, Sendable, CustomStringConvertible {
    case integer(Int64)
    case string([UInt8])

    var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .string(let bytes): "\"\(String(decoding: bytes.prefix(80), as: UTF8.self))\""
        }
    }
}

extension Call {
    /// An input that is a map.
    fileprivate func map(_ input: Int) throws -> (keys: [MapKey], values: Tensor) {
        guard case .map(let keys, let values) = try value(input) else {
            throw GraphError(.argument, "expected a map, found \(try value(input).kindName)", argument: "X")
        }
        try check(.int64, [2, keys.count])
        if case .strings(let strings) = keys.contents { return (strings.map { .string($0) }, values) }
        return (try converted(keys, to: .int64).array(of: Int64.self).map { .integer($0) }, values)
    }

    /// Elements of a vector in another order; a position behind the end stands for 0 or the empty string.
    fileprivate func row(of values: Tensor, _ order: [Int], shape: [Int]) throws -> Tensor {
        try check(values.elementType, shape)
        if case .strings(let strings) = values.contents {
            return try Tensor(strings: order.map { strings[checked: $0] ?? [] }, shape: shape)
        }
        let width = values.elementType.bitWidth / 8
        return try make(values.elementType, shape, as: UInt8.self) { out in
            out.update(repeating: 0)
            try values.withElements(UInt8.self) { source in
                for (place, index) in order.enumerated() where index < values.count {
                    for byte in 0..<width { out[place * width + byte] = source[index * width + byte] }
                }
            }
        }
    }
}

extension Binding {
    /// The element type that CastMap makes.
    fileprivate mutating func castTarget() throws -> ElementType {
        switch try string("cast_to") ?? "TO_FLOAT" {
        case "TO_FLOAT": return .float32
        case "TO_STRING": return .string
        case "TO_INT64": return .int64
        case let other:
            throw GraphError(
                .argument, "\"\(other)\" is none of TO_FLOAT, TO_STRING, TO_INT64", argument: "cast_to")
        }
    }
}
