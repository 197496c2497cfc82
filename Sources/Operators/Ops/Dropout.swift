import GraphIR

extension Operator {
    /// x · mask / (1 − ratio) in training, where the mask drops elements at random; x in inference.
    /// https://onnx.ai/onnx/operators/onnx__Dropout.html, versions 1, 6, 7, 10, 12, 13, 22.
    ///
    /// Before 7 training is the default (`is_test`), from 12 on an input says so, in between there is none. The ratio
    /// is an attribute before 12. The mask is of the data's type before 10. An element is dropped where NumPy's
    /// `RandomState(seed)` draws a number below the ratio, as in ONNX's reference implementation.
    static let dropout = Operator(
        "Dropout", accuracy: .rounding(ulps: 1),
        infer: .dropout
    ) { binding in
        let version = binding.version
        if version < 6 { binding.ignore("consumed_inputs") }
        let trains = version < 7 ? try !binding.flag("is_test") : false
        let fixed = version < 12 ? try binding.real("ratio", default: 0.5) : 0.5
        let seed = version < 12 ? nil : try binding.int("seed")
        let start = UInt32(truncatingIfNeeded: seed ?? Int64(truncatingIfNeeded: binding.seed))
        return { call in
            let x = try call.input(0)
            let maskType = version < 10 ? x.elementType : .bool
            let trains =
                try call[2].map { try $0.count == 1 && call.converted($0, to: .bool).bytes().array() != [0] } ?? trains
            let ratio = try call[1].map { try call.converted($0, to: .float64).scalar(Double.self, "ratio") } ?? fixed
            if !trains || ratio == 0 {
                if call.outputCount < 2 { return [x] }
                let mask = try call.make(.bool, x.shape, as: UInt8.self) { $0.update(repeating: 1) }
                return [x, try call.converted(mask, to: maskType)]
            }
            guard ratio > 0, ratio < 1 else {
                throw GraphError(.argument, "\(ratio) is outside of 0..<1", argument: "ratio")
            }
            let mask = try call.make(.bool, x.shape, as: UInt8.self) { out in
                var source = MersenneTwister(seed: start)
                for index in out.indices {
                    out[index] = source.uniform() < ratio ? 0 : 1
                    if index % (1 << 20) == 0 { try call.checkTime() }
                }
            }
            let scaled = try call.zipped(call.converted(x, to: .float64), mask, to: .float64) {
                (value: Double, kept: UInt8) in Double(kept) * value / (1 - ratio)
            }
            return [try call.converted(scaled, to: x.elementType), try call.converted(mask, to: maskType)]
        }
    }
}

extension InferenceRule {
    fileprivate static let dropout = InferenceRule { node in
        for (input, name) in [(1, "ratio"), (2, "training_mode")] { _ = try node.shape(input, rank: 0...0, name) }
        node.set(0, shape: node.shape(0))
        node.set(1, shape: node.shape(0), type: node.binding.version < 10 ? node.elementType(0) : .bool)
    }
}
