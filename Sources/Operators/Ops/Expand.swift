import GraphIR

extension Operator {
    /// The tensor broadcast to a shape (both ways: it may keep larger dimensions of its own).
    /// https://onnx.ai/onnx/operators/onnx__Expand.html, versions 8, 13.
    static let expand = Operator("Expand", accuracy: .exact) { _ in
        { call in
            let x = try call.input(0)
            let wanted = try call.integers(1) ?? []
            guard wanted.allSatisfy({ $0 >= 0 }) else {
                throw GraphError(.argument, "\(wanted) is no shape", argument: "shape")
            }
            let shape = try broadcastShape([x.shape, wanted])
            return try call.moving([x]) { x in
                [try call.strided(x[0], shape: shape, strides: broadcastStrides(x[0].shape, to: shape), offset: 0)]
            }
        }
    }
}
