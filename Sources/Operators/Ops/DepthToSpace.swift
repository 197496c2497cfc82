import GraphIR

extension Operator {
    /// Channels moved into blocks of rows and columns; the inverse of SpaceToDepth.
    /// https://onnx.ai/onnx/operators/onnx__DepthToSpace.html, versions 1, 11, 13, 28; `mode` since 11.
    static let depthToSpace = Operator(
        "DepthToSpace", accuracy: .exact,
        infer: InferenceRule { node in
            let block = try blockSize(&node.binding)
            guard let shape = node.shape(0) else { return }
            try requireImage(shape.count)
            node.set(
                0,
                shape: [
                    shape[0], try divided(shape[1], by: block * block), shape[2].times(.size(Int64(block))),
                    shape[3].times(.size(Int64(block))),
                ])
        }
    ) { binding in
        let block = try blockSize(&binding)
        let depthIsInner = try blockOrder(&binding, since: 11) == "CRD"
        return { call in
            let x = try call.input(0)
            try requireImage(x.shape.count)
            let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard c % (block * block) == 0, let height = h.multiplied(checked: block),
                let width = w.multiplied(checked: block)
            else {
                throw GraphError(.argument, "\(c) channels in blocks of \(block) × \(block)", argument: "blocksize")
            }
            let depth = c / (block * block)
            let result = [n, depth, height, width]
            return [
                depthIsInner
                    ? try call.rearranged(
                        x, as: [n, depth, block, block, h, w], axes: [0, 1, 4, 2, 5, 3], result: result)
                    : try call.rearranged(
                        x, as: [n, block, block, depth, h, w], axes: [0, 3, 4, 1, 5, 2], result: result)
            ]
        }
    }

    /// Blocks of rows and columns moved into channels; the inverse of DepthToSpace.
    /// https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html, versions 1, 13, 28; `mode` since 28.
    static let spaceToDepth = Operator(
        "SpaceToDepth", accuracy: .exact,
        infer: InferenceRule { node in
            let block = try blockSize(&node.binding)
            guard let shape = node.shape(0) else { return }
            try requireImage(shape.count)
            node.set(
                0,
                shape: [
                    shape[0], shape[1].times(.size(Int64(block * block))), try divided(shape[2], by: block),
                    try divided(shape[3], by: block),
                ])
        }
    ) { binding in
        let block = try blockSize(&binding)
        let depthIsOuter = try blockOrder(&binding, since: 28) == "CRD"
        return { call in
            let x = try call.input(0)
            try requireImage(x.shape.count)
            let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard h % block == 0, w % block == 0, let channels = c.multiplied(checked: block * block) else {
                throw GraphError(.argument, "\(h) × \(w) in blocks of \(block) × \(block)", argument: "blocksize")
            }
            return [
                try call.rearranged(
                    x, as: [n, c, h / block, block, w / block, block],
                    axes: depthIsOuter ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4],
                    result: [n, channels, h / block, w / block])
            ]
        }
    }
}

/// - Throws: `op.argument` unless it is a number whose square is one too.
private func blockSize(_ binding: inout Binding) throws -> Int {
    let size = Int(try binding.int("blocksize", default: 0))
    guard size >= 1, size < 1 << 31 else {
        throw GraphError(.argument, "\(size) is outside of 1..<2³¹", argument: "blocksize")
    }
    return size
}

private func blockOrder(_ binding: inout Binding, since version: Int64) throws -> String {
    guard binding.version >= version else { return "DCR" }
    let mode = try binding.string("mode") ?? "DCR"
    guard ["DCR", "CRD"].contains(mode) else {
        throw GraphError(.argument, "\"\(mode)\" is none of DCR, CRD", argument: "mode")
    }
    return mode
}

private func requireImage(_ rank: Int) throws {
    guard rank == 4 else { throw GraphError(.argument, "rank \(rank), expected 4", argument: "input") }
}

private func divided(_ dimension: Dimension, by divisor: Int) throws -> Dimension {
    let part = dimension.cut(into: divisor)
    if part == .unknown, let size = dimension.known {
        throw GraphError(.argument, "a dimension of \(size) in parts of \(divisor)", argument: "blocksize")
    }
    return part
}
