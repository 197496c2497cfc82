import CKernels
import GraphIR

extension Operator {
    /// x/2 · (1 + erf(x/√2)), or with `approximate = "tanh"` x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    /// https://onnx.ai/onnx/operators/onnx__Gelu.html, versions 20.
    /// In float32 the negative tail has an absolute error of up to a unit roundoff times |x|.
    static let gelu = Operator("Gelu", accuracy: .rounding(ulps: 2), infer: .sameShape) { binding in
        let form = try binding.string("approximate") ?? "none"
        guard form == "none" || form == "tanh" else {
            throw GraphError(.argument, "\"\(form)\" is neither none nor tanh", argument: "approximate")
        }
        let erfForm: @Sendable (Double) -> Double = { 0.5 * $0 * (1 + Double.errorFunction($0 * 0.5.squareRoot())) }
        let tanhForm: @Sendable (Double) -> Double = { x in
            0.5 * x * (1 + Double.hyperbolicTangent((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
        let function = form == "none" ? erfForm : tanhForm
        return roundingOnce { call in
            let x = try call.input(0)
            return [
                try withReal(x.elementType) {
                    form == "none"
                        ? try call.blocks(x, of: Float.self, wb_gelu_f32)
                        : try call.mapped(x, to: .float32) { (value: Float) in Float(function(Double(value))) }
                } double: {
                    try call.mapped(x, to: .float64, function)
                }
            ]
        }
    }
}
