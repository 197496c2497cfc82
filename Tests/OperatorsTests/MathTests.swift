import Execution
import Foundation
import GraphIR
import Testing

@testable import Operators

/// A node that must be refused.
struct Refusal: Sendable, CustomTestStringConvertible {
    let op: String
    let opset: Int64
    let inputs: [Tensor?]
    let attributes: [Attribute]
    let code: GraphError.Code
    let argument: String?

    init(
        _ op: String, opset: Int64 = 28, _ inputs: [Tensor?], _ attributes: [Attribute] = [],
        code: GraphError.Code = .argument, argument: String? = nil
    ) {
        self.op = op
        self.opset = opset
        self.inputs = inputs
        self.attributes = attributes
        self.code = code
        self.argument = argument
    }

    var testDescription: String { "\(op) \(inputs.map { $0?.shape ?? [] }) \(attributes.map(\.name))" }
}

private func flag(_ name: String, _ value: Int64 = 1) -> Attribute { Attribute(name, .int(value)) }
private func text(_ name: String, _ value: String) -> Attribute { Attribute(name, .string(Array(value.utf8))) }
private func equation(_ value: String) -> Attribute { text("equation", value) }

/// A tensor of no elements whose other dimensions overflow when they are multiplied.
private func hollow(_ shape: [Int]) throws -> Tensor {
    try Tensor(.float32, shape: shape, bytes: Bytes([]))
}

private func integer(_ value: Int64) throws -> Tensor { try Tensor(scalar: value) }

