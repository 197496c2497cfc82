import GraphIR

extension Operator {
    /// (x − mean) / (√variance + 1e-9) over some axes, by default all but the channels. Computed in double.
    /// https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html, versions 9, 13.
    static let meanVarianceNormalization = Operator(
        "MeanVarianceNormalization", accuracy: .accumulating, infer: .sameShape
    ) { binding in
        let axes = try binding.ints("axes")?.map { Int($0) } ?? [0, 2, 3]
        return { call in
            let given = try call.input(0)
            guard [.float32, .float64, .float16, .bfloat16].contains(given.elementType) else {
                throw unsupportedType(given.elementType)
            }
            let axes = try normalized(axes: axes, rank: given.shape.count)
            let x = try call.converted(given, to: .float64)
            func combined(_ a: Tensor, _ function: ArithmeticFunction, _ b: Tensor) throws -> Tensor {
                try call.arithmetic(function.rawValue, a, b, Double.self)
            }
            let mean = try call.reduced(x, over: axes, keepsAxes: true, .mean)
            let distance = try combined(x, .subtract, mean)
            let variance = try call.reduced(
                combined(distance, .multiply, distance), over: axes, keepsAxes: true, .mean)
            let deviation = try call.mapped(variance, to: .float64) { (value: Double) in value.squareRoot() + 1e-9 }
            return [try call.converted(combined(distance, .divide, deviation), to: given.elementType)]
        }
    }
}
