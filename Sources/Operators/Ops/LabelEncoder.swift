import GraphIR

extension Operator {
    /// Every element looked up in a table of keys and values; the last of equal keys counts, NaN equals NaN.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html, versions 1, 2, 4. Version 1 is a list of strings,
    /// whose keys are their positions, and works both ways.
    static let labelEncoder = Operator(
        "LabelEncoder", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            if node.binding.version == 1 {
                guard let type = node.elementType(0) else { return }
                node.set(0, shape: node.shape(0), type: type == .string ? .int64 : .string)
            } else {
                let (keys, values) = (try node.binding.labels("keys"), try node.binding.labels("values"))
                guard keys.count == values.count else {
                    throw GraphError(.argument, "\(values.count) values for \(keys.count) keys", argument: "values")
                }
                _ = try node.binding.defaultLabel(values.elementType)
                if let type = node.elementType(0), type != keys.elementType {
                    throw GraphError(
                        .argument, "\(type.onnxName), the keys are \(keys.elementType.onnxName)", argument: "X")
                }
                node.set(0, shape: node.shape(0), type: values.elementType)
            }
        },
        bind: { binding in
            if binding.version == 1 { return try binding.classList() }
            let keys = try binding.labels("keys")
            let values = try binding.labels("values")
            guard keys.count == values.count else {
                throw GraphError(.argument, "\(values.count) values for \(keys.count) keys", argument: "values")
            }
            let other = try binding.defaultLabel(values.elementType)
            // All that can be given is one tensor of values, of which each key takes one; the default stands behind.
            let table = try LabelTable(keys)
            return { call in
                let x = try call.input(0)
                guard x.elementType == keys.elementType else {
                    throw GraphError(
                        .argument, "\(x.elementType.onnxName), the keys are \(keys.elementType.onnxName)",
                        argument: "X")
                }
                let places = try table.places(x).map { Int64($0 ?? values.count) }
                try call.check(values.elementType, x.shape)
                let picked = try call.moving([values, other]) { both in
                    guard let first = both.first, let last = both.last else { return [] }
                    let width = first.elementType.bitWidth / 8
                    let result = try call.make(first.elementType, x.shape, as: UInt8.self) { out in
                        try first.withElements(UInt8.self) { source in
                            try last.withElements(UInt8.self) { fallback in
                                for (index, place) in places.enumerated() {
                                    for byte in 0..<width {
                                        out[index * width + byte] =
                                            Int(place) < values.count
                                            ? source[Int(place) * width + byte] : fallback[byte]
                                    }
                                }
                            }
                        }
                    }
                    return [result]
                }
                return picked
            }
        })
}

/// Where each key stands.
private enum LabelTable: Sendable {
    case strings([[UInt8]: Int])
    case integers([Int64: Int])
    /// By the bits of the double; all NaNs and both zeros are one.
    case reals([UInt64: Int])

    init(_ keys: Tensor) throws {
        if case .strings(let values) = keys.contents {
            self = .strings(Dictionary(zip(values, 0...), uniquingKeysWith: { $1 }))
        } else if keys.elementType.isFloatingPoint {
            let values = try LabelTable.doubles(keys).map(LabelTable.pattern)
            self = .reals(Dictionary(zip(values, 0...), uniquingKeysWith: { $1 }))
        } else {
            self = .integers(Dictionary(zip(try LabelTable.integers(keys), 0...), uniquingKeysWith: { $1 }))
        }
    }

    func places(_ x: Tensor) throws -> [Int?] {
        switch self {
        case .strings(let table):
            guard case .strings(let values) = x.contents else { throw unsupportedType(x.elementType) }
            return values.map { table[$0] }
        case .integers(let table): return try LabelTable.integers(x).map { table[$0] }
        case .reals(let table): return try LabelTable.doubles(x).map { table[LabelTable.pattern($0)] }
        }
    }

