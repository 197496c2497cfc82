import CKernels
import Foundation
import GraphIR
import Testing

@testable import Operators

@Suite(.serialized) struct RecurrentTests {
    private func ramp(_ shape: [Int]) throws -> Tensor {
        let count = shape.checkedProduct() ?? 0
        return try floats((0..<count).map { Float($0 * 7 % 13) / 13 - 0.5 }, shape)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var op = "LSTM"
        var x = [3, 2, 2]
        var w = [1, 12, 2]
        var r = [1, 12, 3]
        var bias: [Int]?
        var lengths: [Int32]?
        var state: [Int]?
        var cell: [Int]?
        var peepholes: [Int]?
        var attributes: [Attribute] = []
        let argument: String?
    }

    @Test(
        "Shapes and attributes that don't fit are refused, with the argument's name",
        arguments: [
            Refusal(testDescription: "rank", x: [3, 2], argument: nil),
            Refusal(testDescription: "weights", w: [1, 12, 3], argument: "W"),
            Refusal(testDescription: "gates", op: "GRU", argument: "W"),
            Refusal(
                testDescription: "directions",
                attributes: [Attribute("direction", .string(Array("bidirectional".utf8)))], argument: "W"),
            Refusal(
                testDescription: "direction", attributes: [Attribute("direction", .string(Array("up".utf8)))],
                argument: "direction"),
            Refusal(testDescription: "layout", attributes: [Attribute("layout", .int(2))], argument: "layout"),
            Refusal(
                testDescription: "hidden size", attributes: [Attribute("hidden_size", .int(4))], argument: "hidden_size"
            ),
            Refusal(
                testDescription: "no hidden size", attributes: [Attribute("hidden_size", .int(0))],
                argument: "hidden_size"),
            Refusal(testDescription: "no hidden", w: [1, 0, 2], r: [1, 0, 0], argument: "hidden_size"),
            Refusal(testDescription: "bias", bias: [1, 12], argument: "B"),
            Refusal(testDescription: "too long", lengths: [3, 4], argument: "sequence_lens"),
            Refusal(testDescription: "less than none", lengths: [3, .min], argument: "sequence_lens"),
            Refusal(testDescription: "too few lengths", lengths: [3], argument: "sequence_lens"),
            Refusal(testDescription: "state", state: [2, 1, 3], argument: "initial_h"),
            Refusal(testDescription: "cell", cell: [2, 1, 3], argument: "initial_c"),
            Refusal(testDescription: "peepholes", peepholes: [1, 12], argument: "P"),
            Refusal(
                testDescription: "functions", attributes: [Attribute("activations", .strings([Array("Tanh".utf8)]))],
                argument: "activations"),
            Refusal(
                testDescription: "function", op: "RNN", w: [1, 3, 2], r: [1, 3, 3],
                attributes: [Attribute("activations", .strings([Array("Sine".utf8)]))], argument: "activations"),
            Refusal(testDescription: "clip", attributes: [Attribute("clip", .float(.nan))], argument: "clip"),
        ])
    func refusals(_ refusal: Refusal) throws {
        var inputs: [Tensor?] = [
            try ramp(refusal.x), try ramp(refusal.w), try ramp(refusal.r), try refusal.bias.map { try ramp($0) },
            try refusal.lengths.map { try Tensor($0, shape: [$0.count]) }, try refusal.state.map { try ramp($0) },
        ]
        if refusal.op == "LSTM" {
            inputs += [try refusal.cell.map { try ramp($0) }, try refusal.peepholes.map { try ramp($0) }]
        }
        let error = #expect(throws: GraphError.self) { try run(refusal.op, inputs, refusal.attributes, opset: 22) }
        #expect(error?.code == .argument)
        #expect(error?.argument == refusal.argument)
    }

