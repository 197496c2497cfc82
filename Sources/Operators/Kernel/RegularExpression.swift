import GraphIR

/// A regular expression in RE2's syntax, matched in time proportional to the text times the pattern, whatever they are.
/// https://github.com/google/re2/wiki/Syntax; Thompson, "Regular Expression Search Algorithm", 1968.
struct RegularExpression: Sendable {
    /// One step of the automaton. Targets are relative, so that pieces of a program can be put together and repeated.
    enum Instruction: Sendable {
        /// Consumes a character of a set.
        case consume(Int)
        /// Goes both ways.
        case split(Int, Int)
        case jump(Int)
        case require(Assertion)
    }

    /// A condition on a place between characters.
    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    /// The most instructions that a pattern may take.
    static let largestProgram = 1 << 16

    /// A whole match ends behind the last instruction.
    private let program: [Instruction]
    private let sets: [CharacterSet]

    /// - Throws: `op.argument` for what isn't RE2's syntax, `op.unsupported-argument` for the few things of it that are
    ///   missing here: Unicode scripts and `\C`.
    init(_ pattern: [UInt8]) throws {
        guard let text = String(validating: pattern, as: UTF8.self) else {
            throw GraphError(.argument, "the pattern is not UTF-8", argument: "pattern")
        }
        var parser = RegularExpressionParser(text)
        program = try parser.parse()
        sets = parser.sets
    }

    /// Whether all of a text matches.
    /// - Throws: `limit.memory`, `limit.time`.
    func matches(_ text: [UInt8], _ call: Call) throws -> Bool {
        try call.check(.int32, [text.count])
        try call.check(.int64, [program.count, 4])
        let characters = decoded(text)
        var run = Run(program)
        run.seeds = [0]
        for position in 0...characters.count {
            if position % 1024 == 0 { try call.checkTime() }
            let before = position > 0 ? characters[position - 1] : nil
            let after = position < characters.count ? characters[position] : nil
            let reachesEnd = run.spread { assertion in holds(assertion, before, after) }
            guard let after else { return reachesEnd }
            run.step { sets[$0].contains(after) }
            if run.seeds.isEmpty { return false }
        }
        return false
    }

    /// The text's characters. What stands for a byte that isn't part of one matches nothing.
    private func decoded(_ text: [UInt8]) -> [UInt32] {
        var result: [UInt32] = []
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = text.makeIterator()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded): result.append(Unicode.UTF8.decode(encoded).value)
            case .error: result.append(CharacterSet.invalid)
            case .emptyInput: return result
            }
        }
    }

    private func holds(_ assertion: Assertion, _ before: UInt32?, _ after: UInt32?) -> Bool {
        let newline: UInt32 = 10
        switch assertion {
        case .textStart: return before == nil
        case .textEnd: return after == nil
        case .lineStart: return before == nil || before == newline
        case .lineEnd: return after == nil || after == newline
        case .wordBoundary: return isWord(before) != isWord(after)
        case .noWordBoundary: return isWord(before) == isWord(after)
        }
    }

    private func isWord(_ character: UInt32?) -> Bool {
        guard let character, character < 128 else { return false }
        return CharacterSet.word.contains(character)
    }
}

/// The states of an automaton on its way through a text.
private struct Run {
    let program: [RegularExpression.Instruction]
    /// Where the next round starts.
    var seeds: [Int] = []
    private var waiting: [Int] = []
    private var seen: [Int]
    private var round = 0

    init(_ program: [RegularExpression.Instruction]) {
        self.program = program
        seen = [Int](repeating: 0, count: program.count + 1)
    }

    /// Follows all ways that consume nothing.
    /// - Returns: whether one leads to the end.
    mutating func spread(_ holds: (RegularExpression.Assertion) -> Bool) -> Bool {
        round += 1
        waiting.removeAll(keepingCapacity: true)
        var stack = seeds
        var reachesEnd = false
        while let state = stack.popLast() {
            if seen[state] == round { continue }
            seen[state] = round
            if state == program.count {
                reachesEnd = true
                continue
            }
            switch program[state] {
            case .consume: waiting.append(state)
            case .split(let first, let second):
                stack.append(state + second)
                stack.append(state + first)
            case .jump(let distance): stack.append(state + distance)
            case .require(let assertion): if holds(assertion) { stack.append(state + 1) }
            }
        }
        return reachesEnd
    }

    /// Consumes a character.
    mutating func step(_ accepts: (Int) -> Bool) {
        seeds.removeAll(keepingCapacity: true)
        for state in waiting {
            if case .consume(let set) = program[state], accepts(set) { seeds.append(state + 1) }
        }
    }
}
