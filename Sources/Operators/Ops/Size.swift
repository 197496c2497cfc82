import GraphIR

extension Operator {
    /// The number of elements.
    /// https://onnx.ai/onnx/operators/onnx__Size.html, versions 1, 13, 19, 21, 23, 24, 25.
    static let size = Operator(
        "Size", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: [], type: .int64)
            guard let shape = node.shape(0) else { return }
            let sizes = shape.compactMap { if case .size(let size) = $0 { Int(size) } else { nil } }
            guard sizes.count == shape.count, let count = sizes.checkedProduct() else { return }
            node.set(0, elements: [.size(Int64(count))])
        }
    ) { _ in
        { call in [try Tensor(scalar: Int64(call.input(0).count))] }
    }
}
