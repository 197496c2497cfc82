import GraphIR

/// An axis counted from 0; negative ones count from the end.
/// - Throws: `op.argument` where it is outside of `-rank..<rank`.
func normalized(axis: Int, rank: Int, _ name: String = "axis") throws -> Int {
    guard axis >= -rank, axis < rank else {
        throw GraphError(.argument, "axis \(axis) is outside of \(-rank)..<\(rank)", argument: name)
    }
    return axis < 0 ? axis + rank : axis
}

/// Axes counted from 0, each once.
/// - Throws: `op.argument` where one is out of range or comes twice.
func normalized(axes: [Int], rank: Int, _ name: String = "axes") throws -> [Int] {
    var seen: Set<Int> = []
    return try axes.map { axis in
        let axis = try normalized(axis: axis, rank: rank, name)
        guard seen.insert(axis).inserted else {
            throw GraphError(.argument, "axis \(axis) comes twice", argument: name)
        }
        return axis
    }
}

/// Row-major strides in elements. The shape is a tensor's, so no product overflows unless a dimension is zero.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
        strides[axis] = strides[axis + 1] &* max(shape[axis + 1], 1)
    }
    return strides
}

/// The product of some dimensions of a tensor's shape.
func product(_ dimensions: some Sequence<Int>) -> Int { dimensions.checkedProduct() ?? 0 }

/// The shape that several broadcast to (ONNX, "Multidirectional Broadcasting").
/// - Throws: `op.argument` where two dimensions differ and neither is 1.
func broadcastShape(_ shapes: [[Int]]) throws -> [Int] {
    let rank = shapes.map(\.count).max() ?? 0
    var result = [Int](repeating: 1, count: rank)
    for shape in shapes {
        for (index, size) in shape.enumerated() {
            let axis = rank - shape.count + index
            if result[axis] == 1 {
                result[axis] = size
            } else if size != 1 && size != result[axis] {
                let list = shapes.map { "\($0)" }.joined(separator: ", ")
                throw GraphError(.argument, "shapes \(list) don't broadcast: \(result[axis]) against \(size)")
            }
        }
    }
    return result
}

/// The strides with which a tensor of `shape` is read as one of `target`: 0 along repeated dimensions.
func broadcastStrides(_ shape: [Int], to target: [Int]) -> [Int] {
    let own = rowMajorStrides(shape)
    let missing = target.count - shape.count
    return target.indices.map { axis in
        axis < missing || shape[axis - missing] == 1 ? 0 : own[axis - missing]
    }
}

/// Dimensions and strides with neighbours merged where one step through both is one step through their union.
/// `strides` holds one list per operand.
func collapsed(_ shape: [Int], _ strides: [[Int]]) -> (shape: [Int], strides: [[Int]]) {
    var newShape: [Int] = []
    var newStrides: [[Int]] = strides.map { _ in [] }
    for axis in shape.indices where shape[axis] != 1 {
        if let last = newShape.last,
            zip(strides, newStrides).allSatisfy({ ($1.last ?? 0) == $0[axis] &* shape[axis] })
        {
            // Overflows only where another dimension is zero, and nothing is visited.
            newShape[newShape.count - 1] = last &* shape[axis]
            for operand in strides.indices { newStrides[operand][newShape.count - 1] = strides[operand][axis] }
        } else {
            newShape.append(shape[axis])
            for operand in strides.indices { newStrides[operand].append(strides[operand][axis]) }
        }
    }
    return (newShape, newStrides)
}

/// Calls `body` with the offset of each operand for every position of all axes but the last, in row-major order.
/// - Parameter rows: which of the positions; all where it is left out.
func forEachRow(
    _ shape: [Int], _ strides: [[Int]], in rows: Range<Int>? = nil, _ body: ([Int]) throws -> Void
) rethrows {
    if shape.contains(0) || rows?.isEmpty == true { return }
    let outer = max(shape.count - 1, 0)
    var index = [Int](repeating: 0, count: outer)
    var offsets = [Int](repeating: 0, count: strides.count)
    var position = rows?.lowerBound ?? 0
    var rest = position
    for axis in (0..<outer).reversed() {
        index[axis] = rest % shape[axis]
        rest /= shape[axis]
        for operand in strides.indices { offsets[operand] += index[axis] * strides[operand][axis] }
    }
    while true {
        try body(offsets)
        position += 1
        if let rows, position >= rows.upperBound { return }
        var axis = outer - 1
        while axis >= 0 {
            index[axis] += 1
            for operand in strides.indices { offsets[operand] += strides[operand][axis] }
            if index[axis] < shape[axis] { break }
            for operand in strides.indices { offsets[operand] -= strides[operand][axis] * shape[axis] }
            index[axis] = 0
            axis -= 1
        }
        if axis < 0 { return }
    }
}
