import GraphIR

extension Operator {
    /// 0.5 − 0.5 cos(2πn / N).
    /// https://onnx.ai/onnx/operators/onnx__HannWindow.html, versions 17.
    static let hannWindow = signalWindow("HannWindow", 0.5, 0.5, 0)
}
