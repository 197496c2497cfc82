import Formats
import GraphIR
import OrderedCollections

/// Writes a model layer by layer, with the names of PyTorch's modules.
///
/// ```swift
/// let net = ModelBuilder("tiny", weights: weights)               // a StateDict
/// let image = try net.input("input", [.named("batch"), .size(1), .size(8), .size(8)])
/// let features = try net.scope("stem") {
///     let x = try net.conv2d("0", image, padding: .same)         // weights: stem.0.weight, stem.0.bias
///     return try net.relu("1", x)
/// }
/// let pooled = try net.flatten("flatten", net.globalAveragePool("pool", features))
/// try net.output("logits", net.linear("head", pooled))
/// let model = try net.model()
/// ```
///
/// A layer's sizes come from its weights unless they are given. A weight that is missing or has another shape than the
/// layer was asked for doesn't stop the building: all such faults are gathered, and ``model()`` throws them together.
/// Weights become initializers under their own keys, with their own bits; where the checkpoint's type isn't the one
/// that the model computes in, a `Cast` node stands behind the initializer.
///
/// Every node is named after its module (`/stem/0/Conv`), and the value that a module returns has the module's path as
/// its name (`stem.0`), so that intermediate results can be compared by module.
public final class ModelBuilder {
    /// The operator set that layers are written in: the first with `Gelu`, which makes the graph read like the source.
    public static let opset: Int64 = 20

    /// A value of the graph under construction, with the type that the layers have worked out.
    public struct Wire {
        /// The value in the graph.
        public let id: ValueID
        /// The type of its elements.
        public let elementType: ElementType
        /// Its dimensions, outermost first; the first is the batch, which may be dynamic.
        public let shape: [Dimension]
    }

    /// The type that activations have.
    public let computeType: ElementType
    /// Multiply-adds of convolutions and matrix products for one forward pass, as far as the sizes are known; `nil`
    /// once a size that isn't known took part. Norms, activations and bias additions aren't counted.
    public internal(set) var macs: Int? = 0
    /// What a family's model has behind its last block and norm, before pooling: timm's `forward_features`.
    var features: Wire?
    /// Whether a first convolution for other channels than the image has is adapted to it.
    var adaptsChannels = false

    var graph: Graph
    var ledger: WeightLedger
    private var scopes: [String] = []
    /// What stands before the names of nodes and values in a further pass; see ``pass(_:_:)``.
    private var passName = ""
    private var nodeNames: Set<ExactName> = []

    /// - Parameters:
    ///   - name: the graph's name.
    ///   - weights: where layers find their weights; ``parameter(_:_:shape:)`` adds to it.
    ///   - computeType: the type of inputs and activations.
    public init(_ name: String, weights: StateDict = StateDict(), computeType: ElementType = .float32) {
        self.graph = Graph(name: name)
        self.ledger = WeightLedger(weights)
        self.computeType = computeType
    }

    /// Runs `body` with `name` in front of the module paths that it uses. What `body` returns is the module's output.
    @discardableResult
    public func scope(_ name: String, _ body: () throws -> Wire) rethrows -> Wire {
        try within(name) {
            let result = try body()
            mark(result, asOutputOf: scopes.joined(separator: "."))
            return result
        }
    }

