import GraphIR

/// A cursor over pickled bytes that reads them in pieces, so that large payloads inside stay where they are.
struct PickleInput {
    private let bytes: Bytes
    private(set) var position: Int
    private var window: [UInt8] = []
    private var windowStart = 0

    private static let windowSize = 1 << 16
    /// The longest line of a text opcode: numbers, names and strings of protocol 0.
    private static let maximumLine = 1 << 20

    init(_ bytes: Bytes, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    private func truncated(_ wanted: Int) -> FormatError {
        FormatError(
            .pickleTruncated, "\(wanted) bytes wanted, \(remaining) are left", offset: position,
            hint: "the file was cut short: get it again")
    }

    private mutating func refill() throws {
        let length = Swift.min(Self.windowSize, remaining)
        window = try bytes.slice(at: position, count: length).array()
        windowStart = position
    }

    mutating func byte() throws -> UInt8 {
        guard remaining > 0 else { throw truncated(1) }
        if position < windowStart || position >= windowStart + window.count { try refill() }
        defer { position += 1 }
        return window[position - windowStart]
    }

    mutating func array(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= remaining else { throw truncated(count) }
        if count == 0 { return [] }
        if count > Self.windowSize {
            defer { position += count }
            return try bytes.slice(at: position, count: count).array()
        }
        if position < windowStart || position + count > windowStart + window.count { try refill() }
        let start = position - windowStart
        position += count
        return Array(window[start..<(start + count)])
    }

    /// Bytes that stay where they are.
    mutating func slice(_ count: Int) throws -> Bytes {
        guard count >= 0, count <= remaining else { throw truncated(count) }
        if count <= 4096 { return Bytes(try array(count)) }
        defer { position += count }
        return try bytes.slice(at: position, count: count)
    }

    /// Up to a newline, without it.
    mutating func line() throws -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let next = try byte()
            if next == 0x0A { return result }
            guard result.count < Self.maximumLine else {
                throw FormatError(.pickleValue, "a line of more than \(Self.maximumLine) bytes", offset: position)
            }
            result.append(next)
        }
    }

    mutating func unsigned(_ width: Int) throws -> UInt64 {
        guard width <= remaining else { throw truncated(width) }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(try byte()) << UInt64(8 * index) }
        return value
    }

    mutating func int32() throws -> Int32 { Int32(truncatingIfNeeded: try unsigned(4)) }

    /// A length of eight bytes.
    mutating func length() throws -> Int {
        let value = try unsigned(8)
        guard let length = Int(exactly: value) else { throw truncated(Int.max) }
        return length
    }

    mutating func bigEndianDouble() throws -> Double {
        Double(bitPattern: try unsigned(8).byteSwapped)
    }
}
