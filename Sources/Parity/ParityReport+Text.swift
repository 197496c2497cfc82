import Formats
import GraphIR

extension ParityReport {
    /// The report for people. Names from files are escaped.
    public func text(color: Bool = false) -> String {
        var lines: [String] = []
        let paint = { (verdict: Verdict?, text: String) -> String in
            guard color else { return text }
            switch verdict {
            case .equal, .rounding: return "\u{1B}[32m\(text)\u{1B}[0m"
            case .mismatch: return "\u{1B}[31m\(text)\u{1B}[0m"
            case nil: return "\u{1B}[33m\(text)\u{1B}[0m"
            }
        }
        let head = isParity ? "parity" : verdict == nil ? "nothing compared" : "no parity"
        lines.append("\(paint(verdict, head)) (\(verdict?.rawValue ?? "no verdict")): \(reason.printable)")
        for (name, key) in inputs { lines.append("  input \(name.printable) <- \(key.printable)") }
        for comparison in outputs { lines += Self.lines(comparison, paint: paint) }
        for accuracy in accuracies {
            lines.append(
                "  accuracy of \(accuracy.output.printable) by '\(accuracy.key.printable)': "
                    + "\(accuracy.right) of \(accuracy.samples) right")
        }
        lines += blockLines(paint: paint)
        if let divergence = firstDivergence {
            lines.append(
                "  \(paint(.mismatch, "first divergence")): \(divergence.module.printable), made by node "
                    + "\(divergence.node.printable) (\(divergence.op.printable)); \(divergence.judgement.reason)")
            if divergence.suspects.count > 1 {
                lines.append("    nodes in question: \(divergence.suspects.joined(separator: ", ").printable)")
            }
            if !divergence.weights.isEmpty {
                lines.append("    weights in question: \(divergence.weights.joined(separator: ", ").printable)")
            }
        }
        if faultyModules.count > 1 {
            lines.append("  wrong for right inputs: \(faultyModules.joined(separator: ", ").printable)")
        }
        if !uncompared.isEmpty {
            lines.append("  outputs not compared: \(uncompared.joined(separator: ", ").printable)")
        }
        if !unused.isEmpty { lines.append("  golden arrays not used: \(unused.joined(separator: ", ").printable)") }
        lines += notes.map { "  note: \($0.printable)" }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ item: OutputComparison, paint: (Verdict?, String) -> String) -> [String] {
        let set = item.set.isEmpty ? "" : "\(item.set.printable): "
        var lines = [
            "  \(set)output \(item.output.printable) \(item.elementType.onnxName) \(item.shape) against "
                + "'\(item.key.printable)' \(item.goldenType.onnxName): "
                + "\(paint(item.judgement.verdict, item.judgement.verdict.rawValue)), \(item.judgement.reason)"
        ]
        if let error = item.error {
            var parts = [
                "largest error \(brief(error.maxAbsolute))", "relative \(brief(error.maxRelative))",
            ]
            if let ulp = error.maxULP { parts.append("\(brief(ulp)) ulp") }
            parts.append("rms \(brief(error.rms))")
            parts.append("1 - cosine \(brief(1 - error.cosine))")
            lines.append("    " + parts.joined(separator: ", "))
        }
        if let differing = item.differing { lines.append("    \(differing) elements differ") }
        if let agreement = item.classifier {
            lines.append(
                "    top-1 agrees in \(agreement.top1) of \(agreement.samples), top-5 in \(agreement.top5)")
        }
        if let golden = item.goldenToDouble {
            var text = "    to our float64: golden rms \(brief(golden.rms)), largest \(brief(golden.maxAbsolute))"
            if let native = item.nativeToDouble {
                text +=
                    "; our \(item.elementType.onnxName) rms \(brief(native.rms)), largest \(brief(native.maxAbsolute))"
            }
            lines.append(text)
        }
        return lines
    }

    private func blockLines(paint: (Verdict?, String) -> String) -> [String] {
        guard !blocks.isEmpty else { return [] }
        let agreeing = blocks.count { $0.judgement.verdict != .mismatch }
        var lines = ["  intermediates: \(agreeing) of \(blocks.count) agree"]
        if let worst = blocks.compactMap({ $0.error?.maxAbsolute }).max(), agreeing == blocks.count {
            lines[0] += ", largest error \(brief(worst))"
        }
        let wrong = blocks.filter { $0.judgement.verdict == .mismatch }
        // What only passes on an error that came in is no news.
        let inherited = wrong.count { $0.introduced != nil && $0.introducedJudgement.verdict != .mismatch }
        if inherited > 0 { lines[0] += ", \(inherited) of the others only pass on an error that came in" }
        for block in wrong where block.introduced == nil || block.introducedJudgement.verdict == .mismatch {
            var text =
                "    \(block.module.printable) (\(block.op.printable)): "
                + (block.error.map { "largest error \(brief($0.maxAbsolute))" } ?? block.judgement.reason)
            if let introduced = block.introduced { text += ", \(brief(introduced.maxAbsolute)) of it made here" }
            lines.append(text)
        }
        return lines
    }

