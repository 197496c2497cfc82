import GraphIR

extension Operator {
    /// The mean over all spatial axes. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html, versions 1, 22.
    static let globalAveragePool = Operator("GlobalAveragePool", accuracy: .accumulating, infer: .globalPooling) { _ in
        roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "rank \(x.shape.count), expected at least 2", argument: "X")
            }
            return [try call.reduced(x, over: Array(2..<x.shape.count), keepsAxes: true, .mean)]
        }
    }
}
