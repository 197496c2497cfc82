/// A graph that breaks its own rules, or a node that can't be what it says.
public struct GraphError: Fault {
    /// What went wrong; the raw value is what users see.
    public enum Code: String, Sendable {
        case cycle = "graph.cycle"
        case duplicate = "graph.duplicate"
        case invalid = "graph.invalid"
        case unsupportedOperator = "op.unsupported"
        case argument = "op.argument"
        case unsupportedArgument = "op.unsupported-argument"
        case shape = "tensor.shape"
        case memory = "limit.memory"
        case time = "limit.time"
        case depth = "limit.depth"
        case count = "limit.count"
    }

    /// What went wrong.
    public var code: Code
    /// The node's name, or its operator and outputs where it has none.
    public var node: String?
    /// The input, output or attribute that is wrong.
    public var argument: String?
    /// The problem, in words.
    public var problem: String
    /// What may help.
    public var hint: String?

    public init(
        _ code: Code, _ problem: String, node: String? = nil, argument: String? = nil, hint: String? = nil
    ) {
        self.code = code
        self.node = node
        self.argument = argument
        self.problem = problem
        self.hint = hint
    }

    public var codeName: String { code.rawValue }
    public var place: [String] { [node.map { "node \($0)" }, argument].compactMap { $0 } }
    public var faultClass: FaultClass {
        switch code {
        case .unsupportedOperator, .unsupportedArgument: .unsupported
        case .memory, .time, .depth, .count: .limit
        default: .invalid
        }
    }
}
