import GraphIR

extension Operator {
    /// The upper or lower triangle of matrices, from the k-th diagonal on; zero elsewhere.
    /// https://onnx.ai/onnx/operators/onnx__Trilu.html, version 14.
    static let trilu = Operator("Trilu", accuracy: .exact, infer: .trilu) { binding in
        let isUpper = try binding.flag("upper", default: true)
        return { call in
            let x = try call.input(0)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "shape \(x.shape), expected rank 2 or more", argument: "input")
            }
            let diagonal = try call[1].map { Int(try $0.scalar(Int64.self, "k")) } ?? 0
            let columns = x.shape[x.shape.count - 1]
            let rows = x.shape[x.shape.count - 2]
            // Diagonals beyond the corners are as far out as can be.
            let shift = Swift.min(Swift.max(diagonal, -rows - 1), columns + 1)
            return try call.moving([x, call.zero(of: x.elementType)]) { tensors in
                let width = tensors[0].elementType.bitWidth / 8
                return [
                    try call.make(tensors[0].elementType, x.shape, as: UInt8.self) { out in
                        try tensors[0].withElements(UInt8.self) { values in
                            try tensors[1].withElements(UInt8.self) { zero in
                                guard let to = out.baseAddress, let from = values.baseAddress,
                                    let zero = zero.baseAddress, !out.isEmpty
                                else { return }
                                for row in 0..<(x.count / columns) {
                                    let border = row % rows + shift + (isUpper ? 0 : 1)
                                    let split = Swift.min(Swift.max(border, 0), columns)
                                    let start = row * columns
                                    let kept = isUpper ? split..<columns : 0..<split
                                    for column in 0..<columns where !kept.contains(column) {
                                        (to + (start + column) * width).update(from: zero, count: width)
                                    }
                                    let first = (start + kept.lowerBound) * width
                                    (to + first).update(from: from + first, count: kept.count * width)
                                }
                            }
                        }
                    }
                ]
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let trilu = InferenceRule { node in
        node.set(0, shape: try node.shape(0, rank: 2...Int.max, "input"))
    }
}
