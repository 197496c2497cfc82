import GraphIR

extension Operator {
    /// Numbers from a start to before a limit, by a step.
    /// https://onnx.ai/onnx/operators/onnx__Range.html, versions 11, 27.
    static let range = Operator("Range", accuracy: .rounding(ulps: 1), infer: .range) { binding in
        binding.ignore("stash_type")
        return roundingOnce { call in
            let start = try call.input(0)
            try requireType(start.elementType, call.input(1), call.input(2))
            return [try dispatch(start.elementType, RangeWork(call: call, limit: call.input(1), step: call.input(2)))]
        }
    }
}

private struct RangeWork: NumberWork {
    let call: Call
    let limit: Tensor
    let step: Tensor

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let first = try call.input(0).scalar(T.self, "start")
        let limit = try limit.scalar(T.self, "limit")
        let step = try step.scalar(T.self, "delta")
        let quotient = ((limit.double - first.double) / step.double).rounded(.up)
        guard step != .zero, !quotient.isNaN, let count = Int(exactly: max(quotient, 0)) else {
            throw GraphError(
                .argument, "from \(first) to \(limit) by \(step) gives no number of steps", argument: "delta")
        }
        return try call.make(call.input(0).elementType, [count], as: T.self) { out in
            // NumPy's and the reference's way: the first plus the index times the step.
            for i in out.indices { out[i] = T.sum(first, T.product(T(converting: Int64(i)), step)) }
        }
    }
}

extension InferenceRule {
    fileprivate static let range = InferenceRule { node in
        for (input, name) in ["start", "limit", "delta"].enumerated() { try node.requireScalar(input, name) }
        guard let start = node.elements(0)?.first, let limit = node.elements(1)?.first,
            let step = node.elements(2)?.first
        else { return node.set(0, shape: [.unknown]) }
        let distance = limit.minus(start)
        guard let length = distance.known, let step = step.known else {
            // A name stands for a size, which isn't negative.
            return node.set(0, shape: [step.isSize(1) && start.isSize(0) ? limit : .unknown])
        }
        guard step != 0 else { throw GraphError(.argument, "the step is 0", argument: "delta") }
        let count = length == 0 || (length < 0) != (step < 0) ? 0 : (length.magnitude - 1) / step.magnitude + 1
        node.set(0, shape: [Int64(exactly: count).map { .size($0) } ?? .unknown])
    }
}
