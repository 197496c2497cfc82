import GraphIR

extension Operator {
    /// The second tensor's elements where the condition holds, else the third's. Broadcasting.
    /// https://onnx.ai/onnx/operators/onnx__Where.html, versions 9, 16.
    static let `where` = Operator("Where", accuracy: .exact, infer: .selection) { _ in
        { call in
            let condition = try call.input(0)
            try requireType(.bool, condition)
            let shape = try broadcastShape([condition.shape, call.input(1).shape, call.input(2).shape])
            let flags = try call.strided(
                condition, shape: shape, strides: broadcastStrides(condition.shape, to: shape), offset: 0)
            return try call.moving([call.input(1), call.input(2)]) { pair in
                let yes = try call.strided(
                    pair[0], shape: shape, strides: broadcastStrides(pair[0].shape, to: shape), offset: 0)
                let no = try call.strided(
                    pair[1], shape: shape, strides: broadcastStrides(pair[1].shape, to: shape), offset: 0)
                let width = yes.elementType.bitWidth / 8
                let result = try call.make(yes.elementType, shape, as: UInt8.self) { out in
                    try flags.withElements(UInt8.self) { flags in
                        try yes.withElements(UInt8.self) { yes in
                            try no.withElements(UInt8.self) { no in
                                for at in out.indices { out[at] = flags[at / width] != 0 ? yes[at] : no[at] }
                            }
                        }
                    }
                }
                return [result]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let selection = InferenceRule { node in
        node.set(0, shape: try broadcastDimensions([node.shape(0), node.shape(1), node.shape(2)]))
        // Where the choice is a constant, so is what is known of the elements.
        guard let condition = node.constant(0), condition.shape.count <= 1, condition.elementType == .bool,
            condition.count <= InferenceLimits.elements, let yes = node.elements(1), let no = node.elements(2)
        else { return }
        let flags = try condition.bytes().array().map { Dimension.size($0 == 0 ? 0 : 1) }
        node.set(0, elements: InferenceRule.combined([flags, yes, no]) { $0[0].isSize(1) ? $0[1] : $0[2] })
    }
}
