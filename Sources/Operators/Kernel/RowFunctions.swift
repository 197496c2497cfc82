import CKernels
import GraphIR

/// Functions of whole rows, for the kernels that spend their time in them: attention and recurrent networks.
/// `out` may be `x`.
protocol RowFunctions: Real {
    /// e^x / Σ e^x; `empty` everywhere where all are −∞.
    static func softmax(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int, empty: Self)
    static func sigmoid(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int)
    static func hyperbolicTangent(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int)
}

extension Float: RowFunctions {
    static func softmax(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int, empty: Float) {
        wb_softmax_f32(x, out, count, empty)
    }
    static func sigmoid(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
        wb_sigmoid_f32(x, out, count)
    }
    static func hyperbolicTangent(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
        wb_tanh_f32(x, out, count)
    }
}

extension Double: RowFunctions {
    static func softmax(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int, empty: Double) {
        var greatest = -Double.infinity
        for i in 0..<count where x[i] > greatest || x[i].isNaN { greatest = x[i] }
        if greatest == -.infinity {
            for i in 0..<count { out[i] = empty }
            return
        }
        var sum = 0.0
        for i in 0..<count {
            let value = exponential(x[i] - greatest)
            out[i] = value
            sum += value
        }
        for i in 0..<count { out[i] /= sum }
    }
    static func sigmoid(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) {
        for i in 0..<count { out[i] = 1 / (1 + exponential(-x[i])) }
    }
    static func hyperbolicTangent(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) {
        for i in 0..<count { out[i] = hyperbolicTangent(x[i]) }
    }
}

extension Operator {
    /// A function of each floating-point element with a C loop for float32; others are computed in double.
    static func unaryRow(
        _ name: String, _ float: @escaping @Sendable (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void,
        _ double: @escaping @Sendable (Double) -> Double
    ) -> Operator {
        Operator(name, accuracy: .rounding(ulps: 0.51), infer: .sameShape) { binding in
            binding.ignore("consumed_inputs")
            return roundingOnce { call in
                let x = try call.input(0)
                return [
                    try withReal(x.elementType) {
                        try call.blocks(x, of: Float.self, float)
                    } double: {
                        try call.mapped(x, to: .float64, double)
                    }
                ]
            }
        }
    }
}