@Suite struct MathTests {
    static let refusals: [Refusal] = {
        do {
            let x = try floats([1, 2, 3, 4, 5, 6], [2, 3])
            let y = try floats([1, 2, 3, 4], [2, 2])
            let i = try ints([1, 2, 3])
            let one = try integer(1)
            let signal = try floats([1, 2, 3, 4], [1, 4, 1])
            let waves = try floats([1, 2, 3, 4], [1, 2, 2])
            let large = try integer(1 << 44)
            return try [
                Refusal("And", [i, i], code: .unsupportedArgument),
                Refusal(
                    "And", opset: 1,
                    [
                        Tensor(.bool, shape: [2], bytes: Bytes([0, 1])),
                        Tensor(.bool, shape: [1], bytes: Bytes([1])),
                    ], argument: "broadcast"),
                Refusal("Not", [x], code: .unsupportedArgument),
                Refusal("Greater", [x, i]),
                Refusal("BitwiseAnd", [x, x], code: .unsupportedArgument),
                Refusal("BitwiseNot", [x], code: .unsupportedArgument),
                Refusal("BitShift", [i, i], [text("direction", "UP")], argument: "direction"),
                Refusal("BitShift", [i, i], argument: "direction"),
                Refusal("Mod", [i, ints([1, 0, 1])], argument: "B"),
                Refusal("Mod", opset: 13, [x, x], argument: "fmod"),
                Refusal("Sin", [i], code: .unsupportedArgument),
                Refusal("Elu", [x], [text("alpha", "1")], argument: "alpha"),
                Refusal("Sin", [x], [flag("alpha")], argument: "alpha"),
                Refusal("SwiGLU", [x, y], argument: "B"),
                Refusal("Hardmax", [x], [flag("axis", 2)], argument: "axis"),
                Refusal("ArgMin", [x], [flag("axis", -3)], argument: "axis"),
                Refusal("ArgMin", opset: 11, [x], [flag("select_last_index")], argument: "select_last_index"),
                Refusal("ArgMin", [hollow([2, 0])], [flag("axis")], argument: "data"),
                Refusal("ReduceMin", [x, ints([0, -2])], argument: "axes"),
                Refusal("ReduceMin", [x, ints([5])], argument: "axes"),
                Refusal("ReduceMin", [x, floats([0])], argument: "input 1"),
                Refusal("ReduceL1", opset: 13, [x], [flag("noop_with_empty_axes")], argument: "noop_with_empty_axes"),
                Refusal("ReduceL1", [x], [Attribute("axes", .ints([0]))], argument: "axes"),
                Refusal("CumSum", [x, ints([0, 1])], argument: "axis"),
                Refusal("CumSum", [x, integer(2)], argument: "axis"),
                Refusal("CumProd", [Tensor(strings: [[]], shape: [1]), integer(0)], code: .unsupportedArgument),
                Refusal("HannWindow", [integer(-1)], argument: "size"),
                Refusal("HannWindow", [large], code: .memory),
                Refusal("HannWindow", [one], [flag("output_datatype", 8)], argument: "output_datatype"),
                Refusal("HannWindow", [one], [flag("output_datatype", 1 << 40)], argument: "output_datatype"),
                Refusal("MelWeightMatrix", [large, large, one, floats([0], []), floats([1], [])], code: .shape),
                Refusal("MelWeightMatrix", [one, large, one, floats([0], []), floats([1], [])], code: .memory),
                Refusal(
                    "MelWeightMatrix", [one, integer(8), one, floats([1], []), floats([0], [])],
                    argument: "lower_edge_hertz"),
                Refusal(
                    "MelWeightMatrix", [one, integer(8), one, floats([0], []), floats([9999], [])],
                    argument: "upper_edge_hertz"),
                Refusal(
                    "MelWeightMatrix", [one, integer(8), integer(0), floats([0], []), floats([1], [])],
                    argument: "sample_rate"),
                Refusal("Det", [x], argument: "X"),
                Refusal("Det", [hollow([0, 1 << 33, 1 << 33])], argument: "X"),
                Refusal("DFT", [x], argument: "input"),
                Refusal("DFT", [signal, integer(0)], argument: "dft_length"),
                Refusal("DFT", [signal, large], code: .memory),
                Refusal("DFT", [signal, nil, integer(2)], argument: "axis"),
                Refusal("DFT", [waves], [flag("onesided")], argument: "onesided"),
                Refusal("DFT", [signal], [flag("onesided"), flag("inverse")], argument: "onesided"),
                Refusal(
                    "DFT", [floats([1, 2], [1, 1, 2])], [flag("onesided"), flag("inverse")], argument: "dft_length"),
                Refusal("STFT", [x, one], argument: "signal"),
                Refusal("STFT", [signal, integer(0)], argument: "frame_step"),
                Refusal("STFT", [signal, one, nil, integer(5)], argument: "frame_length"),
                Refusal("STFT", [signal, one, floats([1, 1]), integer(3)], argument: "window"),
                Refusal("STFT", [waves, one], argument: "onesided"),
                Refusal("Einsum", [x, x], [equation("ij,jk->ik")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ij,jk->ik")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ijk->k")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ij->k")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ij->ii")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ii->i")], argument: "equation"),
                Refusal("Einsum", [x], [equation("i1")], argument: "equation"),
                Refusal("Einsum", [x], [equation("..ij")], argument: "equation"),
                Refusal("Einsum", [x], [equation("......")], argument: "equation"),
                Refusal("Einsum", [x], [equation("ij->...")], argument: "equation"),
                Refusal("Einsum", [x, y], [equation("...i,...->...")], argument: "equation"),
                Refusal("Einsum", [x, i], [equation("ij,j->i")]),
                Refusal(
                    "Einsum", [floats([Float](repeating: 1, count: 1 << 12))], [equation("i,j,k,l->ijkl")],
                    argument: "equation"),
                Refusal("NegativeLogLikelihoodLoss", [x, ints([0, 3])], argument: "input 1"),
                Refusal("NegativeLogLikelihoodLoss", [x, ints([0, -1])], argument: "input 1"),
                Refusal("NegativeLogLikelihoodLoss", [x, i], argument: "input 1"),
                Refusal("NegativeLogLikelihoodLoss", [x, ints([0, 1]), floats([1])], argument: "input 2"),
                Refusal(
                    "NegativeLogLikelihoodLoss", [x, ints([0, 1])], [text("reduction", "all")], argument: "reduction"),
                Refusal("SoftmaxCrossEntropyLoss", [floats([1]), ints([0])], argument: "scores"),
                Refusal("SoftmaxCrossEntropyLoss", [hollow([1 << 40, 0, 1 << 40]), ints([0])], argument: "input 1"),
            ]
        } catch {
            return []
        }
    }()

