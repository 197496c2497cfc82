import GraphIR

/// Activations without weights of their own, by the names that timm's `get_act_layer` gives them, at PyTorch's defaults
/// (`alpha` 1 of ELU and CELU, a slope of 0.01 of leaky ReLU).
public enum Activation: String, Sendable, CaseIterable {
    case gelu, relu, silu, sigmoid, tanh, identity, mish, relu6, elu, celu, selu
    case geluTanh = "gelu_tanh"
    case quickGELU = "quick_gelu"
    case hardSwish = "hard_swish"
    case hardSigmoid = "hard_sigmoid"
    case hardMish = "hard_mish"
    case leakyReLU = "leaky_relu"

    /// The activation of a name as timm, PyTorch and Transformers write it, or `nil`.
    public init?(name: String) {
        let bare = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
        switch bare {
        case "gelu_none", "gelu_erf": self = .gelu
        case "gelutanh", "gelu_new", "gelu_pytorch_tanh": self = .geluTanh
        case "quickgelu": self = .quickGELU
        case "swish": self = .silu
        case "hardswish": self = .hardSwish
        case "hardsigmoid": self = .hardSigmoid
        case "hardmish": self = .hardMish
        case "leakyrelu": self = .leakyReLU
        default: self.init(rawValue: bare)
        }
    }
}

extension ModelBuilder {
    /// An activation by name.
    public func activation(_ kind: Activation, _ name: String, _ x: Wire) throws -> Wire {
        let module = path(name)
        func op(_ type: String, _ attributes: Attribute...) -> Wire {
            node(type, at: module, [x], attributes: attributes, shape: x.shape)
        }
        func product(_ a: Wire, _ b: Wire) throws -> Wire { try elementwise("Mul", name, a, b, isResult: true) }
        switch kind {
        case .gelu: return op("Gelu")
        case .geluTanh: return op("Gelu", Attribute("approximate", .string(Array("tanh".utf8))))
        case .relu: return op("Relu")
        case .sigmoid: return op("Sigmoid")
        case .tanh: return op("Tanh")
        case .hardSwish: return op("HardSwish")
        case .leakyReLU: return op("LeakyRelu", Attribute("alpha", .float(0.01)))
        case .mish: return op("Mish")
        // With `alpha` 1 both are the same; ONNX's `Celu` is for float32 alone.
        case .elu, .celu: return op("Elu", Attribute("alpha", .float(1)))
        case .relu6: return try clip(name, x, to: 6, isResult: true)
        case .hardSigmoid:
            // The sixth that ONNX's `HardSigmoid` multiplies by is no float32.
            let line = try clip(name, elementwise("Add", name, x, number(3, at: module)), to: 6)
            return try elementwise("Div", name, line, number(6, at: module), isResult: true)
        case .hardMish:
            let gate = try clip(name, elementwise("Add", name, x, number(2, at: module)), to: 2)
            return try product(elementwise("Mul", name, x, number(0.5, at: module)), gate)
        case .selu: return try selu(name, x)
        case .silu: return try product(x, function("Sigmoid", name, x))
        case .quickGELU:
            let scaled = try elementwise("Mul", name, x, number(1.702, at: module))
            return try product(x, function("Sigmoid", name, scaled))
        case .identity:
            mark(x, asOutputOf: module)
            return x
        }
    }

    /// scale · (max(0, x) + α · min(0, eˣ − 1)), "Self-Normalizing Neural Networks", G. Klambauer et al., 2017
    /// (arXiv:1706.02515). ONNX's `Selu` has both numbers in float32.
    private func selu(_ name: String, _ x: Wire) throws -> Wire {
        let module = path(name)
        let shaped = node(
            "Elu", at: module, [x], attributes: [Attribute("alpha", .float(1))], shape: x.shape, isResult: false)
        let below = try elementwise("Min", name, shaped, number(0, at: module))
        let bent = try elementwise("Mul", name, below, decimal(1.6732632423543772848170429916717, at: module))
        let sum = try elementwise("Add", name, function("Relu", name, x), bent)
        return try elementwise(
            "Mul", name, sum, decimal(1.0507009873554804934193349852946, at: module), isResult: true)
    }

    /// max(0, min(x, limit)).
    private func clip(_ name: String, _ x: Wire, to limit: Float, isResult: Bool = false) throws -> Wire {
        let module = path(name)
        return node(
            "Clip", at: module, [x, try number(0, at: module), try number(limit, at: module)], shape: x.shape,
            isResult: isResult)
    }

    /// A number of more digits than a float32 has: the sum of two that are decimals each.
    func decimal(_ value: Double, at path: String) throws -> Wire {
        guard computeType == .float32 else { return constant(try Tensor.scalar(value, as: computeType), at: path) }
        let near = Float(value)
        let rest = Float(value - (Double(near.description) ?? Double(near)))
        return node(
            "Add", at: path, [try number(near, at: path), try number(rest, at: path)], shape: [], isResult: false)
    }

    /// `nn.GELU()`, exact: `x · Φ(x)`.
    public func gelu(_ name: String, _ x: Wire) throws -> Wire { try activation(.gelu, name, x) }
    /// `nn.ReLU()`.
    public func relu(_ name: String, _ x: Wire) throws -> Wire { try activation(.relu, name, x) }
}
