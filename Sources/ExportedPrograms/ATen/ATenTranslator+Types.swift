import GraphIR

/// PyTorch's type promotion ("Tensor Attributes: type promotion" of its documentation).
extension ATenTranslator {
    private func category(_ type: ElementType) -> Int {
        type == .bool ? 0 : type.isFloatingPoint ? 2 : 1
    }

    /// `torch.promote_types`.
    func promoted(_ a: ElementType, _ b: ElementType) throws -> ElementType {
        if a == b { return a }
        let (low, high) = category(a) <= category(b) ? (a, b) : (b, a)
        if category(low) != category(high) { return high }
        if category(a) == 2 {
            if Set([a, b]) == [.float16, .bfloat16] { return .float32 }
            return a.bitWidth >= b.bitWidth ? a : b
        }
        let (narrow, wide) = a.bitWidth <= b.bitWidth ? (a, b) : (b, a)
        let unsigned: Set<ElementType> = [.uint8, .uint16, .uint32, .uint64]
        guard unsigned.contains(wide) || unsigned.contains(narrow) else { return wide }
        if narrow == .uint8, !unsigned.contains(wide) { return wide.bitWidth > 8 ? wide : .int16 }
        if wide == .uint8 { return .int16 }
        throw unsupported("\(a.name) and \(b.name) have no common type")
    }

    /// The type that an operator computes in: tensors with axes count before those without, and these before numbers of
    /// Python's, within each kind of number.
    func commonType(_ operands: [ATenCall.Operand]) throws -> ElementType {
        var types: [ElementType?] = [nil, nil, nil]
        for operand in operands {
            let (rank, type): (Int, ElementType) =
                switch operand {
                case .wire(let wire): (wire.rank > 0 ? 0 : 1, wire.elementType)
                case .number(.whole): (2, .int64)
                case .number(.real): (2, defaultReal)
                case .number(.bool): (2, .bool)
                }
            types[rank] = try types[rank].map { try promoted($0, type) } ?? type
        }
        var result = types[2]
        for higher in [types[1], types[0]] {
            guard let higher else { continue }
            guard let lower = result else {
                result = higher
                continue
            }
            result = category(lower) > category(higher) ? try promoted(higher, lower) : higher
        }
        guard let result else { throw invalid("there is no operand") }
        return result
    }

    /// The operands as tensors of one type.
    func wires(_ operands: [ATenCall.Operand], as type: ElementType) throws -> [Wire] {
        try operands.map { operand in
            switch operand {
            case .wire(let wire): try cast(wire, to: type)
            case .number(let number): try scalar(number, as: type)
            }
        }
    }

    /// A tensor of real numbers: whole numbers become PyTorch's default type.
    func real(_ x: Wire) throws -> Wire { x.elementType.isFloatingPoint ? x : try cast(x, to: defaultReal) }

    /// An operator of ONNX on two operands, in their common type.
    func binary(
        _ op: String, _ a: ATenCall.Operand, _ b: ATenCall.Operand, isReal: Bool = false, result: ElementType? = nil
    ) throws -> Wire {
        var type = try commonType([a, b])
        if isReal, !type.isFloatingPoint { type = defaultReal }
        let wires = try wires([a, b], as: type)
        return try binary(op, wires[0], wires[1], result: result)
    }

    /// An operator of ONNX on two tensors of one type.
    func binary(_ op: String, _ a: Wire, _ b: Wire, result: ElementType? = nil) throws -> Wire {
        try emit(op, [a, b], shape: broadcast(a.shape, b.shape), type: result ?? a.elementType)
    }

    /// An operator of ONNX on one tensor.
    func unary(_ op: String, _ x: Wire, _ attributes: [Attribute] = []) throws -> Wire {
        try emit(op, [x], attributes, shape: x.shape)
    }

    /// An operator of ONNX on a tensor and a number.
    func with(_ op: String, _ x: Wire, _ number: Double) throws -> Wire {
        try binary(op, x, scalar(.real(number), as: x.elementType))
    }

    func truth(_ x: Wire) throws -> Wire {
        guard x.elementType != .bool else { return x }
        return try cast(x, to: .bool)
    }
}
