import GraphIR

extension Operator {
    /// (Σ |x|ᵖ)^(1/p) under a sliding window; padding counts as 0. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__LpPool.html, versions 1 (p is a float), 2, 11, 18, 22.
    static let lpPool = Operator("LpPool", accuracy: .accumulating, infer: .pooling) { binding in
        var attributes = try WindowAttributes(&binding)
        attributes.ceilMode = try binding.flag("ceil_mode")
        let norm = try LpNorm(&binding)
        let settings = attributes
        return roundingOnce { call in
            let x = try call.input(0)
            let plan = try settings.plan(over: x, call)
            func run<T: Real>(_: T.Type) throws -> Tensor {
                try plan.sums(call, x, T.self, of: norm.pooled) { sum, _, _ in T(norm.root(sum)) }
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

    /// (Σ |x|ᵖ)^(1/p) over all spatial axes. Summed in double.
    /// https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html, versions 1 (p is a float), 2, 22.
    static let globalLpPool = Operator("GlobalLpPool", accuracy: .accumulating, infer: .globalPooling) { binding in
        let norm = try LpNorm(&binding)
        return roundingOnce { call in
            let x = try call.input(0)
            guard x.shape.count >= 2 else {
                throw GraphError(.argument, "rank \(x.shape.count), expected at least 2", argument: "X")
            }
            let ones = x.shape.dropFirst(2).map { _ in 1 }
            func run<T: Real>(_: T.Type) throws -> Tensor {
                let area = product(x.shape.dropFirst(2))
                return try call.make(x.shape.prefix(2) + ones, of: T.self) { out in
                    try x.withElements(T.self) { values in
                        let (source, target) = (Shared(values), Shared(out))
                        let grain = Swift.max(1, (1 << 16) / Swift.max(area, 1))
                        try inParallel(out.count, grain: grain) { piece in
                            for plane in piece {
                                try call.checkTime()
                                var sum = 0.0
                                for i in (plane * area)..<((plane + 1) * area) {
                                    sum += norm.term(Double(source.pointer[i]))
                                }
                                target.pointer[plane] = T(norm.root(sum))
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

/// The p of a norm.
private struct LpNorm: Sendable {
    private let p: Double

    init(_ binding: inout Binding) throws {
        p = binding.version == 1 ? try binding.real("p", default: 2) : Double(try binding.int("p", default: 2))
        guard p > 0, p.isFinite else { throw GraphError(.argument, "\(p), expected a positive number", argument: "p") }
    }

    @inline(__always)
    func term(_ x: Double) -> Double {
        p == 2 ? x * x : p == 1 ? x.magnitude : Double.power(x.magnitude, p)
    }

    var pooled: PoolingTerm { p == 2 ? .square : p == 1 ? .magnitude : .power(p) }

    func root(_ sum: Double) -> Double {
        p == 2 ? sum.squareRoot() : p == 1 ? sum : Double.power(sum, 1 / p)
    }
}
