import Formats
import GraphIR

/// Cases that are known to fail, each with the reason: errors of the suite itself.
public struct ConformanceExceptions: Sendable {
    /// Names of cases and reasons.
    public private(set) var reasons: [String: String] = [:]

    public init() {}

    /// Bytes of a list that are read.
    private static let maximumSize = 1 << 20

    /// Reads a list: on each line the name of a case, a space and the reason. Lines that begin with `#` are comments.
    /// - Throws: `usage` where a line gives no reason, `limit.memory`, and what reading throws.
    public init(path: String) throws {
        let file = try FileSource(path: path)
        guard file.count <= Self.maximumSize else {
            throw FormatError(
                .limitMemory, "is \(file.count) bytes long, at most \(Self.maximumSize) are read", file: path)
        }
        let text = String(decoding: try Bytes(file).array(), as: UTF8.self)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1)
            guard let name = words.first, !name.hasPrefix("#") else { continue }
            guard words.count == 2 else {
                throw FormatError(
                    .usage, "'\(name)' is listed without a reason", file: path, item: "line \(number + 1)")
            }
            reasons[String(name)] = String(words[1])
        }
    }
}

extension ConformanceSuite {
    /// Counts failures that are listed as excluded.
    /// - Returns: the listed cases that passed, which needn't be listed.
    public mutating func apply(_ exceptions: ConformanceExceptions) -> [String] {
        var needless: [String] = []
        for index in cases.indices {
            guard let reason = exceptions.reasons[cases[index].name] else { continue }
            switch cases[index].outcome {
            case .failed(let problem): cases[index].exclude("\(reason) (\(problem))")
            case .passed, .passedAsRandom: needless.append(cases[index].name)
            case .excluded, .refused: break
            }
        }
        return needless
    }
}
