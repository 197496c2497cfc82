import Dispatch
import Synchronization
import Weightbridge

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What depends on whether a person is watching.
enum Terminal {
    /// Colour only where a person sees it, and never with `NO_COLOR` (no-color.org).
    static func hasColor(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && getenv("NO_COLOR") == nil
            && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Writes bytes to standard output as they are.
    /// - Throws: `io.failed`.
    static func printBytes(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while let base = bytes.baseAddress, done < bytes.count {
            let count = write(STDOUT_FILENO, base + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw FormatError(.ioFailed, "can't write to standard output: \(String(cString: strerror(errno)))")
            }
            done += count
        }
    }

    /// Writes to standard error.
    static func printError(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// One line for the error and one for the way out.
    static func report(_ fault: any Fault) {
        let (red, reset) = hasColor(STDERR_FILENO) ? ("\u{1b}[31m", "\u{1b}[0m") : ("", "")
        printError("weightbridge: \(red)error:\(reset) \(fault.description)\n")
        if let mapping = fault as? MappingError, !mapping.report.isEmpty {
            for line in mapping.report.split(separator: "\n", omittingEmptySubsequences: false) {
                printError("  \(String(line).printable)\n")
            }
        }
        if let hint = fault.hint { printError("  hint: \(hint.printable)\n") }
    }

    /// Says on a terminal, once `body` has taken over a second, that work goes on and for how long.
    static func withProgress<T>(_ what: String, _ body: () throws -> T) rethrows -> T {
        guard isatty(STDERR_FILENO) == 1 else { return try body() }
        let shown = Mutex(false)
        let start = ContinuousClock.now
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue.global())
        timer.schedule(deadline: .now() + 1, repeating: 0.5)
        timer.setEventHandler {
            shown.withLock { $0 = true }
            printError("\r\(what) … \((ContinuousClock.now - start).components.seconds) s ")
        }
        timer.resume()
        defer {
            timer.cancel()
            if shown.withLock({ $0 }) { printError("\r\u{1b}[K") }
        }
        return try body()
    }
}

extension String {
    /// The text with what could steer a terminal escaped; lines stay lines.
    var safeForTerminal: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var result = ""
            for scalar in line.unicodeScalars {
                switch scalar.properties.generalCategory {
                case .control where scalar != "\t", .format, .surrogate, .privateUse, .lineSeparator,
                    .paragraphSeparator:
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result
        }.joined(separator: "\n")
    }
}

/// Rows printed with aligned columns.
struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    init(rightAligned: Set<Int> = []) { self.rightAligned = rightAligned }

    mutating func add(_ cells: String...) { rows.append(cells.map(\.printable)) }

    func lines(indent: String = "  ") -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[checked: column]?.count ?? 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                let last = column == row.count - 1
                line += rightAligned.contains(column) ? padding + cell : (last ? cell : cell + padding)
                if !last { line += "  " }
            }
            return line
        }
    }
}

extension Int {
    /// With a comma every three digits.
    var grouped: String {
        var result = ""
        for (index, digit) in String(magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return (self < 0 ? "-" : "") + String(result.reversed())
    }

    /// As bytes in the unit that suits.
    var byteSize: String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var size = Double(self)
        var unit = 0
        while size >= 1000 && unit < units.count - 1 {
            size /= 1000
            unit += 1
        }
        if unit == 0 { return "\(self) bytes" }
        let tenths = Int((size * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
