import Formats

extension ConformanceSuite {
    /// What came of the cases that have something in common.
    public struct Tally: Sendable {
        /// What the cases have in common.
        public var name: String
        /// All cases.
        public var cases = 0
        /// Cases whose outputs are all within the tolerance.
        public var passed = 0
        /// Cases of random outputs whose type, shape, values and rate are right.
        public var passedAsRandom = 0
        /// Cases with an output that differs, or that should run and don't.
        public var failed = 0
        /// Cases with something that isn't supported.
        public var excluded = 0
        /// Cases without an exact form in the operator set that they were to be converted to.
        public var refused = 0
        /// Time in which the cases ran, one after another.
        public var duration = Duration.zero

        init(_ name: String, _ cases: some Sequence<ConformanceCase> = []) {
            self.name = name
            for one in cases { add(one) }
        }

        mutating func add(_ one: ConformanceCase) {
            cases += 1
            duration += one.duration
            switch one.outcome {
            case .passed: passed += 1
            case .passedAsRandom: passedAsRandom += 1
            case .failed: failed += 1
            case .excluded: excluded += 1
            case .refused: refused += 1
            }
        }

        /// In a few words.
        var words: String {
            var words = ["\(passed) of \(cases) passed"]
            if passedAsRandom > 0 { words.append("\(passedAsRandom) random passed by rate") }
            words.append("\(failed) failed")
            words.append("\(excluded) excluded")
            if refused > 0 { words.append("\(refused) refused by the conversion") }
            return words.joined(separator: ", ")
        }

        /// For programs.
        var fields: [(key: String, value: JSONValue)] {
            func number(_ value: Int) -> JSONValue { .number("\(value)") }
            return [
                ("passed", number(passed)), ("passed_as_random", number(passedAsRandom)), ("failed", number(failed)),
                ("excluded", number(excluded)), ("refused", number(refused)),
            ]
        }
    }

    /// All cases.
    public var total: Tally { Tally("all", cases) }

    /// The cases by the folder that they lie in: ONNX's kinds `node`, `simple`, `light` …
    public var kinds: [Tally] {
        Dictionary(grouping: cases) { one in
            one.name.split(separator: "/").dropLast().joined(separator: "/")
        }.sorted { $0.key < $1.key }.map { Tally($0.key, $0.value) }
    }

    /// The cases by the operators in their models: a case counts for each operator that is in it.
    public var operators: [Tally] {
        var tallies: [String: Tally] = [:]
        for one in cases {
            for name in one.operators { tallies[name, default: Tally(name)].add(one) }
        }
        return tallies.values.sorted { $0.name < $1.name }
    }

    /// Kinds and operators with their counts, as aligned columns.
    public func tables() -> String {
        let kinds = kinds
        return Self.table("kind", kinds + (kinds.count > 1 ? [total] : [])) + "\n\n" + Self.table("operator", operators)
    }

    private static func table(_ title: String, _ tallies: [Tally]) -> String {
        var rows = [[title, "cases", "passed", "random", "failed", "excluded", "refused", "seconds"]]
        for tally in tallies {
            let counts = [
                tally.cases, tally.passed, tally.passedAsRandom, tally.failed, tally.excluded, tally.refused,
            ]
            let hundredths = Int((tally.duration.seconds * 100).rounded())
            let fraction = hundredths % 100
            rows.append(
                [tally.name.printable] + counts.map { "\($0)" }
                    + ["\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
