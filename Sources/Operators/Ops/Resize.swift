import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Operator {
    /// A tensor made larger or smaller along its axes: nearest elements, or sums weighted by a linear or cubic filter.
    /// https://onnx.ai/onnx/operators/onnx__Resize.html, versions 10, 11, 13, 18, 19.
    ///
    /// The filters are applied axis by axis in double; integers are rounded to nearest, ties to even, and clamped.
    static let resize = Operator("Resize", accuracy: .rounding(ulps: 1), infer: resizeInference(isUpsample: false)) {
        binding in
        let rule = try ResizeRule(&binding, isUpsample: false)
        let isFirst = binding.version < 11
        return { call in
            let x = try call.input(0)
            let axes = try rule.axes(
                of: x.shape, region: isFirst ? nil : call[1].map { try call.reals($0, "roi") },
                scales: call[isFirst ? 1 : 2].map { try call.reals($0, "scales") },
                sizes: isFirst ? nil : call[3] == nil ? nil : call.integers(3))
            return [try call.resized(x, rule, axes)]
        }
    }

    /// The older name of Resize, for enlarging only.
    /// https://onnx.ai/onnx/operators/onnx__Upsample.html, versions 1, 7, 9; before 9 the scales are attributes.
    static let upsample = Operator("Upsample", accuracy: .rounding(ulps: 1), infer: resizeInference(isUpsample: true)) {
        binding in
        let rule = try ResizeRule(&binding, isUpsample: true)
        let fixed = try upsampleScales(&binding)
        return { call in
            let x = try call.input(0)
            let scales = try fixed ?? call.reals(call.input(1), "scales")
            let axes = try rule.axes(of: x.shape, region: nil, scales: scales, sizes: nil)
            for axis in axes where axis.scale < 1 {
                throw GraphError(.argument, "a scale of \(axis.scale), expected 1 or more", argument: "scales")
            }
            return [try call.resized(x, rule, axes)]
        }
    }
}

/// The scales of an Upsample before 9: of height and width in version 1, of all axes in 7.
private func upsampleScales(_ binding: inout Binding) throws -> [Double]? {
    if binding.version < 7 {
        return [1, 1, Double(try binding.float("height_scale") ?? 1), Double(try binding.float("width_scale") ?? 1)]
    }
    return binding.version < 9 ? try binding.floats("scales")?.map { Double($0) } : nil
}

private func resizeInference(isUpsample: Bool) -> InferenceRule {
    InferenceRule { node in
        let rule = try ResizeRule(&node.binding, isUpsample: isUpsample)
        guard let shape = node.shape(0) else { return }
        let call = Call(values: [], outputCount: 0, memory: InferenceLimits.elements * 16)
        let isFirst = isUpsample || node.binding.version < 11
        let fixed = isUpsample ? try upsampleScales(&node.binding) : nil
        let scales = try fixed ?? node.constant(isFirst ? 1 : 2).map { try call.reals($0, "scales") }
        let sizes = isFirst ? nil : node.elements(3)
        let known = rule.axes ?? Array(shape.indices)
        var result = [Dimension](repeating: .unknown, count: shape.count)
        let axes = try known.map { try normalized(axis: $0, rank: shape.count, "axes") }
        if !isFirst { try node.checkResizeInputs(axes.count, stretches: rule.aspectRatio == .stretch) }
        for axis in shape.indices where !axes.contains(axis) { result[axis] = shape[axis] }
        let whole = shape.compactMap { $0.known.map { Int($0) } }
        if let sizes, rule.aspectRatio == .stretch, sizes.count == axes.count {
            for (axis, size) in zip(axes, sizes) { result[axis] = size }
        } else if whole.count == shape.count, scales?.isEmpty == false || sizes != nil {
            let numbers = sizes == nil ? nil : node.integers(3)
            if sizes == nil || numbers != nil {
                let found = try rule.axes(
                    of: whole,
                    region: [Double](repeating: 0, count: axes.count)
                        + [Double](repeating: 1, count: axes.count),
                    scales: numbers == nil ? scales : nil, sizes: numbers)
                result = found.map { .size(Int64($0.output)) }
            }
        } else if let scales, scales.count == axes.count {
            for (axis, scale) in zip(axes, scales) {
                if case .size(let size) = shape[axis], let output = scaledSize(Int(size), scale) {
                    result[axis] = .size(Int64(output))
                } else if scale == 1 {
                    result[axis] = shape[axis]
                }
            }
        }
        node.set(0, shape: result)
    }
}

extension Inference {
    /// - Throws: `op.argument` where there isn't exactly one of scales and sizes, a number for each of the axes. Empty ones
    ///   stand for none.
    fileprivate func checkResizeInputs(_ axes: Int, stretches: Bool) throws {
        var given: [Bool] = []
        for (input, name) in [(2, "scales"), (3, "sizes")] {
            let count = try vector(input, name)?[0].known ?? elements(input).map { Int64($0.count) }
            given.append(isGiven(input) && count != 0)
            if let count, count != 0, count != Int64(axes) {
                throw GraphError(.argument, "\(count) numbers for \(axes) axes", argument: name)
            }
        }
        guard binding.version < 13 || given[0] != given[1] else {
            throw GraphError(
                .argument, "\(given[0] ? "both" : "neither") of scales and sizes; expected one of them",
                argument: "scales, sizes")
        }
        guard stretches || !given[0] else {
            throw GraphError(
                .argument, "keeps the aspect ratio of sizes; scales say it themselves",
                argument: "keep_aspect_ratio_policy")
        }
    }
}

