import GraphIR

/// What the blocks of a transformer have in common.
struct TransformerStyle: Sendable, Hashable {
    /// In what order a block has norms, attention and perceptron.
    enum Order: Sendable, Hashable {
        case preNorm, postNorm
        /// One matrix for the entrance of both branches.
        case parallelScaling
        /// So many attentions, then so many perceptrons.
        case parallelThings(Int)
    }

    var heads: Int
    /// Rows of the perceptron's first matrix.
    var hidden: Int
    var activation = Activation.gelu
    /// Of all norms.
    var epsilon: Float = 1e-6
    /// Whether queries, keys and values have a bias.
    var hasQKVBias = true
    /// Whether queries and keys are normed, each head by itself (`q_norm`, `k_norm`).
    var hasQKNorm = false
    /// LayerScale ("Going deeper with Image Transformers", 2021): each branch is multiplied by a `gamma`.
    var hasLayerScale = false
    /// Whether the first matrix makes two halves of which the first, through the activation, gates the second (SwiGLU).
    var isGated = false
    /// Whether two matrices of their own do that (`fc1_g`, `fc1_x`).
    var hasOwnGate = false
    /// Whether what goes out of attention and perceptron has a bias.
    var hasBias = true
    /// Norms before the last matrix of attention and perceptron (BEiT 3: `attn.norm`, `mlp.norm`).
    var hasInnerNorms = false
    /// Norms by root mean square.
    var hasRMSNorm = false
    /// Attention is the difference of two.
    var isDifferential = false
    var order = Order.preNorm
}

/// The bricks of vision transformers, with timm's names for their weights.
extension ModelBuilder {
    /// A feature map as a sequence: `[N, C, H, W]` → `[N, H·W, C]`, rows first.
    func tokens(_ module: String, _ x: Wire) throws -> Wire {
        guard x.shape.count == 4, let channels = x.shape[1].knownSize, let height = x.shape[2].knownSize,
            let width = x.shape[3].knownSize, let count = height.multiplied(checked: width)
        else {
            throw GraphError(
                .shape, "\(x.shape) is no feature map of known size", node: path(module),
                hint: "give the image size (--image-size)")
        }
        return try transpose(module, reshape(module, x, [channels, count]), [0, 2, 1], isResult: true)
    }

    /// Multi-head self-attention: queries, keys and values of one matrix `qkv` (rows: all queries, all keys, all values,
    /// each head by head). Vaswani et al. 2017, section 3.2.
    /// - Parameters:
    ///   - depth: the number of the block, which counts where attention is differential.
    ///   - positions: makes what is added to the scores, `[heads, tokens, tokens]`.
    func attention(
        _ name: String, _ x: Wire, _ style: TransformerStyle, depth: Int = 0, positions: (() throws -> Wire)? = nil
    ) throws -> Wire {
        try scope(name) {
            let (length, width) = try sequence(x, heads: style.heads)
            let fused = try linear("qkv", x, out: 3 * width, bias: style.hasQKVBias)
            let parts = try split("", fused, axis: 2, into: 3).map {
                try reshape("", $0, [length, style.heads, width / style.heads])
            }
            var mixed = try headed(parts, style, depth: depth, summand: positions?())
            if style.hasInnerNorms { mixed = try norm("norm", mixed, style) }
            return try linear("proj", mixed, out: width, bias: style.hasBias)
        }
    }

