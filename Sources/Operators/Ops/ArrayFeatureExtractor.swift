import GraphIR

extension Operator {
    /// Elements of the last axis, picked by indices. A vector is taken for one row.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html, versions 1.
    static let arrayFeatureExtractor = Operator(
        "ArrayFeatureExtractor", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            guard let shape = node.shape(0), !shape.isEmpty else { return }
            var count = Dimension.unknown
            if let indices = node.shape(1) {
                let sizes = indices.compactMap { if case .size(let size) = $0 { Int(size) } else { nil } }
                if sizes.count == indices.count, let product = sizes.checkedProduct() { count = .size(Int64(product)) }
            }
            node.set(0, shape: (shape.count == 1 ? [.size(1)] : shape.dropLast()) + [count], type: node.elementType(0))
        },
        bind: { _ in
            { call in
                let x = try call.input(0)
                let indices = try call.input(1)
                let flat = try call.with(inputs: [indices.reshaped([indices.count])]).integers(0) ?? []
                guard let size = x.shape.last, !flat.isEmpty else {
                    throw GraphError(
                        .argument, "shapes \(x.shape) and \(indices.shape), expected elements to pick", argument: "Y")
                }
                for index in flat where index < 0 || index >= size {
                    throw GraphError(.argument, "index \(index) is outside of 0..<\(size)", argument: "Y")
                }
                let outer = product(x.shape.dropLast())
                let shape = (x.shape.count == 1 ? [1] : x.shape.dropLast()) + [flat.count]
                return try call.moving([x]) { x in
                    guard let x = x.first else { return [] }
                    let width = x.elementType.bitWidth / 8
                    let picked = try call.make(x.elementType, Array(shape), as: UInt8.self) { out in
                        try x.withElements(UInt8.self) { source in
                            guard let from = source.baseAddress, let to = out.baseAddress, !out.isEmpty else { return }
                            for row in 0..<outer {
                                for (position, index) in flat.enumerated() {
                                    (to + (row * flat.count + position) * width).update(
                                        from: from + (row * size + index) * width, count: width)
                                }
                            }
                        }
                    }
                    return [picked]
                }
            }
        })
}
