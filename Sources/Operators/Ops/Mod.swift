import GraphIR

extension Operator {
    /// What is left of a division that is rounded down, with the divisor's sign; with `fmod` of one that is truncated,
    /// with the dividend's.
    /// https://onnx.ai/onnx/operators/onnx__Mod.html, versions 10, 13, 28; before 28 floating point takes `fmod` only.
    static let mod = Operator("Mod", accuracy: .rounding(ulps: 0.5), infer: .broadcast) { binding in
        let truncates = try binding.flag("fmod")
        let takesFloats = truncates || binding.version >= 28
        return roundingOnce { call in
            let a = try call.input(0)
            let b = try call.input(1)
            try requireType(a.elementType, b)
            switch a.elementType {
            case .float32, .float64:
                guard takesFloats else {
                    throw GraphError(.argument, "must be 1 for floating-point inputs before opset 28", argument: "fmod")
                }
                return [
                    try withReal(a.elementType) {
                        try call.zipped(a, b, to: .float32) { (x: Float, y: Float) in remainder(x, y, truncates) }
                    } double: {
                        try call.zipped(a, b, to: .float64) { (x: Double, y: Double) in remainder(x, y, truncates) }
                    }
                ]
            default:
                return [try dispatch(a.elementType, RemainderWork(call: call, a: a, b: b, truncates: truncates))]
            }
        }
    }
}

private func remainder<T: BinaryFloatingPoint>(_ x: T, _ y: T, _ truncates: Bool) -> T {
    let rest = x.truncatingRemainder(dividingBy: y)
    if truncates || rest.isNaN { return rest }
    if rest == 0 { return T(sign: y.sign, exponentBitPattern: 0, significandBitPattern: 0) }
    return rest.sign == y.sign ? rest : rest + y
}

private struct RemainderWork: IntegerWork {
    let call: Call
    let a: Tensor
    let b: Tensor
    let truncates: Bool

    func run<T: Number & FixedWidthInteger>(_: T.Type) throws -> Tensor {
        try call.zipped(a, b, to: a.elementType) { (x: T, y: T) in
            guard y != 0 else { throw GraphError(.argument, "an integer is divided by zero", argument: "B") }
            // The least number by -1 overflows in the quotient only.
            let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
            return truncates || rest == 0 || (rest < 0) == (y < 0) ? rest : rest &+ y
        }
    }
}
