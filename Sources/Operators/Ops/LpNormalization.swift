import GraphIR

extension Operator {
    /// x divided by its L1 or L2 norm along an axis; 0 where the norm is 0. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__LpNormalization.html, versions 1, 22.
    static let lpNormalization = Operator("LpNormalization", accuracy: .accumulating, infer: .sameShape) { binding in
        let axis = Int(try binding.int("axis", default: -1))
        let p = try binding.int("p", default: 2)
        guard p == 1 || p == 2 else { throw GraphError(.argument, "\(p), expected 1 or 2", argument: "p") }
        return roundingOnce { call in
            let x = try call.input(0)
            let axis = try normalized(axis: axis, rank: x.shape.count)
            func run<T: Real>(_: T.Type) throws -> Tensor {
                let length = x.shape[axis]
                let inner = product(x.shape[(axis + 1)...])
                return try call.make(x.shape, of: T.self) { out in
                    if out.isEmpty { return }
                    try x.withElements(T.self) { values in
                        let (source, target) = (Shared(values), Shared(out))
                        try inParallel(out.count / length, grain: Swift.max(1, (1 << 15) / length)) { piece in
                            for line in piece {
                                try call.checkTime()
                                let first = line / inner * length * inner + line % inner
                                var sum = 0.0
                                for i in 0..<length {
                                    let value = Double(source.pointer[first + i * inner])
                                    sum += p == 1 ? value.magnitude : value * value
                                }
                                let norm = p == 1 ? sum : sum.squareRoot()
                                for i in 0..<length {
                                    let at = first + i * inner
                                    target.pointer[at] = norm == 0 ? 0 : T(Double(source.pointer[at]) / norm)
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
