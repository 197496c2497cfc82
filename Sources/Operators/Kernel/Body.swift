import GraphIR

/// A graph that is an attribute of a node (`then_branch`, `body`), ready to run.
public struct Body: Sendable {
    public typealias Runner = @Sendable (_ inputs: [RuntimeValue?], _ call: Call) throws -> [RuntimeValue]

    /// How many formal inputs the graph has; values that it takes from enclosing graphs are not among them.
    public let inputCount: Int
    public let outputCount: Int
    private let runner: Runner

    public init(inputCount: Int, outputCount: Int, runner: @escaping Runner) {
        self.inputCount = inputCount
        self.outputCount = outputCount
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
