import GraphIR

extension Operator {
    /// a / b; integers towards zero, division by zero is an error. Broadcasting; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__Div.html, versions 1, 6, 7, 13, 14.
    static let div = arithmetic("Div", .divide)
}
