import GraphIR

extension Operator {
    /// A tensor of a given shape with one value throughout; float 0 where none is given.
    /// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html, versions 9, 20, 21, 23, 24, 25.
    static let constantOfShape = Operator("ConstantOfShape", accuracy: .exact) { binding in
        let value = try binding.tensor("value") ?? Tensor(scalar: Float(0))
        guard value.count == 1 else {
            throw GraphError(.argument, "shape \(value.shape), expected one element", argument: "value")
        }
        return { call in
            let shape = try call.integers(0) ?? []
            guard shape.allSatisfy({ $0 >= 0 }), shape.count <= Tensor.maximumRank else {
                throw GraphError(.argument, "\(shape) is no shape", argument: "input")
            }
            return try call.moving([value.reshaped([])]) { value in
                [try call.strided(value[0], shape: shape, strides: shape.map { _ in 0 }, offset: 0)]
            }
        }
    }
}
