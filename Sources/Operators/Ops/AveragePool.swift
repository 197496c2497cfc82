import GraphIR

extension Operator {
    /// The mean under a sliding window; padding counts only where `count_include_pad` says so. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__AveragePool.html, versions 1, 7, 10, 11, 19, 22.
    static let averagePool = Operator("AveragePool", accuracy: .accumulating, infer: .pooling) { binding in
        var attributes = try WindowAttributes(&binding)
        attributes.ceilMode = try binding.flag("ceil_mode")
        let countsPadding = try binding.flag("count_include_pad")
        let settings = attributes
        return roundingOnce { call in
            let x = try call.input(0)
            let window = try settings.pooling(over: x)
            func run<T: Real>(_: T.Type) throws -> Tensor {
                let area = product(window.input)
                let outArea = product(window.output)
                return try call.make(Array(x.shape.prefix(2)) + window.output, of: T.self) { out in
                    if out.isEmpty { return }
                    try x.withElements(T.self) { values in
                        let (source, target) = (Shared(values), Shared(out))
                        try inParallel(x.shape[0] * x.shape[1], grain: Swift.max(1, (1 << 14) / Swift.max(outArea, 1)))
                        { piece in
                            for plane in piece {
                                try window.forEachPosition(call) { position, offsets, padded in
                                    var sum = 0.0
                                    for offset in offsets { sum += Double(source.pointer[plane * area + offset]) }
                                    let count = countsPadding ? padded : offsets.count
                                    target.pointer[plane * outArea + position] = T(sum / Double(count))
                                }
                            }
                        }
                    }
                }
            }
            return [
                try withReal(x.elementType) {
                    try run(Float.self)
                } double: {
                    try run(Double.self)
                }
            ]
        }
    }
}
