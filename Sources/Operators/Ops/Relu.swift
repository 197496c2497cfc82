import CKernels
import GraphIR

extension Operator {
    /// max(x, 0); NaN stays.
    /// https://onnx.ai/onnx/operators/onnx__Relu.html, versions 1, 6, 13, 14.
    static let relu = Operator("Relu", accuracy: .exact, infer: .sameShape) { binding in
        binding.ignore("consumed_inputs")
        return roundingOnce { call in
            let x = try call.input(0)
            switch x.elementType {
            case .float32: return [try call.blocks(x, of: Float.self, wb_relu_f32)]
            case .float64: return [try call.blocks(x, of: Double.self, wb_relu_f64)]
            default: return [try call.relu(x)]
            }
        }
    }
}
