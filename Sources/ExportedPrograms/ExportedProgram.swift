import GraphIR

/// A program in PyTorch's own operators (ATen), with its weights: what `torch.export.save` writes (`.pt2`), what a traced
/// TorchScript archive comes down to, and what the atlas keeps of an architecture.
///
/// The names follow `torch/_export/serde/schema.py` (schema version 8).
public struct ExportedProgram: Sendable {
    /// The graph's name, from the archive.
    public var name: String
    /// The nodes, and the values that go in and come out.
    public var graph: ATenGraph
    /// What each of the graph's inputs is, in their order.
    public var inputs: [InputSpecification]
    /// What each of the graph's outputs is, in their order.
    public var outputs: [OutputSpecification]
    /// The symbols of dynamic shapes, with the values that each may have.
    public var symbols: [String: ClosedRange<Int64>] = [:]
    /// Parameters and persistent buffers under their module names: the `state_dict`.
    public var stateDict = StateDict()
    /// Buffers that aren't persistent, and tensors that were constants in the code.
    public var constants = StateDict()
    /// The inputs that the program was exported with, by position, where the archive keeps them.
    public var sampleInputs: [Tensor] = []
    /// The outputs for ``sampleInputs``, by name, where the archive carries them (`extra/expected.json`).
    public var expected = StateDict()
    /// What is wrong with those outputs, where the archive carries some that don't fit.
    public var expectedFault: String?
    /// What was left out or assumed on the way, for people.
    public var notes: [String] = []
    /// The version of PyTorch that wrote it.
    public var torchVersion: String?

    /// A program without weights, whose parts are put together by the caller.
    /// - Parameters:
    ///   - inputs: one for each of the graph's inputs.
    ///   - outputs: one for each of the graph's outputs.
    public init(name: String, graph: ATenGraph, inputs: [InputSpecification], outputs: [OutputSpecification]) {
        self.name = name
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
    }

    /// What a graph input is.
    public enum InputSpecification: Sendable, Hashable {
        /// A parameter or persistent buffer, by its name in the state dict.
        case state(String)
        /// A buffer that isn't persistent, or a lifted tensor, by its name in ``constants``.
        case constant(String)
        /// A value that the caller gives.
        case user(name: String)
    }

    /// What a graph output is.
    public enum OutputSpecification: Sendable, Hashable {
        /// A result, by its place in what the model returns: `output`, `output.0`, `output.logits`.
        case user(name: String)
        /// The new value of a buffer.
        case mutation(String)
    }
}

/// Nodes in the order in which they run, and the types of the values between them.
public struct ATenGraph: Sendable {
    /// The names of the inputs; ``ExportedProgram/inputs`` says what they are.
    public var inputs: [ATenArgument] = []
    /// The names of the results; ``ExportedProgram/outputs`` says what they are.
    public var outputs: [ATenArgument] = []
    /// The calls, each behind those whose results it takes.
    public var nodes: [ATenNode] = []
    /// The types of values, as far as they are written down.
    public var types: [String: ATenTensorType] = [:]
    /// What the whole numbers among the values are, in the symbols of the shapes, as far as it is written down.
    public var integers: [String: SymbolicInt] = [:]

    /// A graph without nodes.
    public init() {}
}

/// One call of an operator.
public struct ATenNode: Sendable {
    /// The operator with its overload and without `torch.ops.`: `aten.conv2d.default`, `_operator.mul`.
    public var target: String
    /// The node's name.
    public var name: String
    /// The arguments that were written, by position and then by keyword, each with its name in the operator's schema.
    /// Those at their defaults are left out.
    public var arguments: [(name: String, value: ATenArgument)]
    /// The results.
    public var outputs: [ATenArgument]
    /// The module whose code this is (`layer1.0.conv1`), empty for the root.
    public var module: String

    /// A call of `target`, which has its overload: `aten.conv2d.default`.
    /// - Parameter arguments: those that aren't at their defaults, by their names in the schema.
    public init(
        _ target: String, name: String, arguments: [(name: String, value: ATenArgument)], outputs: [ATenArgument],
        module: String = ""
    ) {
        self.target = target
        self.name = name
        self.arguments = arguments
        self.outputs = outputs
        self.module = module
    }
}

/// The type of a tensor value.
public struct ATenTensorType: Sendable, Hashable {
    /// The type of each element.
    public var elementType: ElementType
    /// The sizes, the outermost axis first.
    public var shape: [SymbolicInt]

    /// The type of tensors of this shape; `[]` has one element.
    public init(_ elementType: ElementType, _ shape: [SymbolicInt]) {
        self.elementType = elementType
        self.shape = shape
    }
}

/// An argument or a result of an operator.
public indirect enum ATenArgument: Sendable {
    /// `None`.
    case none
    /// The value of this name.
    case tensor(String)
    /// A list of values; `nil` where one is left out.
    case tensors([String?])
    /// A whole number, or a size that is the result of a node.
    case int(SymbolicInt)
    /// A list of whole numbers: a shape, strides, axes.
    case ints([SymbolicInt])
    /// A real number of Python's, which has 64 bits.
    case float(Double)
    /// A list of real numbers.
    case floats([Double])
    /// A truth value.
    case bool(Bool)
    /// A list of truth values.
    case bools([Bool])
    /// A text, such as a way of padding.
    case string(String)
    /// A list of texts.
    case strings([String])
    /// A `torch.dtype`.
    case elementType(ElementType)
    /// A `torch.memory_format`, by its number in the schema. It changes no result.
    case memoryFormat(Int)
    /// A `torch.layout`, by its number in the schema; 7 is strided.
    case layout(Int)
    /// A device as PyTorch writes it: `cpu`, `cuda:0`. It changes no result.
    case device(String)
    /// The body of a higher-order operator.
    case graph(name: String, ATenGraph)
    /// A kind of argument that we don't know, by its name in the schema.
    case unknown(String)
}

/// A whole number that may depend on the sizes of the inputs.
public indirect enum SymbolicInt: Sendable, Hashable {
    /// A number that depends on nothing.
    case number(Int64)
    /// A symbol of the shapes (`s77`) or the result of a node (`sym_size_int_1`).
    case symbol(String)
    /// The sum of all; of none it is 0.
    case sum([SymbolicInt])
    /// The product of all; of none it is 1.
    case product([SymbolicInt])
    /// Division that rounds towards minus infinity.
    case quotient(SymbolicInt, SymbolicInt)
    /// What that division leaves, with the sign of the divisor.
    case remainder(SymbolicInt, SymbolicInt)
    /// An expression that we don't know, in the writer's words.
    case unknown(String)
}

extension SymbolicInt: CustomStringConvertible {
    /// In Python's notation.
    public var description: String {
        switch self {
        case .number(let number): String(number)
        case .symbol(let name): name
        case .sum(let terms): "(" + terms.map(\.description).joined(separator: " + ") + ")"
        case .product(let factors): factors.map(\.description).joined(separator: "*")
        case .quotient(let dividend, let divisor): "(\(dividend.description) // \(divisor.description))"
        case .remainder(let dividend, let divisor): "(\(dividend.description) % \(divisor.description))"
        case .unknown(let text): text
        }
    }
}
