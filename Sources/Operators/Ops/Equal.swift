import GraphIR

extension Operator {
    /// a = b, of type bool. Strings are compared by bytes.
    /// https://onnx.ai/onnx/operators/onnx__Equal.html, versions 1, 7, 11, 13, 19.
    static let equal = comparison("Equal", .equal)
}
