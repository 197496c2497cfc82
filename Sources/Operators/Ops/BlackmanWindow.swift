import GraphIR

extension Operator {
    /// 0.42 − 0.5 cos(2πn / N) + 0.08 cos(4πn / N).
    /// https://onnx.ai/onnx/operators/onnx__BlackmanWindow.html, versions 17.
    static let blackmanWindow = signalWindow("BlackmanWindow", 0.42, 0.5, 0.08)
}
