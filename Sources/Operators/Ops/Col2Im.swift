import GraphIR

extension Operator {
    /// Blocks that lie in columns, added up at their places in an image.
    /// https://onnx.ai/onnx/operators/onnx__Col2Im.html, version 18. Integers wrap; of bools, any true makes true.
    static let col2Im = Operator("Col2Im", accuracy: .accumulating, infer: col2ImRule) { binding in
        let dilations = try binding.ints("dilations")?.map { Int($0) }
        let pads = try binding.ints("pads")?.map { Int($0) }
        let strides = try binding.ints("strides")?.map { Int($0) }
        return roundingOnce { call in
            let x = try call.input(0)
            guard let image = try call.integers(1), let block = try call.integers(2) else {
                throw GraphError(.argument, "the input is required", argument: "image_shape, block_shape")
            }
            guard x.shape.count == 3, image.count == block.count, !image.isEmpty,
                let taps = block.checkedProduct(), taps > 0, x.shape[1] % taps == 0
            else {
                throw GraphError(
                    .argument, "shape \(x.shape) holds no blocks of \(block) of an image of \(image)", argument: "input"
                )
            }
            let window = try WindowAttributes(strides: strides, dilations: dilations, pads: pads)
                .window(over: image, kernel: block)
            guard product(window.output) == x.shape[2] else {
                throw GraphError(
                    .argument, "\(x.shape[2]) blocks, expected \(window.output)", argument: "input")
            }
            let work = ScatterWork(call: call, x: x, window: window, channels: x.shape[1] / taps)
            switch x.elementType {
            case .bool:
                let counts = try dispatch(.int32, work.with(call.converted(x, to: .int32)))
                return [try call.converted(counts, to: .bool)]
            case .complex64, .complex128: return [try work.complex()]
            default: return [try dispatch(x.elementType, work)]
            }
        }
    }

    private static let col2ImRule = InferenceRule { node in
        var letters = DimensionLetters()
        try letters.match(node, 0, "N CT L", "input")
        try letters.match(node, 1, "axes", "image_shape")
        try letters.match(node, 2, "axes", "block_shape")
        for (name, perAxis) in [("dilations", 1), ("strides", 1), ("pads", 2)] {
            guard let count = try node.binding.ints(name)?.count else { continue }
            guard count % perAxis == 0 else {
                throw GraphError(.argument, "\(count) numbers, expected two for each axis", argument: name)
            }
            try letters.merge("axes", .size(Int64(count / perAxis)), name)
        }
        guard let rank = letters["axes"].known, rank <= Tensor.maximumRank else { return }
        let image = node.elements(1) ?? .unknown(rank: Int(rank))
        var channels = Dimension.unknown
        if let taps = node.integers(2)?.checkedProduct(), taps > 0, case .size(let rows)? = node.shape(0)?[checked: 1] {
            channels = .size(rows / Int64(taps))
        }
        node.set(0, shape: [node.shape(0)?.first ?? .unknown, channels] + image)
    }
}

private struct ScatterWork: NumberWork {
    let call: Call
    let x: Tensor
    let window: Window
    let channels: Int

    func with(_ x: Tensor) -> ScatterWork { ScatterWork(call: call, x: x, window: window, channels: channels) }

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let positions = x.shape[2]
        let area = product(window.input)
        return try call.make(x.elementType, [x.shape[0], channels] + window.input, as: T.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            try x.withElements(T.self) { columns in
                guard let from = columns.baseAddress else { return }
                for image in 0..<x.shape[0] {
                    try window.scatter(
                        channels, from + image * x.shape[1] * positions, 0..<positions,
                        into: to + image * channels * area, call)
                }
            }
        }
    }

    /// Complex numbers, real and imaginary parts one after the other.
    func complex() throws -> Tensor {
        let part: ElementType = x.elementType == .complex64 ? .float32 : .float64
        let pairs = try Tensor(part, shape: x.shape + [2], bytes: x.bytes())
        let strides = rowMajorStrides(x.shape).map { $0 * 2 }
        let sums = try (0..<2).map { offset in
            try dispatch(part, with(call.strided(pairs, shape: x.shape, strides: strides, offset: offset)))
        }
        let shape = sums[0].shape
        let width = part.bitWidth / 8
        return try call.make(x.elementType, shape, as: UInt8.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            for (offset, sum) in sums.enumerated() {
                try sum.withElements(UInt8.self) { values in
                    guard let from = values.baseAddress else { return }
                    copyStrided(
                        width: width, shape: [sum.count], from: from, [1], 0, to: to, [2], offset)
                }
            }
        }
    }
}