    private static func pattern(_ value: Double) -> UInt64 {
        value.isNaN ? Double.nan.bitPattern : (value == 0 ? 0 : value.bitPattern)
    }

    private static func doubles(_ x: Tensor) throws -> [Double] {
        try Call(values: [], outputCount: 1, memory: Int.max).doubles(x.loaded())
    }

    private static func integers(_ x: Tensor) throws -> [Int64] {
        try Call(values: [], outputCount: 1, memory: Int.max).converted(x.loaded(), to: .int64).array(of: Int64.self)
    }
}

extension Binding {
    /// The keys or the values: the one attribute that is given.
    fileprivate mutating func labels(_ prefix: String) throws -> Tensor {
        var found: [Tensor] = []
        if let values = try floats("\(prefix)_floats"), !values.isEmpty {
            found.append(try real(Tensor(values, shape: [values.count])))
        }
        if let values = try ints("\(prefix)_int64s"), !values.isEmpty {
            found.append(try Tensor(values, shape: [values.count]))
        }
        if let values = try strings("\(prefix)_strings"), !values.isEmpty {
            found.append(try Tensor(strings: values, shape: [values.count]))
        }
        if schema.attribute("\(prefix)_tensor") != nil, let tensor = try tensor("\(prefix)_tensor") {
            guard tensor.shape.count == 1 else {
                throw GraphError(.argument, "expected a vector, found \(tensor.shape)", argument: "\(prefix)_tensor")
            }
            found.append(try real(tensor.loaded()))
        }
        guard found.count == 1 else {
            throw GraphError(
                .argument, "\(found.count) lists of \(prefix), expected one", argument: "\(prefix)_tensor")
        }
        return found[0]
    }

    /// In a session that computes in float64 its values are float64 too.
    private func real(_ tensor: Tensor) throws -> Tensor {
        computesInDouble ? try tensor.widened(to: .float64) : tensor
    }

    /// What stands for keys that aren't in the table: an array of one element.
    fileprivate mutating func defaultLabel(_ type: ElementType) throws -> Tensor {
        let float = try float("default_float", default: -0.0)
        let integer = try int("default_int64", default: -1)
        let string = try bytes("default_string") ?? Array("_Unused".utf8)
        if schema.attribute("default_tensor") != nil, let tensor = try tensor("default_tensor") {
            guard tensor.count == 1 else {
                throw GraphError(.argument, "expected one element, found \(tensor.shape)", argument: "default_tensor")
            }
            let value = try real(tensor.loaded().reshaped([1]))
            guard value.elementType == type else {
                throw GraphError(
                    .argument, "\(value.elementType.onnxName), the values are \(type.onnxName)",
                    argument: "default_tensor")
            }
            return value
        }
        if type == .string { return try Tensor(strings: [string], shape: [1]) }
        let call = Call(values: [], outputCount: 1, memory: 1 << 10)
        return try type.isFloatingPoint
            ? call.converted(Tensor([float], shape: [1]), to: type)
            : call.converted(Tensor([integer], shape: [1]), to: type)
    }

    /// The form of version 1.
    fileprivate mutating func classList() throws -> Kernel {
        let classes = try strings("classes_strings") ?? []
        let otherInteger = try int("default_int64", default: -1)
        let otherString = try bytes("default_string") ?? Array("_Unused".utf8)
        let positions = Dictionary(zip(classes, 0...), uniquingKeysWith: { first, _ in first })
        return { call in
            let x = try call.input(0)
            if case .strings(let values) = x.contents {
                try call.check(.int64, x.shape)
                return [try Tensor(values.map { positions[$0].map { Int64($0) } ?? otherInteger }, shape: x.shape)]
            }
            guard x.elementType == .int64 else { throw unsupportedType(x.elementType) }
            try call.check(.string, x.shape)
            let labels = try x.array(of: Int64.self).map { index in
                Int(exactly: index).flatMap { classes[checked: $0] } ?? otherString
            }
            return [try Tensor(strings: labels, shape: x.shape)]
        }
    }
}
