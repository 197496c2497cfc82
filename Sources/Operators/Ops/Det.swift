import GraphIR

extension Operator {
    /// The determinant of each square matrix of the last two axes, by elimination with pivots, in double.
    /// https://onnx.ai/onnx/operators/onnx__Det.html, versions 11, 22.
    static let det = Operator("Det", accuracy: .accumulating, infer: .determinant) { _ in
        roundingOnce { call in
            let x = try call.input(0)
            let stack = Array(x.shape.dropLast(2))
            guard x.shape.count >= 2, let size = x.shape.last, x.shape[x.shape.count - 2] == size,
                size.multiplied(checked: size) != nil
            else {
                throw GraphError(.argument, "shape \(x.shape), expected square matrices", argument: "X")
            }
            return [
                try withReal(x.elementType) {
                    try determinants(call, x, stack, size, Float.self)
                } double: {
                    try determinants(call, x, stack, size, Double.self)
                }
            ]
        }
    }
}

private func determinants<T: Real>(
    _ call: Call, _ x: Tensor, _ stack: [Int], _ size: Int, _: T.Type
) throws -> Tensor {
    let area = size * size
    return try call.make(stack, of: T.self) { out in
        if out.isEmpty { return }
        try x.withElements(T.self) { values in
            let (source, target) = (Shared(values), Shared(out))
            let cost = max(1, area.multiplied(checked: max(1, size / 3)) ?? Int.max)
            // As many copies of a matrix as there may be threads at work.
            try call.check(.float64, [area, min(out.count, ParallelLimits.pieces)])
            try inParallel(out.count, grain: max(1, (1 << 16) / cost)) { piece in
                for matrix in piece {
                    try call.checkTime()
                    let elements = source.pointer[(matrix * area)..<((matrix + 1) * area)].map { Double($0) }
                    target.pointer[matrix] = T(try determinant(elements, size, call))
                }
            }
        }
    }
}

private func determinant(_ elements: [Double], _ size: Int, _ call: Call) throws -> Double {
    if elements.contains(where: \.isNaN) { return .nan }
    var rows = elements
    var result = 1.0
    for column in 0..<size {
        try call.checkTime()
        var pivot = column
        for row in column..<size where rows[row * size + column].magnitude > rows[pivot * size + column].magnitude {
            pivot = row
        }
        let head = rows[pivot * size + column]
        if head == 0 { return 0 }
        if pivot != column {
            for i in column..<size { rows.swapAt(pivot * size + i, column * size + i) }
            result = -result
        }
        result *= head
        for row in (column + 1)..<max(size, column + 1) {
            let factor = rows[row * size + column] / head
            if factor == 0 { continue }
            for i in column..<size { rows[row * size + i] -= factor * rows[column * size + i] }
        }
    }
    return result
}

extension InferenceRule {
    fileprivate static let determinant = InferenceRule { node in
        guard let shape = node.shape(0) else { return }
        guard shape.count >= 2 else {
            throw GraphError(.argument, "rank \(shape.count), expected square matrices", argument: "X")
        }
        if case .size(let rows) = shape[shape.count - 2], case .size(let columns) = shape[shape.count - 1],
            rows != columns
        {
            throw GraphError(.argument, "\(rows) rows and \(columns) columns, expected square matrices", argument: "X")
        }
        node.set(0, shape: Array(shape.dropLast(2)))
    }
}