    @Test("Nothing to run over leaves the shapes right", arguments: ["RNN", "GRU", "LSTM"])
    func empty(op: String) throws {
        let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][op] ?? 1
        let (w, r) = (try ramp([1, gates * 3, 2]), try ramp([1, gates * 3, 3]))
        for (steps, batch) in [(0, 2), (2, 0), (0, 0)] {
            let results = try run(op, [ramp([steps, batch, 2]), w, r], outputs: 2, opset: 22)
            #expect(results[0].shape == [steps, 1, batch, 3])
            #expect(results[1].shape == [1, batch, 3])
        }
        let results = try run(op, [ramp([2, 1, 0]), ramp([1, gates * 3, 0]), r], outputs: 2, opset: 22)
        #expect(results[0].shape == [2, 1, 1, 3])
    }

    @Test("One sequence and many give the same, in float32 and float64", arguments: ["RNN", "GRU", "LSTM"])
    func batches(op: String) throws {
        let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][op] ?? 1
        let (w, r) = (try ramp([1, gates * 3, 2]), try ramp([1, gates * 3, 3]))
        let x = try ramp([4, 3, 2])
        let all = try run(op, [x, w, r], opset: 22)[0].array(of: Float.self)
        let wide = try run(op, [x, w, r], opset: 22, precision: .float64)[0].array(of: Double.self)
        for (a, b) in zip(all, wide) { #expect(abs(Double(a) - b) < 1e-6) }
        for item in 0..<3 {
            let values = try x.array(of: Float.self)
            let single = try floats(
                (0..<4).flatMap { values[(($0 * 3 + item) * 2)..<(($0 * 3 + item) * 2 + 2)] }, [4, 1, 2])
            let result = try run(op, [single, w, r], opset: 22)[0].array(of: Float.self)
            for step in 0..<4 {
                for i in 0..<3 { #expect(abs(result[step * 3 + i] - all[(step * 3 + item) * 3 + i]) < 1e-6) }
            }
        }
    }

    @Test("The memory limit counts what lies between")
    func memory() throws {
        let (x, w, r) = (try ramp([1000, 1, 2]), try ramp([1, 120, 2]), try ramp([1, 120, 30]))
        let error = #expect(throws: GraphError.self) {
            try run("LSTM", [x, w, r], opset: 22, memoryLimit: 400_000)
        }
        #expect(error?.code == .memory)
    }

    @Test("Rows are within 0.51 units in the last place, in every form", arguments: 0...2 as ClosedRange<Int32>)
    func rows(form: Int32) throws {
        wb_force_kernel_form(form)
        defer { wb_force_kernel_form(-1) }
        let values = stride(from: Float(-60), to: 60, by: 0.00731).map { $0 } + [0, -0.0, 1e-30, -1e-5, 0.0199, 0.0201]
        func check(_ op: String, _ exact: (Double) -> Double) throws {
            for (x, y) in zip(values, try run(op, [floats(values)])[0].array(of: Float.self)) {
                let wanted = exact(Double(x))
                #expect(abs(Double(y) - wanted) <= 0.51 * Double(Float(wanted).ulp), "\(op) of \(x)")
            }
        }
        try check("Exp", exp)
        try check("Sigmoid") { 1 / (1 + exp(-$0)) }
        try check("Tanh", tanh)
        let special = try floats([.nan, .infinity, -.infinity, 100, -200])
        let exponentials = try run("Exp", [special])[0].array(of: Float.self)
        #expect(exponentials[0].isNaN && Array(exponentials[1...]) == [.infinity, 0, .infinity, 0])
        #expect(Array(try run("Tanh", [special])[0].array(of: Float.self)[1...]) == [1, -1, 1, -1])
        #expect(Array(try run("Sigmoid", [special])[0].array(of: Float.self)[1...]) == [1, 0, 1, 0])
        for count in [1, 7, 16, 33, 2048, 2049, 5000] {
            let row = (0..<count).map { Float($0 * 37 % 101) / 9 }
            let result = try run("Softmax", [floats(row, [1, count])])[0].array(of: Float.self)
            let sum = row.reduce(0) { $0 + exp(Double($1)) }
            for (x, y) in zip(row, result) {
                let wanted = exp(Double(x)) / sum
                #expect(abs(Double(y) - wanted) <= 0.51 * Double(Float(wanted).ulp))
            }
        }
        let lost = try run("Softmax", [floats([-.infinity, -.infinity], [1, 2])])[0].array(of: Float.self)
        let areNaN = lost.map(\.isNaN)
        #expect(areNaN == [Bool](repeating: true, count: lost.count))
    }
}
