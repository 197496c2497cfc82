import Execution
import GraphIR
import Testing

@testable import Operators

/// Operators that draw random numbers.
@Suite struct RandomTests {
    @Test("The generator draws what NumPy's RandomState draws")
    func knownNumbers() {
        // np.random.RandomState(5489): the first outputs of the generator's own test, and its 10,000th.
        var bits = MersenneTwister(seed: 5489)
        #expect((0..<3).map { _ in bits.next() } == [3_499_211_612, 581_869_302, 3_890_346_734])
        for _ in 3..<9999 { _ = bits.next() }
        #expect(bits.next() == 4_123_659_995)
        // np.random.RandomState(0).random_sample(2) and .randn(2)
        var uniform = MersenneTwister(seed: 0)
        #expect((0..<2).map { _ in uniform.uniform() } == [0.5488135039273248, 0.7151893663724195])
        var normal = MersenneTwister(seed: 0)
        #expect(abs(normal.normal() - 1.764052345967664) < 1e-15)
        #expect(abs(normal.normal() - 0.4001572083672233) < 1e-15)
    }

    @Test("Without a seed every run draws the same, and every node something else")
    func repeats() throws {
        let attributes = [Attribute("shape", .ints([100]))]
        let first = try run("RandomUniform", [], attributes)[0].array(of: Float.self)
        #expect(try run("RandomUniform", [], attributes)[0].array(of: Float.self) == first)
        #expect(first.allSatisfy { (0..<1).contains($0) } && Set(first).count > 90)
    }

    @Test("Outcomes come as often as their probabilities say")
    func rates() throws {
        let chances = try floats([Float](repeating: 0.3, count: 20000))
        let drawn = try run("Bernoulli", [chances], [Attribute("seed", .float(1))])[0].array(of: Float.self)
        #expect(abs(drawn.reduce(0, +) / 20000 - 0.3) < 0.015)
        let logits = try floats([0, 1.0986123, -.infinity], [1, 3])
        let outcomes = try run("Multinomial", [logits], [Attribute("sample_size", .int(20000))])[0]
            .array(of: Int32.self)
        #expect(!outcomes.contains(2))
        #expect(abs(Double(outcomes.count { $0 == 1 }) / 20000 - 0.75) < 0.015)
    }

    @Test("A dropped element is zero, the others make up for it")
    func dropout() throws {
        let x = try floats([Float](repeating: 3, count: 10000))
        let results = try run(
            "Dropout", [x, floats([0.25], []), Tensor(.bool, shape: [], bytes: Bytes([1]))], outputs: 2, opset: 22)
        let y = try results[0].array(of: Float.self)
        let mask = try results[1].bytes().array()
        #expect(zip(y, mask).allSatisfy { $0 == ($1 == 0 ? 0 : 4) })
        #expect(abs(Double(mask.count { $0 == 0 }) / 10000 - 0.25) < 0.02)
    }

    @Test("What isn't a probability, a type or a shape is refused")
    func refusals() throws {
        func refuses(_ op: String, _ inputs: [Tensor?], _ attributes: [Attribute] = []) -> GraphError.Code? {
            #expect(throws: GraphError.self) { try run(op, inputs, attributes, memoryLimit: 1 << 24) }?.code
        }
        #expect(try refuses("Bernoulli", [floats([1.5])]) == .argument)
        #expect(try refuses("Bernoulli", [floats([.nan])]) == .argument)
        #expect(try refuses("Multinomial", [floats([.nan, 1], [1, 2])]) == .argument)
        #expect(try refuses("Multinomial", [floats([], [1, 0])]) == .argument)
        #expect(try refuses("Multinomial", [floats([1], [1, 1])], [Attribute("sample_size", .int(-1))]) == .shape)
        #expect(refuses("RandomNormal", [], [Attribute("shape", .ints([-1]))]) == .shape)
        #expect(refuses("RandomNormal", [], [Attribute("shape", .ints([1 << 40]))]) == .memory)
        #expect(
            refuses("RandomNormal", [], [Attribute("shape", .ints([1])), Attribute("dtype", .int(6))]) == .argument)
        #expect(try refuses("RandomUniformLike", [ints([1])]) == .argument)
        let training = try Tensor(.bool, shape: [], bytes: Bytes([1]))
        #expect(try refuses("Dropout", [floats([1]), floats([1], []), training]) == .argument)
    }
}
