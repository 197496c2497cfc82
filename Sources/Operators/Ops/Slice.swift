import GraphIR

extension Operator {
    /// Every step-th element from a start to before an end, along some axes.
    /// https://onnx.ai/onnx/operators/onnx__Slice.html, versions 1, 10, 11, 13.
    static let slice = Operator("Slice", accuracy: .exact) { binding in
        let isLegacy = binding.version < 10
        let legacyStarts = isLegacy ? try binding.ints("starts")?.map { Int($0) } : nil
        let legacyEnds = isLegacy ? try binding.ints("ends")?.map { Int($0) } : nil
        let legacyAxes = isLegacy ? try binding.ints("axes")?.map { Int($0) } : nil
        return { call in
            let x = try call.input(0)
            guard let starts = try legacyStarts ?? call.integers(1), let ends = try legacyEnds ?? call.integers(2)
            else {
                throw GraphError(.argument, "starts and ends are required", argument: "starts")
            }
            let named = try legacyAxes ?? call.integers(3) ?? Array(starts.indices)
            let axes = try normalized(axes: named, rank: x.shape.count)
            let steps = try call.integers(4) ?? [Int](repeating: 1, count: starts.count)
            guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count else {
                throw GraphError(.argument, "starts, ends, axes and steps differ in length", argument: "starts")
            }
            var shape = x.shape
            var strides = rowMajorStrides(x.shape)
            var offset = 0
            for (index, axis) in axes.enumerated() {
                let range = try SliceRange(
                    start: starts[index], end: ends[index], step: steps[index], size: x.shape[axis])
                shape[axis] = range.count
                if range.count > 0 { offset += range.first * strides[axis] }
                strides[axis] = range.count > 1 ? strides[axis] * steps[index] : 0
            }
            let (finalShape, finalStrides, first) = (shape, strides, offset)
            return try call.moving([x]) { x in
                [try call.strided(x[0], shape: finalShape, strides: finalStrides, offset: first)]
            }
        }
    }
}

/// The elements that a start, end and step pick of an axis: negative ones count from the end, what lies outside is
/// clamped. Unlike NumPy, the standard takes a start before the axis for its first element, also when stepping back.
struct SliceRange: Sendable {
    let first: Int
    let count: Int

    /// - Throws: `op.argument` where the step is 0.
    init(start: Int, end: Int, step: Int, size: Int) throws {
        guard step != 0 else { throw GraphError(.argument, "the step is 0", argument: "steps") }
        func clamped(_ value: Int, _ low: Int, _ high: Int) -> Int {
            max(low, min(high, value < 0 ? value + size : value))
        }
        if size == 0 {
            (first, count) = (0, 0)
            return
        }
        first = clamped(start, 0, step > 0 ? size : size - 1)
        let last = clamped(end, step > 0 ? 0 : -1, step > 0 ? size : size - 1)
        let distance = step > 0 ? last - first : first - last
        let magnitude = step.magnitude
        count = distance <= 0 ? 0 : Int((UInt(distance) - 1) / magnitude + 1)
    }
}
