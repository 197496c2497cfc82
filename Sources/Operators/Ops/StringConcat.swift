import GraphIR

extension Operator {
    /// Strings put behind each other, with broadcasting.
    /// https://onnx.ai/onnx/operators/onnx__StringConcat.html, version 20.
    static let stringConcat = Operator("StringConcat", accuracy: .exact, infer: .broadcast) { _ in
        { call in
            let (x, y) = (try call.input(0), try call.input(1))
            let (left, right) = (try x.strings("X"), try y.strings("Y"))
            let shape = try broadcastShape([x.shape, y.shape])
            try call.check(.string, shape)
            let strides = [broadcastStrides(x.shape, to: shape), broadcastStrides(y.shape, to: shape)]
            var result: [[UInt8]] = []
            var bytes = 0
            let last = shape.count - 1
            try forEachRow(shape, strides) { offsets in
                for column in 0..<(shape.last ?? 1) {
                    let first = left[offsets[0] + (last < 0 ? 0 : column * strides[0][last])]
                    let second = right[offsets[1] + (last < 0 ? 0 : column * strides[1][last])]
                    bytes += first.count + second.count + 16
                    try call.check(.uint8, [bytes])
                    result.append(first + second)
                }
            }
            return [try Tensor(strings: result, shape: shape)]
        }
    }
}