    /// softmax(q·kᵀ/√d)·v, heads joined: three of `[N, tokens, heads, d]` → `[N, tokens, heads·d]`. Keys and values may
    /// be fewer tokens than queries.
    /// - Parameters:
    ///   - square: the square of what scores are divided by; d where `nil`. The root is taken by the graph, so that it is
    ///     exact in whatever type the graph is run.
    ///   - summand: what is added to the scores then, `[heads, tokens, tokens]`.
    func attend(_ q: Wire, _ k: Wire, _ v: Wire, square: Int? = nil, summand: Wire? = nil) throws -> Wire {
        guard q.shape.count == 4, v.shape.count == 4, let length = q.shape[1].knownSize,
            let heads = v.shape[2].knownSize, let size = v.shape[3].knownSize, let keySize = q.shape[3].knownSize
        else { throw GraphError(.shape, "\(q.shape) and \(v.shape) are no heads of known size", node: path("")) }
        let product = try matMul("", transpose("", q, [0, 2, 1, 3]), transpose("", k, [0, 2, 3, 1]))
        let size2 = constant(try Tensor.scalar(Double(square ?? keySize), as: computeType), at: path(""))
        let root = node("Sqrt", at: path(""), [size2], shape: [], isResult: false)
        var scores = try elementwise("Div", "", product, root)
        if let summand { scores = try elementwise("Add", "", scores, summand) }
        let weights = node(
            "Softmax", at: path(""), [scores], attributes: [Attribute("axis", .int(-1))], shape: scores.shape,
            isResult: false)
        let mixed = try matMul("", weights, transpose("", v, [0, 2, 1, 3]))
        return try reshape("", transpose("", mixed, [0, 2, 1, 3]), [length, heads * size])
    }

    /// The perceptron of a block: `fc1`, activation, `fc2`.
    func mlp(_ name: String, _ x: Wire, _ style: TransformerStyle) throws -> Wire {
        try scope(name) {
            var active: Wire
            if style.hasOwnGate {
                let gate = try activation(
                    style.activation, "act", linear("fc1_g", x, out: style.hidden, bias: style.hasBias))
                active = try elementwise(
                    "Mul", "act", gate, linear("fc1_x", x, out: style.hidden, bias: style.hasBias))
            } else {
                let wide = try linear("fc1", x, out: style.hidden, bias: style.hasBias)
                if style.isGated {
                    let halves = try split("act", wide, axis: wide.shape.count - 1, into: 2)
                    active = try elementwise("Mul", "act", activation(.silu, "act", halves[0]), halves[1])
                } else {
                    active = try activation(style.activation, "act", wide)
                }
            }
            if style.hasInnerNorms { active = try norm("norm", active, style) }
            return try linear("fc2", active, out: x.shape.last?.knownSize, bias: style.hasBias)
        }
    }

    /// The product with `gamma` of the width of `x`, which is the module `name`; of no module where that is empty.
    func layerScale(_ name: String, key: String, _ x: Wire) throws -> Wire {
        guard let width = x.shape.last?.knownSize else { throw GraphError(.shape, "no known width", node: path(name)) }
        return try elementwise(
            "Mul", name, x, weight(path(key), shape: [width], role: .scale), isResult: !name.isEmpty)
    }

    /// A pre-norm block, x + γ₁·attention(norm₁(x)), then x + γ₂·mlp(norm₂(x)), or one of another order.
    /// - Parameter positions: makes what is added to attention's scores, `[heads, tokens, tokens]`.
    func transformerBlock(
        _ name: String, _ x: Wire, _ style: TransformerStyle, depth: Int, positions: (() throws -> Wire)? = nil
    ) throws -> Wire {
        try scope(name) {
            switch style.order {
            case .preNorm: break
            case .postNorm: return try postNormBlock(x, style, positions: positions)
            case .parallelScaling: return try parallelScaling(x, style, depth: depth)
            case .parallelThings(let count): return try parallelThings(x, style, count: count)
            }
            var mixed = try attention("attn", norm("norm1", x, style), style, depth: depth, positions: positions)
            if style.hasLayerScale { mixed = try layerScale("ls1", key: "ls1.gamma", mixed) }
            let x = try add("residual1", x, mixed)
            var fed = try mlp("mlp", norm("norm2", x, style), style)
            if style.hasLayerScale { fed = try layerScale("ls2", key: "ls2.gamma", fed) }
            return try add("residual2", x, fed)
        }
    }

    /// Tokens of a sequence and the width that `heads` divide.
    func sequence(_ x: Wire, heads: Int) throws -> (length: Int, width: Int) {
        guard x.shape.count == 3, let length = x.shape[1].knownSize, let width = x.shape[2].knownSize, heads > 0,
            width % heads == 0
        else {
            throw GraphError(
                .shape, "\(x.shape) in \(heads) heads", node: path(""), hint: "say the number: --set num_heads=…")
        }
        return (length, width)
    }
}
