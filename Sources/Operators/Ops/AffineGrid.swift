import GraphIR

extension Operator {
    /// θ · (x, y(, z), 1) for every position of an image whose edges are at ±1 (or whose outermost pixels are, with
    /// `align_corners`).
    /// https://onnx.ai/onnx/operators/onnx__AffineGrid.html, version 20.
    static let affineGrid = Operator(
        "AffineGrid", accuracy: .rounding(ulps: 1),
        infer: InferenceRule { node in
            let length = try node.vector(1, "size")?.first?.known
            guard let rank = node.elements(1)?.count ?? length.map({ Int($0) }) else { return }
            guard rank == 4 || rank == 5 else {
                throw GraphError(.argument, "\(rank) sizes, expected 4 or 5", argument: "size")
            }
            let sizes = node.elements(1) ?? [Dimension](repeating: .unknown, count: rank)
            node.set(0, shape: [node.shape(0)?.first ?? sizes[0]] + sizes[2...] + [.size(Int64(rank - 2))])
        }
    ) { binding in
        let alignsCorners = try binding.flag("align_corners")
        return roundingOnce { call in
            let theta = try call.input(0)
            let size = try call.integers(1) ?? []
            let rank = size.count - 2
            guard rank == 2 || rank == 3, size.allSatisfy({ $0 >= 0 }) else {
                throw GraphError(.argument, "\(size), expected 4 or 5 sizes", argument: "size")
            }
            guard theta.shape == [size[0], rank, rank + 1] else {
                throw GraphError(
                    .argument, "shape \(theta.shape), expected [\(size[0]), \(rank), \(rank + 1)]", argument: "theta")
            }
            return try withReal(theta.elementType) {
                [try call.grid(theta, Array(size[2...]), alignsCorners, Float.self)]
            } double: {
                [try call.grid(theta, Array(size[2...]), alignsCorners, Double.self)]
            }
        }
    }
}

extension Call {
    fileprivate func grid<T: Real>(_ theta: Tensor, _ size: [Int], _ alignsCorners: Bool, _: T.Type) throws -> Tensor {
        let (batch, rank) = (theta.shape[0], size.count)
        let shape = [batch] + size + [rank]
        try check(T.elementType, shape)
        func coordinate(_ position: Int, _ count: Int) -> Double {
            if alignsCorners { return count > 1 ? 2 * Double(position) / Double(count - 1) - 1 : 0 }
            return (2 * Double(position) + 1) / Double(count) - 1
        }
        let axes = size.map { count in (0..<count).map { coordinate($0, count) } }
        return try make(shape, of: T.self) { out in
            if out.isEmpty { return }
            try theta.withElements(T.self) { theta in
                let area = product(size)
                for position in 0..<(batch * area) {
                    if position % 4096 == 0 { try checkTime() }
                    var rest = position % area
                    // From the innermost axis out: x, y, z.
                    var point: [Double] = []
                    for axis in axes.reversed() {
                        point.append(axis[rest % axis.count])
                        rest /= axis.count
                    }
                    for row in 0..<rank {
                        let start = (position / area * rank + row) * (rank + 1)
                        var sum = Double(theta[start + rank])
                        for column in 0..<rank { sum += Double(theta[start + column]) * point[column] }
                        out[position * rank + row] = T(sum)
                    }
                }
            }
        }
    }
}
