import GraphIR

extension Operator {
    /// Every step-th element from a start to before an end, along some axes.
    /// https://onnx.ai/onnx/operators/onnx__Slice.html, versions 1, 10, 11, 13.
    static let slice = Operator("Slice", accuracy: .exact, infer: .slice) { binding in
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

/// What a slice leaves of a dimension.
private func sliced(_ size: Dimension, _ start: Int, _ end: Int, _ step: Int) throws -> Dimension {
    if let size = size.known {
        return .size(Int64(try SliceRange(start: start, end: end, step: step, size: Int(size)).count))
    }
    guard step != 0 else { throw GraphError(.argument, "the step is 0", argument: "steps") }
    if step == 1 && start == 0 && end >= Int(Int32.max) { return size }
    let isEmpty = (start < 0) == (end < 0) && (step > 0 ? end <= start : end >= start)
    return isEmpty ? .size(0) : .unknown
}

extension InferenceRule {
    fileprivate static let slice = InferenceRule { node in
        let isLegacy = node.binding.version < 10
        let starts = isLegacy ? try node.binding.ints("starts")?.map { Int($0) } : node.integers(1)
        let ends = isLegacy ? try node.binding.ints("ends")?.map { Int($0) } : node.integers(2)
        let named = isLegacy ? try node.binding.ints("axes")?.map { Int($0) } : node.integers(3)
        let steps = node.integers(4)
        guard var shape = node.shape(0) else { return node.set(0, shape: nil) }
        let count = starts?.count ?? node.shape(1)?.first?.known.map { Int(clamping: $0) }
        // Without axes they are the first ones.
        let givesAxes = isLegacy ? named != nil : node.value(3) != nil
        let axes = try (named ?? (givesAxes ? nil : count.map { Array(0..<Swift.max($0, 0)) }))
            .map { try normalized(axes: $0, rank: shape.count) }
        guard let axes else { return node.set(0, shape: .unknown(rank: shape.count)) }
        let areKnown = starts != nil && ends != nil && (steps != nil || isLegacy || node.value(4) == nil)
        guard areKnown, let starts, let ends else {
            for axis in axes { shape[axis] = .unknown }
            return node.set(0, shape: shape)
        }
        guard starts.count == ends.count, axes.count == starts.count, steps.map({ $0.count == axes.count }) ?? true
        else {
            throw GraphError(.argument, "starts, ends, axes and steps differ in length", argument: "starts")
        }
        for (index, axis) in axes.enumerated() {
            let step = steps?[index] ?? 1
            shape[axis] = try sliced(shape[axis], starts[index], ends[index], step)
        }
        node.set(0, shape: shape)
        guard shape.count == 1, axes.count == 1, let elements = node.elements(0) else { return }
        let step = steps?.first ?? 1
        let range = try SliceRange(start: starts[0], end: ends[0], step: step, size: elements.count)
        node.set(0, elements: (0..<range.count).compactMap { elements[checked: range.first + $0 * step] })
    }
}
