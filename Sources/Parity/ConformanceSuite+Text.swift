import Formats
import GraphIR

extension ConformanceSuite {
    public var failures: Int {
        cases.count { if case .failed = $0.outcome { true } else { false } }
    }

    /// The cases by the folder that they lie in: ONNX's kinds `node`, `simple`, `light` …
    private var kinds: [(name: String, cases: [ConformanceCase])] {
        Dictionary(grouping: cases) { one in
            one.name.split(separator: "/").dropLast().joined(separator: "/")
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private typealias Counts = (passed: Int, random: Int, failed: Int, excluded: Int, refused: Int)

    private static func counts(_ cases: [ConformanceCase]) -> Counts {
        var counts: Counts = (passed: 0, random: 0, failed: 0, excluded: 0, refused: 0)
        for one in cases {
            switch one.outcome {
            case .passed: counts.passed += 1
            case .passedAsRandom: counts.random += 1
            case .failed: counts.failed += 1
            case .excluded: counts.excluded += 1
            case .refused: counts.refused += 1
            }
        }
        return counts
    }

    private static func words(_ cases: [ConformanceCase]) -> String {
        let counts = counts(cases)
        var words = ["\(counts.passed) of \(cases.count) passed"]
        if counts.random > 0 { words.append("\(counts.random) random passed by rate") }
        words.append("\(counts.failed) failed")
        words.append("\(counts.excluded) excluded")
        if counts.refused > 0 { words.append("\(counts.refused) refused by the conversion") }
        return words.joined(separator: ", ")
    }

    /// One line for each failure, the exclusions where asked for, and the counts.
    public func text(listing: Bool) -> String {
        var lines: [String] = []
        for one in cases {
            switch one.outcome {
            case .failed(let problem): lines.append("FAIL \(one.name.printable): \(problem.printable)")
            case .excluded(let reason) where listing:
                lines.append("skip \(one.name.printable): \(reason.printable)")
            case .refused(let reason) where listing:
                lines.append("refused \(one.name.printable): \(reason.printable)")
            default: break
            }
        }
        let kinds = kinds
        if kinds.count > 1 {
            for kind in kinds { lines.append("\(kind.name.printable): \(Self.words(kind.cases))") }
        }
        lines.append(Self.words(cases))
        return lines.joined(separator: "\n")
    }

    /// The cases with outcome, reason, operators and seconds; then the counts.
    public func json() -> JSONValue {
        func number(_ value: Int) -> JSONValue { .number("\(value)") }
        let counts = Self.counts(cases)
        return .object([
            (
                "cases",
                .array(
                    cases.map { one in
                        var fields: [(key: String, value: JSONValue)] = [("name", .string(one.name))]
                        switch one.outcome {
                        case .passed: fields.append(("outcome", .string("passed")))
                        case .passedAsRandom: fields.append(("outcome", .string("passed-as-random")))
                        case .failed(let problem):
                            fields += [("outcome", .string("failed")), ("reason", .string(problem))]
                        case .excluded(let reason):
                            fields += [("outcome", .string("excluded")), ("reason", .string(reason))]
                        case .refused(let reason):
                            fields += [("outcome", .string("refused")), ("reason", .string(reason))]
                        }
                        fields.append(("operators", .array(one.operators.map { .string($0) })))
                        let parts = one.duration.components
                        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
                        fields.append(("seconds", .number("\((seconds * 1e6).rounded() / 1e6)")))
                        return .object(fields)
                    })
            ),
            ("passed", number(counts.passed)), ("passed_as_random", number(counts.random)),
            ("failed", number(counts.failed)), ("excluded", number(counts.excluded)),
            ("refused", number(counts.refused)),
        ])
    }
}
