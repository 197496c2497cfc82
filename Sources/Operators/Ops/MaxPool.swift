import GraphIR

extension Operator {
    /// The greatest element under a sliding window, and where it was. Padding counts as −∞.
    /// https://onnx.ai/onnx/operators/onnx__MaxPool.html, versions 1, 8, 10, 11, 12, 22.
    static let maxPool = Operator("MaxPool", accuracy: .exact, infer: .pooling) { binding in
        var attributes = try WindowAttributes(&binding)
        attributes.ceilMode = try binding.flag("ceil_mode")
        let isColumnMajor = try binding.flag("storage_order")
        let settings = attributes
        return roundingOnce(keeping: [1]) { call in
            let x = try call.input(0)
            let window = try settings.pooling(over: x)
            return try dispatch(
                x.elementType, MaxPoolWork(call: call, x: x, window: window, isColumnMajor: isColumnMajor))
        }
    }
}

private struct MaxPoolWork: NumberWork {
    let call: Call
    let x: Tensor
    let window: Window
    let isColumnMajor: Bool

    func run<T: Number>(_: T.Type) throws -> [Tensor?] {
        let planes = x.shape[0] * x.shape[1]
        let area = product(window.input)
        let shape = Array(x.shape.prefix(2)) + window.output
        try call.check(.int64, shape)
        let wantsIndices = call.outputCount > 1
        var indices = [Int64](repeating: 0, count: wantsIndices ? product(shape) : 0)
        let result = try call.make(x.elementType, shape, as: T.self) { out in
            if out.isEmpty { return }
            try x.withElements(T.self) { values in
                try indices.withUnsafeMutableBufferPointer { indices in
                    let (source, target, places) = (Shared(values), Shared(out), Shared(indices))
                    let outArea = product(window.output)
                    try inParallel(planes, grain: max(1, (1 << 14) / max(outArea, 1))) { piece in
                        for plane in piece {
                            try window.forEachPosition(call) { position, offsets, _ in
                                var best: T?
                                var place = 0
                                for offset in offsets {
                                    let value = source.pointer[plane * area + offset]
                                    if let current = best, !(value > current || value.isNotANumber) { continue }
                                    best = value
                                    place = offset
                                }
                                target.pointer[plane * outArea + position] = best ?? T.lowest
                                guard wantsIndices else { return }
                                let local = isColumnMajor ? window.columnMajor(place) : place
                                places.pointer[plane * outArea + position] = Int64(plane * area + local)
                            }
                        }
                    }
                }
            }
        }
        return [result, wantsIndices ? try Tensor(indices, shape: shape) : nil]
    }
}

extension Window {
    /// The offset of an input position when the first spatial axis runs fastest.
    fileprivate func columnMajor(_ offset: Int) -> Int {
        var rest = offset
        var index: [Int] = []
        for size in input.reversed() {
            index.insert(rest % size, at: 0)
            rest /= size
        }
        var result = 0
        for axis in input.indices.reversed() { result = result * input[axis] + index[axis] }
        return result
    }
}
