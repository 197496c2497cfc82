import Execution
import GraphIR
import Testing

@testable import Operators

/// Operators on strings, and the regular expressions of RegexFullMatch.
@Suite struct TextTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try RegularExpression(Array(pattern.utf8)).matches(
            Array(text.utf8), Call(values: [], outputCount: 1, memory: 1 << 30))
    }

    @Test(
        "RE2 refuses these, and so do we",
        arguments: [
            "(", ")", "a)", "(a", "[", "[a", "[]", "[^]", "[b-a]", "[a-\\d]", "[[:foo:]]", "*", "+a", "?", "(*)", "a|*",
            "a**", "a*+", "a++", "a{2}{3}", "a{2,1}", "a{1001}", "(a{100}){11}", "\\", "\\1", "\\8", "\\c", "\\E",
            "\\Z", "\\G", "\\h", "\\x", "\\x1", "\\x{}", "\\x{110000}", "\\x{zz}", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)",
            "(?>a)", "(?#a)", "(?P=n)", "(?P<>a)", "(?P<a-b>x)", "(?x)a", "(?i-)a", "(?", "(?i",
            "\\p", "\\p{", "\\p{Lu", "[\\b]",
        ])
    func refused(pattern: String) throws {
        let error = #expect(throws: GraphError.self) { try RegularExpression(Array(pattern.utf8)) }
        #expect(error?.code == .argument)
    }

    @Test(
        "What RE2 has and we don't is called unsupported",
        arguments: ["\\p{Greek}", "\\C", String(repeating: "a{1000}", count: 70)])
    func unsupported(pattern: String) throws {
        let error = #expect(throws: GraphError.self) { try RegularExpression(Array(pattern.utf8)) }
        #expect(error?.code == .unsupportedArgument)
    }

    @Test(
        "A pattern takes time in proportion to the text",
        arguments: ["(a*)*b", "(a|a)*b", "(a?){500}a{500}b", "((a+)+)+b", "(.*)*(.*)*(.*)*b", "(()*)*b"])
    func hostile(pattern: String) throws {
        let text = String(repeating: "a", count: 4000)
        let start = ContinuousClock.now
        #expect(try !matches(pattern, text))
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("Groups nest to a limit, without recursion")
    func nesting() throws {
        let deep = String(repeating: "(", count: 900) + "a" + String(repeating: ")", count: 900)
        #expect(try matches(deep, "a"))
        let tooDeep = String(repeating: "(", count: 100_000)
        #expect(throws: GraphError.self) { try RegularExpression(Array(tooDeep.utf8)) }
    }

    @Test("Bytes that aren't UTF-8 match nothing, and are refused in a pattern")
    func invalidBytes() throws {
        let call = Call(values: [], outputCount: 1, memory: 1 << 20)
        let any = try RegularExpression(Array("(?s).*|[^a]*".utf8))
        #expect(try any.matches([0x61, 0xFF], call) == false)
        #expect(throws: GraphError.self) { try RegularExpression([0xFF]) }
    }

    @Test("Random patterns end with an answer or a typed refusal")
    func randomPatterns() throws {
        let seed: UInt64 = 20
        var random = SeededGenerator(seed: seed)
        let pieces = Array("ab(|)*+?{}[]^$.\\-,:12dwpPsQEixz<>=!é")
        for _ in 0..<5000 {
            let pattern = String(
                (0..<Int.random(in: 1...14, using: &random)).map { _ in
                    pieces[Int.random(in: 0..<pieces.count, using: &random)]
                })
            do {
                _ = try matches(pattern, "abab12é")
            } catch is GraphError {}
        }
    }

    @Test("Attributes that contradict each other are refused")
    func refusals() throws {
        let x = try Tensor(strings: [Array("a".utf8)], shape: [1])
        func refuses(_ op: String, _ input: Tensor, _ attributes: [Attribute]) -> GraphError.Code? {
            #expect(throws: GraphError.self) { try run(op, [input], attributes, memoryLimit: 1 << 24) }?.code
        }
        func grams(_ counts: [Int64], _ indexes: [Int64], _ pool: Attribute...) -> [Attribute] {
            [
                Attribute("mode", .string(Array("TF".utf8))), Attribute("ngram_counts", .ints(counts)),
                Attribute("ngram_indexes", .ints(indexes)), Attribute("min_gram_length", .int(1)),
                Attribute("max_gram_length", .int(2)), Attribute("max_skip_count", .int(.max)),
            ] + pool
        }
        let letters = Attribute("pool_strings", .strings([[97], [98]]))
        #expect(refuses("TfIdfVectorizer", x, grams([0], [0, -1], letters)) == .argument)
        #expect(refuses("TfIdfVectorizer", x, grams([0], [0, .max], letters)) == .argument)
        #expect(refuses("TfIdfVectorizer", x, grams([0], [0, 1 << 50], letters)) == .memory)
        #expect(refuses("TfIdfVectorizer", x, grams([0], [0], letters)) == .argument)
        #expect(refuses("TfIdfVectorizer", x, grams([0, 1], [0, 1], letters)) == .argument)
        #expect(refuses("TfIdfVectorizer", x, grams([3], [0, 1], letters)) == .argument)
        #expect(refuses("TfIdfVectorizer", x, grams([0], [0, 1])) == .argument)
        #expect(try run("TfIdfVectorizer", [x], grams([0], [0, 1], letters))[0].array(of: Float.self) == [1, 0])
        #expect(
            refuses(
                "StringNormalizer", x,
                [
                    Attribute("locale", .string(Array("tr_TR".utf8))),
                    Attribute("case_change_action", .string(Array("UPPER".utf8))),
                ]) == .unsupportedArgument)
        let invalid = try Tensor(strings: [[0xFF]], shape: [1])
        #expect(
            refuses("StringNormalizer", invalid, [Attribute("case_change_action", .string(Array("LOWER".utf8)))])
                == .argument)
        #expect(try refuses("RegexFullMatch", floats([1]), [Attribute("pattern", .string([97]))]) == .argument)
        #expect(refuses("RegexFullMatch", x, []) == .argument)
    }
}
