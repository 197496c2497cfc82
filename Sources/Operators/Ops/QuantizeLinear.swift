import GraphIR

extension Operator {
    /// round(x / y_scale) + y_zero_point, held within the range of the quantized type; ties go to even.
    /// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html, versions 10, 13, 19, 21, 23, 24, 25, 28; scales per axis
    /// since 13, per block since 21.
    ///
    /// The quotient is rounded to `precision`, else to the type of the scale. Where that is no floating-point type to
    /// divide in, an exponent alone leaves it to `x`, and int32 divides in float64. NaN becomes the lowest number of an
    /// integer type. The float64 session divides in float64.
    static let quantizeLinear = Operator("QuantizeLinear", accuracy: .rounding(ulps: 1), infer: quantizeRule) {
        binding in
        let axis = try binding.int("axis", default: 1)
        let blockSize = try binding.int("block_size", default: 0)
        let saturates = try binding.flag("saturate", default: true)
        let precision = try divisionType(&binding)
        let named = try outputType(&binding)
        return { call in
            let x = try call.input(0)
            let scale = try call.input(1)
            if let zero = call[2], let named, zero.elementType != named {
                throw GraphError(
                    .argument, "\(named.onnxName), but the zero point is of \(zero.elementType.onnxName)",
                    argument: "output_dtype")
            }
            let target = try QuantizedType(call[2]?.elementType ?? named ?? .uint8, saturates: saturates)
            let grain = try QuantizationGrain(shape: x.shape, scale: scale.shape, axis: axis, blockSize: blockSize)
            let zeros = try call.zeroPoints(call[2], like: scale)
            let type = precision ?? divisionType(x.elementType, scale.elementType)
            let work = QuantizeWork(call: call, grain: grain, target: target, zeros: zeros, shape: x.shape)
            let values = try call.converted(x, to: type)
            let scales = try call.converted(scale, to: type)
            switch type {
            case .float64: return [try work.run(values, scales, Double.self) { Double($0) }]
            case .float16:
                return [
                    try work.run(values.widened(to: .float32), scales.widened(to: .float32), Float.self) {
                        Double(Float16($0))
                    }
                ]
            case .bfloat16:
                return [
                    try work.run(values.widened(to: .float32), scales.widened(to: .float32), Float.self) {
                        Double(BFloat16($0).float)
                    }
                ]
            default: return [try work.run(values, scales, Float.self) { Double($0) }]
            }
        }
    }

    private static let quantizeRule = InferenceRule { node in
        let named = try node.binding.int("output_dtype").flatMap { Int32(exactly: $0) } ?? 0
        let type = node.elementType(2) ?? ElementType(rawValue: named) ?? .uint8
        let isOpen = node.binding.inputs[checked: 2] == true && node.elementType(2) == nil
        node.set(0, shape: node.shape(0), type: isOpen ? nil : type)
    }
}

/// The attribute `precision`: `nil` where the inputs' types decide.
private func divisionType(_ binding: inout Binding) throws -> ElementType? {
    let number = try binding.int("precision", default: 0)
    if binding.computesInDouble { return .float64 }
    if number == 0 { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)),
        [.float32, .float16, .bfloat16, .float64].contains(type)
    else {
        throw GraphError(.argument, "\(number) is no floating-point type to divide in", argument: "precision")
    }
    return type
}

private func divisionType(_ x: ElementType, _ scale: ElementType) -> ElementType {
    switch scale {
    case .float8e8m0: x == .int32 ? .float32 : x
    case .int32: .float64
    default: scale
    }
}

/// The attribute `output_dtype`; `nil` where the zero point decides.
private func outputType(_ binding: inout Binding) throws -> ElementType? {
    let number = try binding.int("output_dtype", default: 0)
    if number == 0 { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)) else {
        throw GraphError(.argument, "\(number) is no element type", argument: "output_dtype")
    }
    _ = try QuantizedType(type)
    return type
}

private struct QuantizeWork: Sendable {
    let call: Call
    let grain: QuantizationGrain
    let target: QuantizedType
    let zeros: [Double]
    let shape: [Int]

    func run<T: Real>(
        _ values: Tensor, _ scales: Tensor, _: T.Type, _ rounded: @Sendable (T) -> Double
    ) throws -> Tensor {
        try values.withElements(T.self) { values in
            try scales.withElements(T.self) { scales in
                let (source, factors) = (Shared(values), Shared(scales))
                return try call.quantized(target, shape) { piece, write in
                    grain.forEachRun(of: piece) { run, first, step in
                        var at = first
                        for i in run {
                            let quotient = rounded(source.pointer[i] / factors.pointer[at])
                            write(i, target.pattern(of: quotient, zero: zeros[at]))
                            at += step
                        }
                    }
                }
            }
        }
    }
}
