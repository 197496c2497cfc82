import GraphIR

extension Operator {
    /// The first tensor to the power of the second, in the first's type. Broadcasting.
    /// https://onnx.ai/onnx/operators/onnx__Pow.html, versions 1, 7, 12, 13, 15.
    ///
    /// Computed in double and rounded once; integer powers of integers wrap.
    static let pow = Operator("Pow", accuracy: .rounding(ulps: 1), infer: .binary) { binding in
        let align = try legacyBroadcast(&binding)
        return { call in
            let x = try call.input(0)
            let exponent = try align(x, call.input(1))
            let isInteger = !x.elementType.isFloatingPoint && !exponent.elementType.isFloatingPoint
            if isInteger {
                let base = try call.converted(x, to: .int64)
                let power = try call.converted(exponent, to: .int64)
                let result = try call.zipped(base, power, to: .int64) { (a: Int64, b: Int64) in integerPower(a, b) }
                return [try call.converted(result, to: x.elementType)]
            }
            let base = try call.converted(x, to: .float64)
            let power = try call.converted(exponent, to: .float64)
            let result = try call.zipped(base, power, to: .float64) { (a: Double, b: Double) in
                b == 2 ? a * a : Double.power(a, b)
            }
            return [try call.converted(result, to: x.elementType)]
        }
    }
}

/// By repeated squaring; wraps. Negative exponents give the truncated reciprocal.
private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
    var result: Int64 = 1
    var factor = base
    var rest = exponent
    while rest > 0 {
        if rest & 1 == 1 { result = result &* factor }
        factor = factor &* factor
        rest >>= 1
    }
    return result
}
