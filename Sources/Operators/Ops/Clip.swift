import GraphIR

extension Operator {
    /// x held between a least and a greatest value; the greatest wins where they cross.
    /// https://onnx.ai/onnx/operators/onnx__Clip.html, versions 1, 6, 11, 12, 13; before 11 the bounds are attributes.
    static let clip = Operator("Clip", accuracy: .exact, infer: .sameShape) { binding in
        binding.ignore("consumed_inputs")
        let isLegacy = binding.version < 11
        let least = isLegacy ? try binding.float("min") : nil
        let greatest = isLegacy ? try binding.float("max") : nil
        return roundingOnce { call in
            let x = try call.input(0)
            try requireType(x.elementType, call[1], call[2])
            let low = try call[1] ?? least.map { try call.converted(Tensor(scalar: $0), to: x.elementType) }
            let high = try call[2] ?? greatest.map { try call.converted(Tensor(scalar: $0), to: x.elementType) }
            for (bound, name) in [(low, "min"), (high, "max")] {
                guard let bound, bound.count != 1 else { continue }
                throw GraphError(.argument, "shape \(bound.shape), expected a scalar", argument: name)
            }
            return [try dispatch(x.elementType, ClipWork(call: call, x: x, low: low, high: high))]
        }
    }
}

private struct ClipWork: NumberWork {
    let call: Call
    let x: Tensor
    let low: Tensor?
    let high: Tensor?

    func run<T: Number>(_: T.Type) throws -> Tensor {
        let low = try low?.withElements(T.self) { $0.first } ?? T.lowest
        let high = try high?.withElements(T.self) { $0.first } ?? T.highest
        return try call.mapped(x, to: x.elementType) { (value: T) in
            let raised = value < low ? low : value
            return raised > high ? high : raised
        }
    }
}