/// The size times the scale, in single precision and cut off, as ONNX's own shape inference has it.
private func scaledSize(_ size: Int, _ scale: Double) -> Int? {
    let product = (Float(size) * Float(scale)).rounded(.down)
    return product < 0x1p40 ? Int(product) : nil
}

extension ResizeRule {
    /// The sizes and scales of all axes.
    /// - Throws: `op.argument` where scales, sizes or region don't fit the shape.
    fileprivate func axes(of shape: [Int], region: [Double]?, scales: [Double]?, sizes: [Int]?) throws -> [Axis] {
        let named = try self.axes.map { try normalized(axes: $0, rank: shape.count) } ?? Array(shape.indices)
        var result = shape.map { Axis(input: $0, output: $0, scale: 1) }
        // Either may be there and empty.
        let scales = scales?.isEmpty == true ? nil : scales
        let sizes = sizes?.isEmpty == true && !named.isEmpty ? nil : sizes
        guard (scales == nil) != (sizes == nil) || named.isEmpty else {
            throw GraphError(.argument, "expected either scales or sizes", argument: "scales")
        }
        if let scales {
            guard scales.count == named.count else {
                throw GraphError(.argument, "\(scales.count) numbers for \(named.count) axes", argument: "scales")
            }
            for (axis, scale) in zip(named, scales) {
                guard scale > 0, scale.isFinite, let output = scaledSize(shape[axis], scale) else {
                    throw GraphError(.argument, "\(scale) is no scale", argument: "scales")
                }
                result[axis].scale = scale
                result[axis].output = output
            }
        }
        if let sizes { try setSizes(sizes, named, &result) }
        for axis in named where result[axis].input == 0 && result[axis].output > 0 {
            throw GraphError(.argument, "axis \(axis) has no elements to resize", argument: "sizes")
        }
        if coordinates == .cropAndResize {
            guard let region, region.count == 2 * named.count else {
                throw GraphError(
                    .argument, "\(region?.count ?? 0) numbers for \(named.count) axes", argument: "roi")
            }
            for (position, axis) in named.enumerated() {
                result[axis].region = (region[position], region[position + named.count])
            }
        }
        return result
    }

    private func setSizes(_ sizes: [Int], _ named: [Int], _ result: inout [Axis]) throws {
        guard sizes.count == named.count else {
            throw GraphError(.argument, "\(sizes.count) numbers for \(named.count) axes", argument: "sizes")
        }
        for (axis, size) in zip(named, sizes) {
            guard size >= 0, size < 1 << 40 else {
                throw GraphError(.argument, "\(size) is no size", argument: "sizes")
            }
            result[axis].output = size
            if result[axis].input > 0 { result[axis].scale = Double(size) / Double(result[axis].input) }
        }
        if aspectRatio == .stretch { return }
        let scales = named.map { result[$0].scale }
        guard let scale = aspectRatio == .notLarger ? scales.min() : scales.max() else { return }
        for axis in named {
            result[axis].scale = scale
            let output = scale * Double(result[axis].input) + 0.5
            guard output < 0x1p40 else { throw GraphError(.argument, "\(output) is no size", argument: "sizes") }
            result[axis].output = Int(output)
        }
    }
}

extension Call {
    /// The elements of a vector of floating-point numbers.
    fileprivate func reals(_ tensor: Tensor, _ name: String) throws -> [Double] {
        guard tensor.shape.count <= 1, tensor.elementType.isFloatingPoint else {
            throw GraphError(
                .argument, "\(tensor.elementType.onnxName) of shape \(tensor.shape), expected a vector of numbers",
                argument: name)
        }
        return try converted(tensor, to: .float64).array(of: Double.self)
    }

    fileprivate func resized(_ x: Tensor, _ rule: ResizeRule, _ axes: [ResizeRule.Axis]) throws -> Tensor {
        try check(x.elementType, axes.map(\.output))
        if axes.contains(where: { $0.output == 0 }) {
            return x.elementType == .string
                ? try Tensor(strings: [], shape: axes.map(\.output))
                : try make(x.elementType, axes.map(\.output), as: UInt8.self) { _ in }
        }
        if rule.mode == .nearest {
            try check(.int64, [axes.reduce(0) { $0 + $1.output }])
            let places = try axes.map { $0.isIdentity ? Array(0..<$0.input) : try rule.places($0) }
            let fill =
                rule.coordinates == .cropAndResize && x.elementType != .string
                ? try converted(Tensor(scalar: rule.extrapolation), to: x.elementType) : try zero(of: x.elementType)
            return try picked(x, places: places, fill: fill)
        }
        if let type = x.partType {
            let pair = ResizeRule.Axis(input: 2, output: 2, scale: 1)
            return try resized(x.parts(type), rule, axes + [pair]).joined(as: x.elementType)
        }
        guard x.elementType != .string else {
            throw GraphError(
                .unsupportedArgument, "strings can't be weighted", argument: "mode", hint: "nearest takes any type")
        }
        var result = try converted(x, to: .float64)
        for (axis, geometry) in axes.enumerated() where !geometry.isIdentity {
            let taps = try rule.taps(geometry, call: self)
            result = try resampled(result, along: axis, taps, outside: rule.extrapolation)
        }
        if !x.elementType.isFloatingPoint {
            result = try mapped(result, to: .float64) { (value: Double) in value.rounded(.toNearestOrEven) }
        }
        return try converted(result, to: x.elementType)
    }
}