    /// Runs `body` with `name` in front of the module paths that it uses; what it returns is no module's output.
    func within<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        return try body()
    }

    /// Runs `body` once more over weights that other layers have used: a second look at the image. Its nodes and values
    /// have `name` in front, and its results aren't the modules' outputs, which are those of the first pass.
    func pass<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let outer = passName
        passName += name + "."
        defer { passName = outer }
        return try body()
    }

    /// A graph input of the type that the model computes in.
    public func input(_ name: String, _ shape: [Dimension]) throws -> Wire {
        guard graph.id(named: name) == nil else {
            throw GraphError(.duplicate, "there are two values named '\(name)'")
        }
        let id = graph.addValue(name, type: .tensor(computeType, shape))
        graph.inputs.append(id)
        return Wire(id: id, elementType: computeType, shape: shape)
    }

    /// Makes `wire` a graph output under `name`.
    /// - Throws: `graph.duplicate` where another value has that name.
    public func output(_ name: String, _ wire: Wire) throws {
        try output(name, wire, isFirst: false)
    }

    /// - Parameter isFirst: whether it stands before the outputs that there are.
    func output(_ name: String, _ wire: Wire, isFirst: Bool) throws {
        if let other = graph.id(named: name), other != wire.id {
            throw GraphError(.duplicate, "there are two values named '\(name)'")
        }
        graph[wire.id].name = name
        graph.outputs.insert(wire.id, at: isFirst ? 0 : graph.outputs.count)
        graph.valueInfo.remove(wire.id)
    }

    /// Gives the weight of this key, within the current scope, from Swift numbers.
    /// - Throws: `tensor.bounds` where `shape` doesn't hold as many elements.
    public func parameter<Element: TensorElement>(_ key: String, _ values: [Element], shape: [Int]) throws {
        ledger.weights[path(key)] = try Tensor(values, shape: shape)
    }

    /// Says that the module at `path`, counted from the root, returns `wire`. For containers and for modules that do
    /// nothing at inference (`head_drop`).
    public func mark(_ wire: Wire, asOutputOf path: String) {
        guard passName.isEmpty, let index = graph.nodes.lastIndex(where: { $0.outputs.first == .some(wire.id) }) else {
            return
        }
        if let entry = graph.nodes[index].metadata.firstIndex(where: { $0.key == MetadataKey.moduleOutputs }) {
            graph.nodes[index].metadata[entry].value += "\n" + path
        } else {
            graph.nodes[index].metadata.append(MetadataEntry(MetadataKey.moduleOutputs, path))
        }
    }

    /// The finished model, initializers in the order of the checkpoint.
    /// - Throws: ``MappingError`` that lists every weight that is missing or has the wrong shape or type.
    public func model() throws -> Model {
        if !ledger.faults.isEmpty { throw MappingError(ledger: ledger, of: graph.name ?? "the model") }
        return try unchecked()
    }

    /// The model as it stands, with zeros for weights that are missing.
    func unchecked() throws -> Model {
        var finished = graph
        finished.initializers = ledger.inFileOrder(graph.initializers)
        var model = Model(
            graph: finished, irVersion: Model.lowestIRVersion(forOpset: Self.opset),
            opsetImports: [OpsetImport("", Self.opset)])
        model.metadata.append(MetadataEntry(MetadataKey.stateDict, try ledger.record()))
        return model
    }

    /// The names of weights that no layer asked for.
    public var unused: [String] { ledger.unused }

    // MARK: What layers are made of

    /// The key or module path of `name` in the current scope.
    func path(_ name: String) -> String {
        (scopes + [name]).filter { !$0.isEmpty }.joined(separator: ".")
    }

    /// Adds one node of the module at `path`. Its output is the module's output where `isResult` says so.
    func node(
        _ type: String, at path: String, _ inputs: [Wire?], attributes: [Attribute] = [], shape: [Dimension],
        elementType: ElementType? = nil, isResult: Bool = true
    ) -> Wire {
        let base = "/" + ((passName + path).split(separator: ".").map(String.init) + [type]).joined(separator: "/")
        var name = base
        var number = 1
        while !nodeNames.insert(ExactName(name)).inserted {
            name = "\(base)_\(number)"
            number += 1
        }
        let elementType = elementType ?? computeType
        let id = graph.addValue(
            isResult && !path.isEmpty ? passName + path : String(name.dropFirst()), type: .tensor(elementType, shape))
        var node = Node(
            OperatorName(type), name: name, inputs: inputs.map { $0?.id }, outputs: [id], attributes: attributes)
        node.metadata = [MetadataEntry(MetadataKey.module, path)]
        if isResult, !path.isEmpty, passName.isEmpty {
            node.metadata.append(MetadataEntry(MetadataKey.moduleOutputs, path))
        }
        graph.nodes.append(node)
        graph.valueInfo.append(id)
        return Wire(id: id, elementType: elementType, shape: shape)
    }

    /// The weight of this full key as a wire of the type that the model computes in.
    /// - Parameter shape: what the layer needs; `nil` takes what the checkpoint has.
    /// - Throws: ``MappingError`` where the weight is missing and `shape` is `nil`.
    func weight(_ key: String, shape: [Int]?, role: ParameterRole) throws -> Wire {
        let adapted = ledger.adapted[ExactName(key)]
        var wire = try initializer(key, shape: adapted == nil ? shape : nil, role: role)
        if let adapted { wire = try adaptedWeight(key, adapted, own: wire, shape: shape) }
        guard wire.elementType != computeType else { return wire }
        let module = key.split(separator: ".").dropLast().joined(separator: ".")
        return node(
            "Cast", at: module, [wire], attributes: [Attribute("to", .int(Int64(computeType.rawValue)))],
            shape: wire.shape, isResult: false)
    }

    /// The weight of this key as the file has it. One that no node uses still comes back with the state dict.
    @discardableResult
    func initializer(_ key: String, shape: [Int]?, role: ParameterRole) throws -> Wire {
        let tensor = try ledger.take(key, shape: shape, role: role)
        let id: ValueID
        if let known = graph.id(named: key), graph.initializers[known] != nil {
            id = known
        } else {
            id = try graph.addInitializer(TensorRecord(tensor, name: key))
        }
        return Wire(id: id, elementType: tensor.elementType, shape: tensor.shape.map { .size(Int64($0)) })
    }

    /// A constant of the graph that is no weight of the checkpoint: a `Constant` node, so that initializers are
    /// weights.
    func constant(_ tensor: Tensor, at path: String) -> Wire {
        node(
            "Constant", at: path, [], attributes: [Attribute("value", .tensor(TensorRecord(tensor)))],
            shape: tensor.shape.map { .size(Int64($0)) }, elementType: tensor.elementType, isResult: false)
    }

    /// A scalar constant that is meant as the decimal number that it is written as: in float64 a run takes it as that.
    func number(_ value: Float, at path: String) throws -> Wire {
        guard computeType == .float32 else {
            return constant(try Tensor.scalar(Double(value.description) ?? Double(value), as: computeType), at: path)
        }
        return node(
            "Constant", at: path, [], attributes: [Attribute("value_float", .float(value))], shape: [],
            isResult: false)
    }

    /// Counts multiply-adds: the product of `factors`.
    func count(_ factors: [Dimension]) {
        var product: Int? = 1
        for factor in factors {
            if case .size(let size) = factor {
                product = product.flatMap { product in Int(exactly: size).flatMap { product.multiplied(checked: $0) } }
            } else {
                product = nil
            }
        }
        macs = product.flatMap { macs?.adding(checked: $0) }
    }
}
