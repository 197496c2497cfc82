import GraphIR

extension Operator {
    /// softmax(scale · Q · Kᵀ + bias) · V for many heads, query heads sharing key heads in groups, with a cache of keys
    /// and values, masks, a causal frontier, windows and a soft cap.
    /// https://onnx.ai/onnx/operators/onnx__Attention.html, versions 23, 24 (`nonpad_kv_seqlen`, short masks), 25 (windows).
    ///
    /// Everything is computed in float32 (float64 where an input is) and rounded once; only a `softmax_precision` below
    /// that rounds the scores and the probabilities on their way. In bfloat16 each step of the standard's function body
    /// rounds, as its cases do.
    static let attention = Operator("Attention", accuracy: .accumulating, infer: attentionInference) { binding in
        let attributes = try AttentionAttributes(&binding)
        let outputs = (0..<4).map { binding.outputs[checked: $0] ?? false }
        return { call in try attributes.run(call, wanted: outputs) }
    }

    private static let attentionInference = InferenceRule { node in
        let attributes = try AttentionAttributes(&node.binding)
        guard let q = node.shape(0), let k = node.shape(1), let v = node.shape(2) else { return }
        guard q.count == k.count, k.count == v.count, q.count == 3 || q.count == 4 else {
            throw GraphError(.argument, "ranks \(q.count), \(k.count), \(v.count), expected three or four each")
        }
        let isPacked = q.count == 3
        try attributes.checkHeads(isPacked: isPacked)
        try attributes.checkCache(node)
        func heads(_ shape: [Dimension], _ count: Int?) -> Dimension {
            isPacked ? count.map { .size(Int64($0)) } ?? .unknown : shape[1]
        }
        func size(_ shape: [Dimension], _ count: Int?) throws -> Dimension {
            guard isPacked else { return shape[3] }
            let size = shape[2].cut(into: count)
            guard size != .unknown || shape[2].known == nil else {
                throw GraphError(.argument, "\(shape[2].text) elements don't cut into \(count ?? 0) heads")
            }
            return size
        }
        let rows = q[isPacked ? 1 : 2]
        let (queryHeads, keyHeads) = (heads(q, attributes.queryHeads), heads(k, attributes.keyHeads))
        let valueSize = try size(v, attributes.keyHeads)
        if isPacked {
            node.set(0, shape: [q[0], rows, queryHeads.times(valueSize)])
        } else {
            node.set(0, shape: [q[0], queryHeads, rows, valueSize])
        }
        var letters = DimensionLetters()
        if !node.isGiven(4) { try letters.merge("past", .size(0), "past_key") }
        try letters.merge("B", k[0], "K")
        try letters.merge("B", v[0], "V")
        try letters.merge("H", keyHeads, "K")
        try letters.merge("D", size(q, attributes.queryHeads), "Q")
        try letters.merge("D", size(k, attributes.keyHeads), "K")
        try letters.merge("E", valueSize, "V")
        try letters.match(node, 4, "B H past D", "past_key")
        try letters.match(node, 5, "B H past E", "past_value")
        try letters.merge("S", k[isPacked ? 1 : 2], "K")
        try letters.merge("S", v[isPacked ? 1 : 2], "V")
        let total = letters["S"].plus(letters["past"])
        node.set(1, shape: [letters["B"], letters["H"], total, letters["D"]])
        node.set(2, shape: [letters["B"], letters["H"], total, letters["E"]])
        node.set(3, shape: [q[0], queryHeads, rows, total])
    }
}

/// The attributes of Attention.
private struct AttentionAttributes: Sendable {
    let version: Int64
    let scale: Double?
    let softcap: Double
    let isCausal: Bool
    let queryHeads: Int?
    let keyHeads: Int?
    let stage: ScaledDotProduct.Stage
    let precision: ElementType?
    let left: Int?
    let right: Int?

    init(_ binding: inout Binding) throws {
        version = binding.version
        scale = try binding.float("scale") == nil ? nil : binding.real("scale", default: 1)
        softcap = try binding.real("softcap", default: 0)
        guard softcap >= 0 else { throw GraphError(.argument, "\(softcap), expected 0 or more", argument: "softcap") }
        isCausal = try binding.flag("is_causal")
        func count(_ name: String) throws -> Int? {
            guard let value = try binding.int(name) else { return nil }
            guard value > 0, value <= Int32.max else {
                throw GraphError(.argument, "\(value), expected 1 or more", argument: name)
            }
            return Int(value)
        }
        queryHeads = try count("q_num_heads")
        keyHeads = try count("kv_num_heads")
        let mode = try binding.int("qk_matmul_output_mode", default: 0)
        guard let stage = ScaledDotProduct.Stage(rawValue: Int(mode)) else {
            throw GraphError(.argument, "\(mode) is none of 0, 1, 2, 3", argument: "qk_matmul_output_mode")
        }
        self.stage = stage
        precision = try softmaxPrecision(&binding)
        func reach(_ name: String) throws -> Int? {
            let value = binding.version < 25 ? -1 : try binding.int(name, default: -1)
            guard value >= -1 else { throw GraphError(.argument, "\(value), expected -1 or more", argument: name) }
            return value == -1 ? nil : Int(Swift.min(value, Int64(Window.largest)))
        }
        left = try reach("left_window_size")
        right = try reach("right_window_size")
    }

