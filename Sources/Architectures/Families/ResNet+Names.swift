import GraphIR

extension ResNet {
    /// What modules are called.
    enum ModuleNames: Sendable {
        case torchvision
        /// Numbers in the order of a `Sequential` of `conv1`, `bn1`, `relu`, `maxpool`, `layer1` …
        case sequential
        /// Those of Cadene's SE-ResNets, which timm has as `legacy_`.
        case cadene

        func callAsFunction(_ name: String) -> String {
            switch self {
            case .torchvision: return name
            case .sequential:
                if name.hasPrefix("layer"), let stage = Int(name.dropFirst(5)) { return "\(stage + 3)" }
                return ["conv1": "0", "bn1": "1", "act1": "2", "maxpool": "3"][name] ?? name
            case .cadene: return ["maxpool": "pool0", "se": "se_module", "fc": "last_linear"][name] ?? name
            }
        }

        /// The modules of a convolution of the stem.
        func stem(_ index: Int, of count: Int) -> (convolution: String, norm: String, activation: String) {
            if self == .cadene {
                return ("layer0.conv\(index + 1)", "layer0.bn\(index + 1)", "layer0.relu\(index + 1)")
            }
            let convolution = count == 1 ? self("conv1") : "conv1.\(3 * index)"
            if index == count - 1 { return (convolution, self("bn1"), self("act1")) }
            return (convolution, "conv1.\(3 * index + 1)", "conv1.\(3 * index + 2)")
        }
    }

    /// The name in torchvision's spelling of a key in that of a `Sequential`.
    static func plainName(ofSequential key: String) -> String {
        let first = key.prefix { $0 != "." }
        guard let number = Int(first), number >= 0 else { return key }
        let names = ["conv1", "bn1", "act1", "maxpool"]
        return (names[checked: number] ?? "layer\(number &- 3)") + key.dropFirst(first.count)
    }
}
