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
            let plan = try settings.plan(over: x, call)
            let rowCounts = (0..<plan.rows).map { plan.rowTapCount($0, withPadding: countsPadding) }
            let last = plan.window.input.count - 1
            let columnCounts = (0..<plan.width).map {
                plan.tapCount(axis: last, position: $0, withPadding: countsPadding)
            }
            func run<T: Real>(_: T.Type) throws -> Tensor {
                try plan.sums(call, x, T.self, of: .value) { sum, row, column in
                    T(sum / Double(rowCounts[row] * columnCounts[column]))
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