    /// - Throws: `op.argument` where packed inputs have no numbers of heads or the new form of the others has.
    func checkHeads(isPacked: Bool) throws {
        if isPacked {
            for (count, name) in [(queryHeads, "q_num_heads"), (keyHeads, "kv_num_heads")] where count == nil {
                throw GraphError(.argument, "inputs with three axes need the number of heads", argument: name)
            }
        } else if version >= 25, queryHeads != nil || keyHeads != nil {
            throw GraphError(
                .argument, "inputs with four axes say the number of heads themselves", argument: "q_num_heads")
        }
    }

    /// - Throws: `op.argument` where the cache isn't given or wanted as a whole, as version 25 asks.
    func checkCache(_ node: Inference) throws {
        guard node.isGiven(4) == node.isGiven(5) else {
            throw GraphError(.argument, "comes with the other one of past_key and past_value", argument: "past_value")
        }
        guard version >= 25 else { return }
        guard node.isWanted(1) == node.isWanted(2) else {
            throw GraphError(
                .argument, "comes with the other one of present_key and present_value", argument: "present_value")
        }
        if node.isGiven(6), node.isGiven(4) || node.isWanted(1) {
            throw GraphError(.argument, "has no use for the past and gives no present", argument: "nonpad_kv_seqlen")
        }
    }

    func run(_ call: Call, wanted: [Bool]) throws -> [Tensor?] {
        let (q, k, v) = (try call.input(0), try call.input(1), try call.input(2))
        for tensor in [q, k, v] where !tensor.isHalf && ![.float32, .float64].contains(tensor.elementType) {
            throw unsupportedType(tensor.elementType)
        }
        try requireType(q.elementType, k, call[4])
        try requireType(v.elementType, call[5])
        guard q.shape.count == k.shape.count, k.shape.count == v.shape.count else {
            throw GraphError(.argument, "shapes \(q.shape), \(k.shape) and \(v.shape) differ in rank")
        }
        try checkHeads(isPacked: q.shape.count == 3)
        let query = try HeadLayout(q, heads: queryHeads, name: "Q")
        let newKeys = try HeadLayout(k, heads: keyHeads, name: "K")
        let newValues = try HeadLayout(v, heads: keyHeads, name: "V")
        guard query.batch == newKeys.batch, newKeys.batch == newValues.batch, newKeys.heads == newValues.heads,
            newKeys.length == newValues.length, query.size == newKeys.size, newKeys.heads > 0,
            query.heads % newKeys.heads == 0
        else {
            throw GraphError(.argument, "shapes \(q.shape), \(k.shape) and \(v.shape) of Q, K and V don't fit")
        }
        guard query.size > 0, newValues.size > 0 else {
            throw GraphError(.argument, "heads of size 0", argument: query.size > 0 ? "V" : "Q")
        }
        guard (call[4] == nil) == (call[5] == nil) else {
            throw GraphError(.argument, "past_key and past_value go together", argument: "past_key")
        }
        if call[6] != nil && call[4] != nil {
            throw GraphError(
                .argument, "a cache of its own and one from outside exclude each other", argument: "past_key")
        }
        let presentKey = try present(call, call[4], k, newKeys, isWanted: wanted[1], "past_key")
        let rest = try presentKey == nil ? call : call.taking(presentKey?.heldBytes, for: "the keys")
        let presentValue = try present(rest, call[5], v, newValues, isWanted: wanted[2], "past_value")
        let key = try presentKey.map { try HeadLayout($0, heads: nil, name: "K") } ?? newKeys
        let value = try presentValue.map { try HeadLayout($0, heads: nil, name: "V") } ?? newValues
        guard key.length == value.length else {
            throw GraphError(
                .argument, "\(key.length) keys and \(value.length) values", argument: "past_value")
        }

        let wide: ElementType = [q, v].contains { $0.elementType == .float64 } ? .float64 : .float32
        var problem = ScaledDotProduct(
            query: query, key: key, value: value,
            output: HeadLayout(
                batch: query.batch, heads: query.heads, length: query.length, size: value.size,
                isPacked: query.isPacked),
            scale: scale ?? 1 / Double(query.size).squareRoot())
        problem.softcap = softcap
        problem.stage = wanted[3] ? stage : nil
        problem.rounding = precision.flatMap { $0 != q.elementType && $0.bitWidth < wide.bitWidth ? $0 : nil }
        problem.bias = try bias(rest, query: query, keys: key.length, wide: wide)
        var inputs = try [q, presentKey ?? k, presentValue ?? v].map { try rest.converted($0, to: wide) }
        if q.elementType == .bfloat16 && wide == .float32 {
            let factor = BFloat16(Float(problem.scale.squareRoot())).float
            for index in 0..<2 {
                inputs[index] = try rest.mapped(inputs[index], to: .float32) { (x: Float) in
                    BFloat16(x * factor).float
                }
            }
            problem.scale = 1
            problem.softcap = Double(BFloat16(softcap).float)
            problem.isStepped = true
            problem.hasSteppedSoftmax = precision == nil || precision == .bfloat16
        }
        let made = zip(inputs, [q, k, v]).filter { $0.elementType != $1.elementType }.map(\.0) + [problem.bias.mask]
        let copies = made.reduce(0) { $0.adding(checked: $1?.heldBytes ?? 0) ?? Int.max }
        let free = try rest.taking(copies, for: "the widened inputs")
        let (output, scores) = try withReal(wide) {
            try problem.run(free, inputs[0], inputs[1], inputs[2], Float.self)
        } double: {
            try problem.run(free, inputs[0], inputs[1], inputs[2], Double.self)
        }
        return [
            try rest.converted(output, to: q.elementType), presentKey, presentValue,
            try scores.map { try rest.converted($0, to: q.elementType) },
        ]
    }

