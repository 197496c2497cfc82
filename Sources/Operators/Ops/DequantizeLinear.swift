import GraphIR

extension Operator {
    /// (x − x_zero_point) · x_scale, exact up to one rounding to the type of the result.
    /// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html, versions 10, 13, 19, 21, 23, 24, 25, 28; scales per axis
    /// since 13, per block since 21.
    static let dequantizeLinear = Operator("DequantizeLinear", accuracy: .rounding(ulps: 0.5), infer: dequantizeRule) {
        binding in
        let axis = try binding.int("axis", default: 1)
        let blockSize = try binding.int("block_size", default: 0)
        let number = try binding.int("output_dtype", default: 0)
        let named = Int32(exactly: number).flatMap(ElementType.init(rawValue:))
        let results: [ElementType] = [.float32, .float16, .bfloat16, .float64]
        guard number == 0 || named.map({ results.contains($0) }) == true else {
            throw GraphError(.argument, "\(number), expected float, float16 or bfloat16", argument: "output_dtype")
        }
        let computesInDouble = binding.computesInDouble
        return { call in
            let x = try call.input(0)
            let scale = try call.input(1)
            try requireType(x.elementType, call[2])
            let result = computesInDouble ? .float64 : named ?? scale.elementType
            guard results.contains(result) else {
                throw GraphError(
                    .argument, "a scale of \(scale.elementType.onnxName) gives the result no type",
                    argument: "output_dtype")
            }
            let grain = try QuantizationGrain(shape: x.shape, scale: scale.shape, axis: axis, blockSize: blockSize)
            let work = DequantizeWork(
                call: call, x: try call.readable(x), grain: grain, zeros: try call.zeroPoints(call[2], like: scale),
                scales: try call.converted(scale, to: .float64).array(of: Double.self), result: result)
            return [try dispatch(work.x.elementType, work)]
        }
    }

    private static let dequantizeRule = InferenceRule { node in
        let named = try node.binding.int("output_dtype").flatMap { Int32(exactly: $0) } ?? 0
        node.set(0, shape: node.shape(0), type: ElementType(rawValue: named) ?? node.elementType(1))
    }
}

private struct DequantizeWork: NumberWork {
    let call: Call
    let x: Tensor
    let grain: QuantizationGrain
    let zeros: [Double]
    let scales: [Double]
    let result: ElementType

    func run<T: Number>(_: T.Type) throws -> Tensor {
        switch result {
        case .float64: try fill(T.self) { $0 }
        case .float16: try fill(T.self) { Float16($0) }
        case .bfloat16: try fill(T.self) { BFloat16($0).bits }
        default: try fill(T.self) { Float($0) }
        }
    }

    private func fill<T: Number, R: BitwiseCopyable>(
        _: T.Type, _ rounded: @Sendable (Double) -> R
    ) throws -> Tensor {
        try call.make(result, x.shape, as: R.self) { out in
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(values.count, grain: 1 << 14) { piece in
                    try call.checkTime()
                    grain.forEachRun(of: piece) { run, first, step in
                        var at = first
                        for i in run {
                            target.pointer[i] = rounded((source.pointer[i].double - zeros[at]) * scales[at])
                            at += step
                        }
                    }
                }
            }
        }
    }
}
