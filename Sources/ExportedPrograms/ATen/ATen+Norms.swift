import GraphIR

extension ATenTable {
    mutating func addNorms() {
        // The statistics of the batch, and new running ones, are refused where they are used.
        add(
            "batch_norm", "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_functional"
        ) { c in
            let isTraining = try c.bool("training")
            let hasStatistics = try (c.has("running_mean"), c.has("running_var"))
            if isTraining, hasStatistics.0 || hasStatistics.1 { throw c.net.trainingMode("training") }
            guard hasStatistics == (true, true) else { return try c.instanceStatistics() }
            return try c.batchNorm(c.tensor("running_mean"), c.tensor("running_var"))
        }
        add("_native_batch_norm_legit_no_training") { c in
            try c.batchNorm(c.tensor("running_mean"), c.tensor("running_var"))
        }
        add("_native_batch_norm_legit.no_stats") { c in
            _ = try c.bool("training")
            return try c.instanceStatistics()
        }
        add("instance_norm") { c in
            let x = try c.tensor("input")
            guard try c.bool("use_input_stats") else {
                return try c.batchNorm(c.tensor("running_mean"), c.tensor("running_var"))
            }
            // In evaluation running statistics are what is used.
            guard try !c.has("running_mean"), try !c.has("running_var") else {
                throw c.net.trainingMode("use_input_stats")
            }
            guard x.rank > 2 else { throw c.net.invalid("\(x.shape.text) is no map") }
            let normed = try c.net.normalized(x, axes: Array(2..<x.rank), epsilon: c.real("eps"))
            return try c.channelAffine(normed)
        }
        add("layer_norm", "native_layer_norm") { c in
            let x = try c.tensor("input")
            let count = try c.dims("normalized_shape").count
            guard count >= 1, count <= x.rank else { throw c.net.invalid("no axes to normalize") }
            try c.net.keepSamplesApart(x, axes: (x.rank - count)..<x.rank)
            let epsilon = try c.real("eps")
            let (weight, bias) = try (c.optionalTensor("weight"), c.optionalTensor("bias"))
            guard let scale = weight, c.net.isDecimal(epsilon) else {
                var y = try c.net.normalized(x, axes: Array((x.rank - count)..<x.rank), epsilon: epsilon)
                if let weight { y = try c.net.binary("Mul", y, weight) }
                return try bias.map { try c.net.binary("Add", y, $0) } ?? y
            }
            return try c.net.emit(
                "LayerNormalization", [x, scale, bias],
                [Attribute("axis", .int(Int64(-count))), Attribute("epsilon", .float(Float(epsilon)))], shape: x.shape)
        }
        add("rms_norm", "_fused_rms_norm") { c in
            let x = try c.tensor("input")
            let count = try c.dims("normalized_shape").count
            guard count >= 1, count <= x.rank else { throw c.net.invalid("no axes to normalize") }
            let axes = Array((x.rank - count)..<x.rank)
            let mean = try c.net.reduced("ReduceMean", c.net.binary("Mul", x, x), axes: axes, keeps: true)
            let epsilon = try c.optionalNumber("eps")?.real ?? c.net.machineEpsilon(x.elementType)
            let root = try c.net.unary("Sqrt", c.net.with("Add", mean, epsilon))
            let normed = try c.net.binary("Div", x, root)
            return try c.optionalTensor("weight").map { try c.net.binary("Mul", normed, $0) } ?? normed
        }
        add("group_norm", "native_group_norm") { c in
            let x = try c.tensor("input")
            let groups = try c.int(c.schemaHas("num_groups") ? "num_groups" : "group")
            if c.schemaHas("HxW") { _ = try (c.dim("N"), c.dim("C"), c.dim("HxW")) }
            guard x.rank >= 2, groups > 0 else { throw c.net.invalid("\(groups) groups of \(x.shape.text)") }
            try c.net.keepSamplesApart(x, axes: 1..<x.rank)
            let cut = try c.net.reshape(x, [x.shape[0], .number(Int64(groups)), .number(-1)])
            let normed = try c.net.normalized(cut, axes: [2], epsilon: c.real("eps"))
            return try c.channelAffine(c.net.reshape(normed, x.shape))
        }
    }
}

extension ATenCall {
    fileprivate func batchNorm(_ mean: Wire, _ variance: Wire) throws -> Wire {
        let x = try tensor("input")
        guard x.rank >= 2 else { throw net.invalid("\(x.shape.text) has no channels") }
        guard mean.rank == 1, variance.rank == 1, mean.shape[0].mayBe(x.shape[1]), variance.shape[0].mayBe(x.shape[1])
        else { throw net.invalid("statistics \(mean.shape.text) and \(variance.shape.text) of \(x.shape.text)") }
        try net.keepSamplesApart(x, axes: [1])
        let channels = try net.reshape(mean, mean.shape)
        func filled(_ name: String, _ number: Int64) throws -> Wire {
            guard let given = try optionalTensor(name) else {
                return try net.expand(net.scalar(.whole(number), as: x.elementType), channels.shape)
            }
            guard given.rank == 1, given.shape[0].mayBe(x.shape[1]) else {
                throw net.invalid("\(given.shape.text) for the channels of \(x.shape.text)")
            }
            return given
        }
        let epsilon = try real("eps")
        guard net.isDecimal(epsilon) else {
            let shape = [SymbolicInt.number(-1)] + [SymbolicInt](repeating: .number(1), count: x.rank - 2)
            let root = try net.unary("Sqrt", net.with("Add", variance, epsilon))
            let centred = try net.binary("Sub", x, net.reshape(mean, shape))
            return try channelAffine(net.binary("Div", centred, net.reshape(root, shape)))
        }
        return try net.emit(
            "BatchNormalization", [x, filled("weight", 1), filled("bias", 0), mean, variance],
            [Attribute("epsilon", .float(Float(epsilon)))], shape: x.shape)
    }

    /// Batch norm with the statistics of what it is given, as weight standardisation uses it.
    fileprivate func instanceStatistics() throws -> Wire {
        let x = try tensor("input")
        _ = try (
            schemaHas("running_mean") ? has("running_mean") : false,
            schemaHas("running_var") ? has("running_var") : false
        )
        let axes = (0..<x.rank).filter { $0 != 1 }
        return try channelAffine(net.normalized(x, axes: axes, epsilon: real("eps")))
    }

    /// Weight and bias of each channel, axis 1.
    fileprivate func channelAffine(_ x: Wire) throws -> Wire {
        let shape = [SymbolicInt.number(-1)] + [SymbolicInt](repeating: .number(1), count: max(x.rank - 2, 0))
        var result = x
        if let weight = try optionalTensor("weight") {
            result = try net.binary("Mul", result, net.reshape(weight, shape))
        }
        if let bias = try optionalTensor("bias") { result = try net.binary("Add", result, net.reshape(bias, shape)) }
        return result
    }
}

extension ATenTranslator {
    /// (x − mean) / √(variance + ε) over axes.
    func normalized(_ x: Wire, axes: [Int], epsilon: Double) throws -> Wire {
        let (mean, (_, variance)) = try deviations(x, axes: axes)
        let root = try unary("Sqrt", with("Add", variance, epsilon))
        return try binary("Div", binary("Sub", x, mean), root)
    }

    /// Whether an attribute can say the number so that it means the same in float64.
    func isDecimal(_ value: Double) -> Bool { Double(Float(value).description) == value }

    fileprivate func machineEpsilon(_ type: ElementType) -> Double {
        switch type {
        case .float64: 0x1p-52
        case .float16: 0x1p-10
        case .bfloat16: 0x1p-7
        default: 0x1p-23
        }
    }
}