    /// The cache with the new keys or values behind those of the past; `nil` where it is neither needed nor wanted.
    private func present(
        _ call: Call, _ past: Tensor?, _ new: Tensor, _ layout: HeadLayout, isWanted: Bool, _ name: String
    ) throws -> Tensor? {
        if past == nil && !layout.isPacked { return new }
        if past == nil && !isWanted { return nil }
        let length = past?.shape[checked: 2] ?? 0
        if let past, past.shape != [layout.batch, layout.heads, length, layout.size] {
            throw GraphError(
                .argument,
                "shape \(past.shape), expected [\(layout.batch), \(layout.heads), any, \(layout.size)]", argument: name)
        }
        guard let total = length.adding(checked: layout.length) else {
            throw GraphError(.shape, "the cache is too long")
        }
        let whole = HeadLayout(
            batch: layout.batch, heads: layout.heads, length: total, size: layout.size, isPacked: false)
        return try call.make(new.elementType, whole.shape, as: UInt8.self) { out in
            guard let to = out.baseAddress, !out.isEmpty else { return }
            let width = new.elementType.bitWidth / 8
            func copy(_ tensor: Tensor, _ from: HeadLayout, at row: Int) throws {
                try tensor.withElements(UInt8.self) { bytes in
                    guard let source = bytes.baseAddress else { return }
                    copyStrided(
                        width: width, shape: [from.batch, from.heads, from.length, from.size],
                        from: UnsafeRawPointer(source), from.strides, 0, to: UnsafeMutableRawPointer(to),
                        whole.strides, row * from.size)
                }
            }
            if let past { try copy(past, HeadLayout(past, heads: nil, name: name), at: 0) }
            try copy(new, layout, at: length)
        }
    }

    private func bias(_ call: Call, query: HeadLayout, keys: Int, wide: ElementType) throws -> AttentionBias {
        var bias = AttentionBias()
        bias.isCausal = isCausal
        bias.left = left
        bias.right = right
        bias.isShort = version >= 24
        if let counts = try call.integers(6) {
            guard counts.count == query.batch, counts.allSatisfy({ $0 >= 0 && $0 <= keys }) else {
                throw GraphError(
                    .argument, "expected \(query.batch) numbers within 0...\(keys), one for each batch",
                    argument: "nonpad_kv_seqlen")
            }
            bias.keyCounts = counts
            bias.offsets = counts.map { $0 - query.length }
        } else {
            bias.offsets = [call[4]?.shape[checked: 2] ?? 0]
        }
        guard let mask = call[3] else { return bias }
        let full = [query.batch, query.heads, query.length, keys]
        let shape = [Int](repeating: 1, count: Swift.max(0, 4 - mask.shape.count)) + mask.shape
        let fits =
            shape.count == 4 && !mask.shape.isEmpty && zip(shape, full).dropLast().allSatisfy { $0 == 1 || $0 == $1 }
        let reaches = shape.last == keys || (bias.isShort ? (shape.last ?? 0) < keys : shape.last == 1)
        guard fits, reaches else {
            throw GraphError(.argument, "shape \(mask.shape) doesn't broadcast to \(full)", argument: "attn_mask")
        }
        let numbers: Tensor
        if mask.elementType == .bool {
            numbers = try withReal(wide) {
                try call.mapped(mask, to: .float32) { (isSeen: UInt8) in isSeen != 0 ? 0 : -Float.infinity }
            } double: {
                try call.mapped(mask, to: .float64) { (isSeen: UInt8) in isSeen != 0 ? 0 : -Double.infinity }
            }
        } else {
            numbers = try call.converted(mask, to: wide)
        }
        bias.mask = try numbers.reshaped(shape)
        return bias
    }
}

/// The attribute `softmax_precision`; `nil` where there is none or all is computed in float64 anyway.
/// - Throws: `op.argument` where it isn't a floating-point type that the standard names.
func softmaxPrecision(_ binding: inout Binding) throws -> ElementType? {
    guard let number = try binding.int("softmax_precision") else { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)),
        [.float32, .float16, .float64, .bfloat16].contains(type)
    else {
        throw GraphError(
            .argument, "\(number) is none of 1 (float), 10 (float16), 11 (double), 16 (bfloat16)",
            argument: "softmax_precision")
    }
    return binding.computesInDouble ? nil : type
}