    /// The report for programs; keys stand in a fixed order.
    public func json() -> JSONValue {
        .object([
            ("verdict", verdict.map { .string($0.rawValue) } ?? .null),
            ("parity", .bool(isParity)),
            ("reason", .string(reason)),
            ("precision", .string(precision)),
            ("inputs", .array(inputs.map { .object([("name", .string($0.name)), ("key", .string($0.key))]) })),
            ("outputs", .array(outputs.map(Self.json))),
            ("accuracy", .array(accuracies.map(Self.json))),
            ("blocks", .array(blocks.map(Self.json))),
            ("first_divergence", firstDivergence.map(Self.json) ?? .null),
            ("faulty_modules", Self.strings(faultyModules)),
            ("outputs_not_compared", Self.strings(uncompared)),
            ("golden_not_used", Self.strings(unused)),
            ("notes", Self.strings(notes)),
        ])
    }

    private static func json(_ item: OutputComparison) -> JSONValue {
        .object(
            [
                ("set", .string(item.set)), ("output", .string(item.output)), ("key", .string(item.key)),
                ("type", .string(item.elementType.onnxName)), ("golden_type", .string(item.goldenType.onnxName)),
                ("shape", .array(item.shape.map { .number("\($0)") })),
                ("golden_shape", .array(item.goldenShape.map { .number("\($0)") })),
                ("error", json(item.error)), ("golden_to_float64", json(item.goldenToDouble)),
                ("ours_to_float64", json(item.nativeToDouble)),
                (
                    "classifier",
                    item.classifier.map {
                        .object([
                            ("samples", .number("\($0.samples)")), ("top1", .number("\($0.top1)")),
                            ("top5", .number("\($0.top5)")),
                        ])
                    } ?? .null
                ),
                ("differing", item.differing.map { .number("\($0)") } ?? .null),
            ] + json(item.judgement))
    }

    private static func json(_ item: Accuracy) -> JSONValue {
        .object([
            ("output", .string(item.output)), ("key", .string(item.key)), ("right", .number("\(item.right)")),
            ("samples", .number("\(item.samples)")),
        ])
    }

    private static func json(_ item: BlockComparison) -> JSONValue {
        .object(
            [
                ("module", .string(item.module)), ("value", .string(item.value)), ("node", .string(item.node)),
                ("operator", .string(item.op)), ("error", json(item.error)), ("introduced", json(item.introduced)),
                ("introduced_verdict", .string(item.introducedJudgement.verdict.rawValue)),
            ] + json(item.judgement))
    }

    private static func json(_ item: Divergence) -> JSONValue {
        .object(
            [
                ("module", .string(item.module)), ("value", .string(item.value)), ("node", .string(item.node)),
                ("operator", .string(item.op)), ("weights", strings(item.weights)),
                ("suspects", strings(item.suspects)),
            ] + json(item.judgement))
    }

    private static func json(_ judgement: Judgement) -> [(key: String, value: JSONValue)] {
        [
            ("verdict", .string(judgement.verdict.rawValue)), ("ratio", number(judgement.ratio)),
            ("reason", .string(judgement.reason)),
        ]
    }

    private static func json(_ metrics: ErrorMetrics?) -> JSONValue {
        guard let metrics else { return .null }
        return .object([
            ("count", .number("\(metrics.count)")), ("max_absolute", number(metrics.maxAbsolute)),
            ("max_relative", number(metrics.maxRelative)), ("max_ulp", metrics.maxULP.map(number) ?? .null),
            ("rms", number(metrics.rms)), ("cosine", number(metrics.cosine)), ("scale", number(metrics.scale)),
            ("worst_index", metrics.worstIndex.map { .number("\($0)") } ?? .null),
            ("non_finite_disagreements", .number("\(metrics.nonFiniteDisagreements)")),
        ])
    }

    private static func strings(_ items: [String]) -> JSONValue { .array(items.map { .string($0) }) }

    /// JSON has no infinity or NaN: they become strings.
    private static func number(_ value: Double) -> JSONValue {
        value.isFinite ? .number("\(value)") : .string(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
    }
}
