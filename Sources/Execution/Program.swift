import GraphIR
import Operators
import OrderedCollections

/// A graph made ready to run: nodes bound to kernels in order, functions inlined, values numbered.
struct Program: Sendable {
    /// One bound node.
    struct Step: Sendable {
        let node: Node
        let label: String
        let kernel: ValueKernel
        let inputs: [Int?]
        let outputs: [Int?]
        /// The name of each output, `nil` inside of functions and bodies.
        let names: [String?]
        /// Values that the node's bodies use.
        let captures: [Int]
        /// Values that no later step reads.
        var released: [Int] = []
    }

    var steps: [Step] = []
    /// Constants by the number of their value.
    var constants: [Int: Tensor] = [:]
    var inputs: OrderedDictionary<ExactName, Int> = [:]
    /// Inputs that have a default among the initializers.
    var defaults: Set<Int> = []
    var outputs: [(name: String, value: Int)] = []
    var inputTypes: [Int: ValueType] = [:]
    /// A value of an enclosing program.
    struct Captured: Hashable {
        /// The number of the program that makes it.
        let program: Int
        /// Its number there.
        let value: Int
    }

    /// Values taken from enclosing programs, in the order in which a call brings them.
    var captured: OrderedDictionary<Captured, Int> = [:]
    var valueCount = 0

    mutating func newValue() -> Int {
        valueCount += 1
        return valueCount - 1
    }

    /// Notes for every step which values it is the last to read.
    mutating func markReleases() {
        var later = Set(outputs.map(\.value))
        for index in steps.indices.reversed() {
            let step = steps[index]
            var released: [Int] = []
            for case let slot? in step.inputs + step.outputs + step.captures where later.insert(slot).inserted {
                released.append(slot)
            }
            steps[index].released = released
        }
    }
}

/// How far a model may unfold.
enum ProgramLimits {
    /// Functions and graphs within each other: real models nest two or three deep.
    static let depth = 32
    /// Bound nodes after inlining; doubling functions must not fill the memory.
    static let nodes = 1_000_000
}

/// A node's name, or its operator and first output where it has none.
func nodeLabel(_ node: Node, _ graph: Graph) -> String {
    if !node.name.isEmpty { return "\(node.name) (\(node.op))" }
    let output = node.outputs.lazy.compactMap { $0 }.first.map { graph[$0].name } ?? ""
    return "\(node.op) -> \(output)"
}
