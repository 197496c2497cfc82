import GraphIR

extension Call {
    /// An optional integer input that holds one element: a length, an axis.
    /// - Throws: `op.argument` where it holds another type or number of elements.
    func integer(_ position: Int, _ name: String) throws -> Int? {
        guard let values = try integers(position) else { return nil }
        guard let value = values.first, values.count == 1 else {
            throw GraphError(.argument, "\(values.count) elements, expected one", argument: name)
        }
        return value
    }

    /// A floating-point input that holds one element.
    /// - Throws: `op.argument` where it is left out, or holds another type or number of elements.
    func real(_ position: Int, _ name: String) throws -> Double {
        let tensor = try input(position)
        guard tensor.elementType == .float64 || tensor.elementType == .float32 || tensor.isHalf else {
            throw GraphError(
                .argument, "expected floating point, found \(tensor.elementType.onnxName)", argument: name)
        }
        return try converted(tensor, to: .float64).scalar(Double.self, name)
    }
}

extension Binding {
    /// A flag that only some versions of the operator have; where this one hasn't, it stays unread, which is an error.
    mutating func knownFlag(_ name: String) throws -> Bool {
        try schema.attribute(name) != nil && flag(name)
    }

    /// The type that an attribute numbers, float64 in place of a narrower one where all computing is done in it.
    /// - Throws: `op.argument` where there is no such type, or it isn't among those that the output may have.
    mutating func outputType(_ name: String) throws -> ElementType {
        let number = try int(name, default: 1)
        guard let raw = Int32(exactly: number), let type = ElementType(rawValue: raw),
            let output = schema.outputs.first,
            schema.allowedTypes(output).contains("tensor(\(type.onnxName.lowercased()))")
        else {
            throw GraphError(.argument, "\(number) is no element type that the output may have", argument: name)
        }
        return computesInDouble && (type == .float32 || type.bitWidth == 16 && type.isFloatingPoint) ? .float64 : type
    }
}

extension Inference {
    /// What is known of a size that an integer input of one element gives, once `size` has turned it into one.
    /// - Throws: `op.argument` where it is negative.
    func dimension(
        _ input: Int, _ name: String, _ size: (Int) -> Int = { $0 }
    ) throws -> Dimension {
        guard let value = integers(input)?.first else { return .unknown }
        guard value >= 0 else { throw GraphError(.argument, "\(value), expected a length", argument: name) }
        return .size(Int64(size(value)))
    }
}
