import GraphIR

/// A graph that is an attribute of a node (`then_branch`, `body`), ready to run.
public struct Body: Sendable {
    /// Runs the graph on values.
    public typealias Runner = @Sendable (_ inputs: [RuntimeValue?], _ call: Call) throws -> [RuntimeValue]

    /// The declared types of the formal inputs; values that the graph takes from enclosing graphs are not among them.
    public let inputTypes: [ValueType?]
    /// The declared types of the outputs.
    public let outputTypes: [ValueType?]
    private let runner: Runner

    /// How many inputs the graph has.
    public var inputCount: Int { inputTypes.count }
    /// How many outputs the graph has.
    public var outputCount: Int { outputTypes.count }

    public init(inputTypes: [ValueType?], outputTypes: [ValueType?], runner: @escaping Runner) {
        self.inputTypes = inputTypes
        self.outputTypes = outputTypes
        self.runner = runner
    }

    /// Runs the graph once, within the memory and time that are left to `call`.
    /// - Throws: `op.argument` where the number of inputs is another; whatever its nodes throw.
    public func run(_ inputs: [RuntimeValue?], in call: Call) throws -> [RuntimeValue] {
        guard inputs.count == inputCount else {
            throw GraphError(.argument, "the graph has \(inputCount) inputs, \(inputs.count) are given")
        }
        try call.checkTime()
        return try runner(inputs, call)
    }
}
