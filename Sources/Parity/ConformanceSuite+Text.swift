import Formats
import GraphIR

extension ConformanceSuite {
    /// Cases that failed.
    public var failures: Int { total.failed }

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
            for kind in kinds { lines.append("\(kind.name.printable): \(kind.words)") }
        }
        lines.append(total.words)
        return lines.joined(separator: "\n")
    }

    /// The cases with outcome, reason, operators and seconds; the counts by kind and by operator; then those of all.
    public func json() -> JSONValue {
        func list(_ tallies: [Tally]) -> JSONValue {
            .array(
                tallies.map {
                    .object([("name", .string($0.name)), ("cases", .number("\($0.cases)"))] + $0.fields)
                })
        }
        let head: [(key: String, value: JSONValue)] = [
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
                        fields.append(("seconds", .number("\((one.duration.seconds * 1e6).rounded() / 1e6)")))
                        return .object(fields)
                    })
            ),
            ("kinds", list(kinds)), ("operators", list(operators)),
        ]
        return .object(head + total.fields)
    }
}
