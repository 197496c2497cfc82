import GraphIR

extension Operator {
    /// Puts every element where an index says, in an output of zeros: a partial inverse of MaxPool.
    /// https://onnx.ai/onnx/operators/onnx__MaxUnpool.html, versions 9, 11, 22.
    ///
    /// Indices count the elements of the tensor that the attributes give, (input − 1) · stride − padding + kernel; an
    /// `output_shape` that is larger has that tensor in its first corner. Of two elements for one place the last stays.
    static let maxUnpool = Operator("MaxUnpool", accuracy: .exact, infer: maxUnpoolRule) { binding in
        let attributes = try UnpoolAttributes(&binding)
        return { call in
            let x = try call.input(0)
            let indices = try call.input(1)
            guard indices.shape == x.shape else {
                throw GraphError(.argument, "shape \(indices.shape), expected \(x.shape)", argument: "I")
            }
            guard x.shape.count == attributes.kernel.count + 2 else {
                throw GraphError(
                    .argument, "shape \(x.shape) for a kernel of \(attributes.kernel)", argument: "kernel_shape")
            }
            let inner = Array(x.shape.prefix(2)) + (try attributes.sizes(of: Array(x.shape.dropFirst(2))))
            let shape = try call.integers(2) ?? inner
            guard shape.count == inner.count, zip(shape, inner).allSatisfy({ $0 >= $1 }) else {
                throw GraphError(.argument, "\(shape) doesn't hold \(inner)", argument: "output_shape")
            }
            try call.check(x.elementType, shape)
            let total = product(inner)
            let places = try indices.array(of: Int64.self)
            let width = x.elementType.bitWidth / 8
            let strides = rowMajorStrides(inner)
            let outputStrides = rowMajorStrides(shape)
            let result = try call.make(x.elementType, shape, as: UInt8.self) { out in
                try x.withElements(UInt8.self) { values in
                    for (position, place) in places.enumerated() {
                        guard place >= 0, place < total else {
                            throw GraphError(.argument, "index \(place) is outside of 0..<\(total)", argument: "I")
                        }
                        var rest = Int(place)
                        var at = 0
                        for axis in inner.indices {
                            at += rest / strides[axis] * outputStrides[axis]
                            rest %= strides[axis]
                        }
                        for byte in 0..<width { out[at * width + byte] = values[position * width + byte] }
                    }
                }
            }
            return [result]
        }
    }

    private static let maxUnpoolRule = InferenceRule { node in
        let attributes = try UnpoolAttributes(&node.binding)
        let x = try node.shape(0, rank: 2...Int.max, "X")
        if let x, attributes.kernel.count != x.count - 2 {
            throw GraphError(
                .argument, "\(attributes.kernel.count) numbers for \(x.count - 2) spatial axes",
                argument: "kernel_shape")
        }
        if let sizes = try node.vector(2, "output_shape"), let x {
            _ = try node.unified(sizes[0], .size(Int64(x.count)), "output_shape")
        }
        if let sizes = node.elements(2) { return node.set(0, shape: sizes) }
        guard !node.isGiven(2), let x else { return }
        let spatial = try x.dropFirst(2).enumerated().map { axis, dimension -> Dimension in
            guard case .size(let size) = dimension, let size = Int(exactly: size) else { return .unknown }
            return .size(Int64(try attributes.size(axis: axis, of: size)))
        }
        node.set(0, shape: x.prefix(2) + spatial)
    }
}

/// The attributes of an unpooling.
private struct UnpoolAttributes: Sendable {
    let kernel: [Int]
    private let strides: [Int]
    private let pads: [Int]

    init(_ binding: inout Binding) throws {
        kernel = try binding.ints("kernel_shape")?.map { Int($0) } ?? []
        strides = try binding.ints("strides")?.map { Int($0) } ?? kernel.map { _ in 1 }
        pads = try binding.ints("pads")?.map { Int($0) } ?? (kernel + kernel).map { _ in 0 }
        guard strides.count == kernel.count, pads.count == 2 * kernel.count else {
            throw GraphError(
                .argument, "\(strides) and \(pads) don't fit a kernel of \(kernel)", argument: "strides, pads")
        }
        let range = 0...Window.largest
        guard (kernel + strides).allSatisfy({ $0 > 0 && range.contains($0) }), pads.allSatisfy(range.contains) else {
            throw GraphError(.argument, "a number is outside of \(range)", argument: "kernel_shape, strides, pads")
        }
    }

    func sizes(of input: [Int]) throws -> [Int] {
        try input.enumerated().map { try size(axis: $0, of: $1) }
    }

    func size(axis: Int, of input: Int) throws -> Int {
        guard let kernel = kernel[checked: axis], input <= Window.largest else {
            throw GraphError(.argument, "an axis of \(input) elements", argument: "X")
        }
        let size = (input - 1) * strides[axis] - pads[axis] - pads[axis + self.kernel.count] + kernel
        guard size >= 0 else { throw GraphError(.argument, "the output would have \(size) elements", argument: "pads") }
        return size
    }
}
