import GraphIR

/// How each position along an axis is made of positions of the input: a row of taps for each.
struct Taps: Sendable {
    /// Taps of one position.
    let width: Int
    /// For each position and tap the place in the input.
    var places: [Int] = []
    var weights: [Double] = []
    /// Positions that lie outside of the input and take a value of their own.
    var outside: [Bool] = []

    var count: Int { outside.count }
}

extension Call {
    /// The tensor with one axis made anew: each position is the weighted sum of its taps, in double.
    func resampled(_ x: Tensor, along axis: Int, _ taps: Taps, outside: Double) throws -> Tensor {
        let inner = product(x.shape[(axis + 1)...])
        let outer = product(x.shape[..<axis])
        let size = x.shape[axis]
        let (count, width) = (taps.count, taps.width)
        var shape = x.shape
        shape[axis] = count
        return try make(shape, of: Double.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try x.withElements(Double.self) { values in
                guard let from = values.baseAddress else { return }
                let (source, target) = (Shared(from), Shared(to))
                let work = max(inner, 1).multiplied(checked: width) ?? Int.max
                try taps.places.withUnsafeBufferPointer { places in
                    try taps.weights.withUnsafeBufferPointer { weights in
                        let (places, weights) = (Shared(places), Shared(weights))
                        try inParallel(outer * count, grain: max(1, (1 << 15) / work)) { rows in
                            for row in rows {
                                if row % 4096 == 0 { try checkTime() }
                                let (block, position) = (row / count, row % count)
                                let result = target.pointer + row * inner
                                if taps.outside[position] {
                                    result.update(repeating: outside, count: inner)
                                    continue
                                }
                                weighted(
                                    source.pointer + block * size * inner, inner, places.pointer, weights.pointer,
                                    position * width..<(position + 1) * width, result)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The tensor with each position along each axis taken from a place of the input; -1 stands for `fill`.
    func picked(_ x: Tensor, places: [[Int]], fill: Tensor) throws -> Tensor {
        let shape = places.map(\.count)
        if shape.isEmpty { return x }
        try check(x.elementType, shape)
        let strides = rowMajorStrides(x.shape)
        let moved = try moving([x, fill]) { tensors in
            let width = tensors[0].elementType.bitWidth / 8
            let last = shape.count - 1
            let result = try make(tensors[0].elementType, shape, as: UInt8.self) { out in
                try tensors[0].withElements(UInt8.self) { values in
                    try tensors[1].withElements(UInt8.self) { fill in
                        guard let to = out.baseAddress, let fill = fill.baseAddress, !out.isEmpty else { return }
                        let from = values.baseAddress ?? fill
                        let target = Shared(UnsafeMutableRawPointer(to))
                        let (source, blank) = (Shared(UnsafeRawPointer(from)), Shared(UnsafeRawPointer(fill)))
                        let rows = product(shape.dropLast())
                        try inParallel(rows, grain: max(1, (1 << 14) / shape[last])) { piece in
                            for row in piece {
                                if row % 256 == 0 { try checkTime() }
                                var rest = row
                                var start = 0
                                var isBlank = false
                                for axis in stride(from: last - 1, through: 0, by: -1) {
                                    let place = places[axis][rest % shape[axis]]
                                    rest /= shape[axis]
                                    if place < 0 { isBlank = true }
                                    start += place * strides[axis]
                                }
                                let line = target.pointer + row * shape[last] * width
                                for (column, place) in places[last].enumerated() {
                                    let element =
                                        isBlank || place < 0 ? blank.pointer : source.pointer + (start + place) * width
                                    copyElement(element, line + column * width, width)
                                }
                            }
                        }
                    }
                }
            }
            return [result]
        }
        return moved.first ?? x
    }
}

/// The weighted sum of some rows of a plane.
@inline(__always)
private func weighted(
    _ plane: UnsafePointer<Double>, _ length: Int, _ places: UnsafeBufferPointer<Int>,
    _ weights: UnsafeBufferPointer<Double>, _ taps: Range<Int>, _ result: UnsafeMutablePointer<Double>
) {
    if length == 1 {
        var sum = 0.0
        for tap in taps { sum += weights[tap] * plane[places[tap]] }
        result[0] = sum
        return
    }
    for tap in taps {
        let line = plane + places[tap] * length
        let weight = weights[tap]
        if tap == taps.lowerBound {
            for i in 0..<length { result[i] = weight * line[i] }
        } else {
            for i in 0..<length { result[i] += weight * line[i] }
        }
    }
}

/// Copies a few bytes, by single instructions where there are any for as many.
@inline(__always)
func copyElement(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ width: Int) {
    switch width {
    case 1: to.storeBytes(of: from.load(as: UInt8.self), as: UInt8.self)
    case 2: to.storeBytes(of: from.loadUnaligned(as: UInt16.self), as: UInt16.self)
    case 4: to.storeBytes(of: from.loadUnaligned(as: UInt32.self), as: UInt32.self)
    case 8: to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
    default: to.copyMemory(from: from, byteCount: width)
    }
}
