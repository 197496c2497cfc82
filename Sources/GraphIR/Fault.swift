/// What sort of failure a fault is. It decides the exit status of the command line.
public enum FaultClass: String, Sendable {
    /// The input breaks its own rules.
    case invalid
    /// The input is fine, we can't do it.
    case unsupported
    /// The input asks for more than a stated limit (depth, count, memory, time).
    case limit
    /// The operating system said no: missing file, full disk, permission.
    case io
    /// The caller asked for something that makes no sense.
    case usage
}

/// Every error that Weightbridge throws: one line that says where and what, and a hint at the way out.
public protocol Fault: Error, Sendable, CustomStringConvertible {
    var faultClass: FaultClass { get }
    /// A stable machine-readable name such as `tensor.bounds`.
    var codeName: String { get }
    /// Where: file, byte offset, entry, key path, node. Outermost first.
    var place: [String] { get }
    /// What was found and what was expected.
    var problem: String { get }
    /// What the user can do about it.
    var hint: String? { get }
}

extension Fault {
    /// One line, safe to print: text that came from a file is escaped.
    public var description: String {
        let head = place.isEmpty ? "" : place.map(\.printable).joined(separator: ": ") + ": "
        return "\(head)\(problem.printable) [\(codeName)]"
    }
}

extension String {
    /// The text with control, format and other invisible characters escaped, and cut at a length that a terminal can
    /// bear, so that names from hostile files can be shown.
    public var printable: String {
        var result = ""
        var count = 0
        for scalar in unicodeScalars {
            count += 1
            if count > 2000 { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