    @Test("Invalid nodes are refused with the argument's name", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let error = #expect(throws: GraphError.self) {
            try run(refusal.op, refusal.inputs, refusal.attributes, opset: refusal.opset)
        }
        #expect(error?.code == refusal.code, "\(error.map { "\($0)" } ?? "")")
        if let argument = refusal.argument { #expect(error?.argument == argument) }
    }

    @Test("There are refusals to test")
    func refusalsExist() { #expect(MathTests.refusals.count > 60) }

    @Test("Products of sizes that overflow beside a zero are no trap")
    func hollowTensors() throws {
        let x = try hollow([1 << 40, 0, 1 << 40])
        #expect(try run("ReduceSum", [x, ints([0, 2])], [flag("keepdims", 0)])[0].shape == [0])
        #expect(throws: (any Error).self) { try run("ReduceSum", [x, ints([1])]) }
        #expect(try run("Greater", [x, x])[0].shape == x.shape)
        #expect(try run("CumSum", [x, integer(0)])[0].shape == x.shape)
        #expect(try run("Hardmax", [x])[0].shape == x.shape)
        #expect(try run("ArgMin", [x])[0].shape == [1, 0, 1 << 40])
        #expect(try run("Einsum", [x], [equation("ijk->j")])[0].shape == [0])
        #expect(throws: (any Error).self) { try run("Einsum", [x], [equation("ijk->ik")]) }
        let wave = try hollow([1 << 40, 0, 1 << 40, 1])
        #expect(try run("DFT", [wave, nil, integer(0)])[0].shape == [1 << 40, 0, 1 << 40, 2])
    }

    @Test("Scratch counts for the memory limit")
    func memory() throws {
        let a = try floats([Float](repeating: 1, count: 1 << 10), [1 << 10, 1])
        #expect(throws: GraphError.self) {
            try run("Einsum", [a, a, a], [equation("ij,kj,lj->")], memoryLimit: 100)
        }
        let signal = try floats([Float](repeating: 1, count: 1009), [1, 1009, 1])
        let error = #expect(throws: GraphError.self) { try run("DFT", [signal], memoryLimit: 20_000) }
        #expect(error?.code == .memory)
    }

    @Test("In a float64 session the results keep double's precision")
    func doubles() throws {
        let window = try run("HannWindow", [integer(5)], precision: .float64)[0]
        #expect(try window.array(of: Double.self)[1] == 0.5 - 0.5 * cos(2 * Double.pi / 5))
        let x = try floats([0.1])
        let sine = try run("Sin", [x], precision: .float64)[0]
        #expect(try sine.array(of: Double.self)[0] == sin(Double(Float(0.1))))
    }

    @Test("A length's transform and its inverse give the signal back", arguments: [1, 3, 8, 45, 97, 194, 1009])
    func roundTrip(length: Int) throws {
        var generator = SeededGenerator(seed: UInt64(length))
        let values = (0..<(2 * length)).map { _ in Double.random(in: -1...1, using: &generator) }
        let signal = try Tensor(values, shape: [1, length, 2])
        let spectrum = try run("DFT", [signal])[0]
        let found = try run("DFT", [spectrum], [flag("inverse")])[0].array(of: Double.self)
        #expect(zip(values, found).allSatisfy { abs($0 - $1) < 1e-13 })
    }

    @Test("Many tensors are multiplied in an order that keeps products small")
    func order() throws {
        // From the left, the first product would have 2²⁴ elements.
        let wide = try floats([Float](repeating: 1, count: 1 << 12))
        let result = try run(
            "Einsum", [wide, wide, wide, wide], [equation("i,j,i,j->")], memoryLimit: 1 << 18)[0]
        #expect(try result.array(of: Float.self) == [0x1p24])
    }
}

