import GraphIR

extension Operator {
    /// 25/46 − 21/46 · cos(2πn / N).
    /// https://onnx.ai/onnx/operators/onnx__HammingWindow.html, versions 17.
    static let hammingWindow = signalWindow("HammingWindow", 25.0 / 46, 1 - 25.0 / 46, 0)
}
