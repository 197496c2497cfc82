import GraphIR
import Testing

@testable import Operators

struct AttentionTests {
    private func ramp(_ shape: [Int], step: Float = 0.37) throws -> Tensor {
        let count = shape.checkedProduct() ?? 0
        return try floats((0..<count).map { Float($0 % 11) * step - 1.5 }, shape)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var query = [1, 2, 3, 4]
        var key = [1, 2, 5, 4]
        var value = [1, 2, 5, 4]
        var mask: [Int]?
        var pastKey: [Int]?
        var pastValue: [Int]?
        var lengths: [Int64]?
        var attributes: [Attribute] = []
        let argument: String?
    }

    @Test(
        "Shapes and attributes that don't fit are refused, with the argument's name",
        arguments: [
            Refusal(testDescription: "rank", query: [2, 3], key: [2, 3], value: [2, 3], argument: "Q"),
            Refusal(
                testDescription: "packed", query: [1, 3, 8], key: [1, 5, 8], value: [1, 5, 8], argument: "q_num_heads"),
            Refusal(
                testDescription: "packed, uneven", query: [1, 3, 8], key: [1, 5, 8], value: [1, 5, 8],
                attributes: [Attribute("q_num_heads", .int(3)), Attribute("kv_num_heads", .int(2))], argument: "Q"),
            Refusal(testDescription: "heads", key: [1, 3, 5, 4], value: [1, 3, 5, 4], argument: nil),
            Refusal(testDescription: "no heads", key: [1, 0, 5, 4], value: [1, 0, 5, 4], argument: nil),
            Refusal(testDescription: "lengths", value: [1, 2, 6, 4], argument: nil),
            Refusal(testDescription: "size 0", query: [1, 2, 3, 0], key: [1, 2, 5, 0], argument: "Q"),
            Refusal(testDescription: "mask", mask: [3, 6], argument: "attn_mask"),
            Refusal(testDescription: "mask of rank 5", mask: [1, 1, 1, 3, 5], argument: "attn_mask"),
            Refusal(testDescription: "half a cache", pastKey: [1, 2, 2, 4], argument: "past_key"),
            Refusal(
                testDescription: "cache of another shape", pastKey: [1, 3, 2, 4], pastValue: [1, 2, 2, 4],
                argument: "past_key"),
            Refusal(testDescription: "more keys than there are", lengths: [6], argument: "nonpad_kv_seqlen"),
            Refusal(testDescription: "less than none", lengths: [.min], argument: "nonpad_kv_seqlen"),
            Refusal(testDescription: "too many numbers", lengths: [1, 2], argument: "nonpad_kv_seqlen"),
            Refusal(
                testDescription: "two caches", pastKey: [1, 2, 2, 4], pastValue: [1, 2, 2, 4], lengths: [1],
                argument: "past_key"),
            Refusal(
                testDescription: "stage", attributes: [Attribute("qk_matmul_output_mode", .int(4))],
                argument: "qk_matmul_output_mode"),
            Refusal(
                testDescription: "precision", attributes: [Attribute("softmax_precision", .int(7))],
                argument: "softmax_precision"),
            Refusal(
                testDescription: "window", attributes: [Attribute("left_window_size", .int(-2))],
                argument: "left_window_size"),
            Refusal(testDescription: "cap", attributes: [Attribute("softcap", .float(-1))], argument: "softcap"),
            Refusal(
                testDescription: "heads said twice", attributes: [Attribute("q_num_heads", .int(2))],
                argument: "q_num_heads"),
        ])
    func refusals(_ refusal: Refusal) throws {
        let inputs: [Tensor?] = [
            try ramp(refusal.query), try ramp(refusal.key), try ramp(refusal.value),
            try refusal.mask.map { try ramp($0) },
            try refusal.pastKey.map { try ramp($0) }, try refusal.pastValue.map { try ramp($0) },
            try refusal.lengths.map { try ints($0) },
        ]
        let error = #expect(throws: GraphError.self) {
            try run("Attention", inputs, refusal.attributes, opset: 25)
        }
        #expect(error?.code == .argument)
        #expect(error?.argument == refusal.argument)
    }

    @Test("No keys, or none in reach, give zeros")
    func nothingToSee() throws {
        let (q, k) = (try ramp([1, 2, 3, 4]), try ramp([1, 2, 0, 4]))
        #expect(
            try run("Attention", [q, k, k], opset: 24)[0].array(of: Float.self) == [Float](repeating: 0, count: 24))
        let keys = try ramp([1, 2, 5, 4])
        let hidden = try Tensor(.bool, shape: [5], bytes: Bytes([UInt8](repeating: 0, count: 5)).loaded())
        let result = try run("Attention", [q, keys, keys, hidden], opset: 24)[0].array(of: Float.self)
        #expect(result == [Float](repeating: 0, count: 24))
        let none = try run("Attention", [q, keys, keys, nil, nil, nil, ints([0])], opset: 24)[0].array(of: Float.self)
        #expect(none == [Float](repeating: 0, count: 24))
    }

    @Test("The widest window and offsets at the edge of 64 bits don't trap")
    func widestWindow() throws {
        let x = try ramp([1, 1, 3, 4])
        let plain = try run("Attention", [x, x, x], opset: 25)[0].array(of: Float.self)
        let wide = try run(
            "Attention", [x, x, x],
            [Attribute("left_window_size", .int(.max)), Attribute("right_window_size", .int(.max))], opset: 25)
        #expect(try wide[0].array(of: Float.self) == plain)
    }

    @Test("Blocks of rows give what all rows at once give")
    func blocks() throws {
        // More scores than are held at a time, so several blocks, each a product of its own.
        let (q, k) = (try ramp([1, 1, 600, 8]), try ramp([1, 1, 2000, 8], step: 0.21))
        let all = try run("Attention", [q, k, k], opset: 24)[0].array(of: Float.self)
        for row in [0, 523, 524, 599] {
            let one = try floats(Array(q.array(of: Float.self)[(row * 8)..<(row * 8 + 8)]), [1, 1, 1, 8])
            let result = try run("Attention", [one, k, k], opset: 24)[0].array(of: Float.self)
            for i in 0..<8 { #expect(abs(result[i] - all[row * 8 + i]) < 1e-5) }
        }
    }

    @Test("In float64 and in float32 it is the same")
    func precision() throws {
        let (q, k) = (try ramp([2, 4, 7, 8]), try ramp([2, 2, 9, 8], step: 0.21))
        let single = try run("Attention", [q, k, k], [Attribute("is_causal", .int(1))], opset: 24)[0].array(
            of: Float.self)
        let double = try run(
            "Attention", [q, k, k], [Attribute("is_causal", .int(1))], opset: 24, precision: .float64)[0]
        for (a, b) in zip(single, try double.array(of: Double.self)) { #expect(abs(Double(a) - b) < 1e-6) }
    }

    @Test("The memory limit counts the scores")
    func memory() throws {
        let x = try ramp([1, 1, 512, 4])
        let error = #expect(throws: GraphError.self) {
            try run("Attention", [x, x, x], opset: 24, memoryLimit: 200_000)
        }
        #expect(error?.code == .memory)
    }

    @Test("Random shapes and attributes give a result or a typed error", arguments: [UInt64(7), 8, 9])
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func size() -> Int { Int.random(in: 0...3, using: &generator) }
        for _ in 0..<300 {
            let inputs: [Tensor?] = try (0..<7).map { position in
                if position > 2 && Bool.random(using: &generator) { return nil }
                let rank = Bool.random(using: &generator) ? 4 : Int.random(in: 0...5, using: &generator)
                if position == 6 {
                    return try ints((0..<size()).map { _ in Int64.random(in: -2...4, using: &generator) })
                }
                return try ramp((0..<rank).map { _ in size() })
            }
            let attributes = ["is_causal", "q_num_heads", "kv_num_heads", "left_window_size", "qk_matmul_output_mode"]
                .filter { _ in Bool.random(using: &generator) }
                .map { Attribute($0, .int(Int64.random(in: -2...4, using: &generator))) }
            do {
                _ = try run("Attention", inputs, attributes, outputs: 4, opset: 25)
            } catch is GraphError {
            }
        }
    }
}