@Suite struct MathInferenceTests {
    /// What follows of a node's attributes and its inputs' shapes.
    private func infer(
        _ op: String, _ shapes: [[GraphIR.Dimension]?], _ attributes: [Attribute] = [], constants: [Int: Tensor] = [:],
        opset: Int64 = 28
    ) throws -> [GraphIR.Dimension]? {
        let (model, _) = try model(op, shapes.map { $0 == nil ? nil : try floats([0]) }, attributes, opset: opset)
        let node = try #require(model.graph.nodes.first)
        let schema = try #require(OperatorTable.schema(for: OperatorName(op), opset: opset))
        let binding = try Binding(node, schema: schema, opset: opset, computesInDouble: false)
        let inputs = shapes.enumerated().map { index, shape in
            shape.map { InferredValue(type: .tensor(.float32, $0), constant: constants[index]) }
        }
        var inference = Inference(binding: binding, inputs: inputs) { _, _ in [] }
        try #require(OperatorRegistry.standard[OperatorName(op)]?.infer).apply(&inference)
        return inference.outputs[0].type?.dimensions
    }

    @Test("Shapes follow, with names where sizes aren't known")
    func shapes() throws {
        let n = GraphIR.Dimension.named("n")
        #expect(try infer("And", [[n, .size(1)], [.size(3)]]) == [n, .size(3)])
        #expect(try infer("And", [[n, .size(3)], [.size(3)]], opset: 6) == [n, .size(3)])
        #expect(try infer("Sin", [[n]]) == [n])
        #expect(try infer("SwiGLU", [[n, .unknown], [.unknown, .size(2)]]) == [n, .size(2)])
        #expect(throws: GraphError.self) { try infer("SwiGLU", [[.size(2)], [.size(3)]]) }
        #expect(try infer("ReduceL2", [[n, .size(2)]], [Attribute("axes", .ints([1]))], opset: 13) == [n, .size(1)])
        #expect(try infer("ReduceL2", [[n, .size(2)]], [flag("keepdims", 0)]) == [])
        #expect(try infer("ReduceL2", [[n, n], [.unknown]]) == [.unknown, .unknown])
        #expect(
            try infer("ReduceL2", [[n, .size(2)], [.size(1)]], constants: [1: ints([-1])]) == [n, .size(1)])
        #expect(try infer("ArgMin", [[n, .size(2)]], [flag("keepdims", 0)]) == [.size(2)])
        #expect(try infer("CumSum", [[n], []]) == [n])
        #expect(try infer("Det", [[n, .size(2), .unknown]]) == [n])
        #expect(throws: GraphError.self) { try infer("Det", [[.size(3), .size(2)]]) }
        #expect(try infer("HannWindow", [[]]) == [.unknown])
        #expect(try infer("HannWindow", [[]], constants: [0: integer(7)]) == [.size(7)])
        #expect(throws: GraphError.self) { try infer("HannWindow", [[]], constants: [0: integer(-7)]) }
        let sizes = try [0: integer(10), 1: integer(16)]
        #expect(try infer("MelWeightMatrix", [[], [], [], [], []], constants: sizes) == [.size(9), .size(10)])
        let signal: [GraphIR.Dimension] = [n, .size(9), .size(1)]
        #expect(try infer("DFT", [signal]) == [n, .size(9), .size(2)])
        #expect(try infer("DFT", [signal], [flag("onesided")]) == [n, .size(5), .size(2)])
        #expect(try infer("DFT", [signal, []], constants: [1: integer(4)]) == [n, .size(4), .size(2)])
        #expect(try infer("DFT", [signal, []]) == [n, .unknown, .size(2)])
        #expect(
            try infer("STFT", [signal, [], [.size(4)]], constants: [1: integer(2)])
                == [n, .size(3), .size(3), .size(2)])
        #expect(try infer("Einsum", [[n, .size(2)], [.size(2), .size(3)]], [equation("ij,jk")]) == [n, .size(3)])
        #expect(
            try infer("Einsum", [[.size(4), n, .size(2)], [.size(4), .size(2)]], [equation("...ij,...j->...i")])
                == [.size(4), n])
        #expect(throws: GraphError.self) { try infer("Einsum", [[.size(2)], [.size(3)]], [equation("i,i")]) }
        #expect(try infer("NegativeLogLikelihoodLoss", [[n, .size(3)], [n]]) == [])
        #expect(
            try infer("NegativeLogLikelihoodLoss", [[n, .size(3), .size(5)], nil], [text("reduction", "none")])
                == [n, .size(5)])
    }
}
