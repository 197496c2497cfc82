import Execution
import GraphIR
import OrderedCollections

@testable import Operators

/// Runs one node as a model of its own. Inputs are `nil` where the node leaves them out.
func run(
    _ op: String, _ inputs: [Tensor?], _ attributes: [Attribute] = [], outputs: Int = 1, opset: Int64 = 20,
    precision: SessionOptions.Precision = .native, memoryLimit: Int? = nil
) throws -> [Tensor] {
    var options = SessionOptions()
    options.precision = precision
    if let memoryLimit { options.memoryLimit = memoryLimit }
    let (model, feeds) = model(op, inputs, attributes, outputs: outputs, opset: opset)
    return Array(try Session(model, options: options).run(feeds).values)
}

/// A model of one node, and what to feed it.
func model(
    _ op: String, _ inputs: [Tensor?], _ attributes: [Attribute] = [], outputs: Int = 1, opset: Int64 = 20
) -> (Model, OrderedDictionary<String, Tensor>) {
    var graph = Graph(name: "one node")
    var feeds: OrderedDictionary<String, Tensor> = [:]
    var ids: [ValueID?] = []
    for (position, tensor) in inputs.enumerated() {
        guard let tensor else {
            ids.append(nil)
            continue
        }
        let name = "input_\(position)"
        let id = graph.addValue(name, type: .tensor(tensor.elementType, tensor.shape.map { .size(Int64($0)) }))
        graph.inputs.append(id)
        feeds[name] = tensor
        ids.append(id)
    }
    graph.outputs = graph.addNode(
        OperatorName(op), name: "node", inputs: ids, outputs: (0..<outputs).map { "output_\($0)" },
        attributes: attributes)
    return (Model(graph: graph, irVersion: 9, opsetImports: [OpsetImport("", opset)]), feeds)
}

func floats(_ values: [Float], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}
func ints(_ values: [Int64], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
