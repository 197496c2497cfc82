import GraphIR

extension Operator {
    /// The number of elements.
    /// https://onnx.ai/onnx/operators/onnx__Size.html, versions 1, 13, 19, 21, 23, 24, 25.
    static let size = Operator(
        "Size", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: [], type: .int64)
            node.set(0, elements: node.shape(0).map { [Dimension.product($0)] })
        }
    ) { _ in
        { call in [try Tensor(scalar: Int64(call.input(0).count))] }
    }
}
