import CKernels
import GraphIR

extension Operator {
    /// The error function.
    /// https://onnx.ai/onnx/operators/onnx__Erf.html, versions 9, 13.
    static let erf = Operator("Erf", accuracy: .rounding(ulps: 1), infer: .sameShape) { _ in
        roundingOnce { call in
            let x = try call.input(0)
            return [
                try withReal(x.elementType) {
                    try call.blocks(x, of: Float.self, wb_erf_f32)
                } double: {
                    try call.mapped(x, to: .float64) { (value: Double) in Double.errorFunction(value) }
                }
            ]
        }
    }
}
