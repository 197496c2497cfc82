import Formats
import GraphIR

/// Reads the atlas's numbers and texts; whatever would go past the end is an error.
struct AtlasCursor {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// A part of bytes that are already in memory.
    init(_ bytes: [UInt8], at offset: Int, count: Int) throws {
        guard offset >= 0, count >= 0, let end = offset.adding(checked: count), end <= bytes.count else {
            throw AtlasCursor.damaged("an architecture lies outside of its group")
        }
        self.bytes = bytes
        position = offset
        self.end = end
    }

    static func damaged(_ problem: String) -> FormatError {
        FormatError(
            .containerMalformed, problem, file: "the atlas", hint: "make it anew with tools/atlas, or build again")
    }

    var isAtEnd: Bool { position == end }

    mutating func byte() throws -> UInt8 {
        guard position < end, let byte = bytes[checked: position] else {
            throw AtlasCursor.damaged("it ends in the middle of a record")
        }
        position += 1
        return byte
    }

    /// A number that isn't negative, seven bits a byte, the lowest first.
    mutating func number() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try byte()
            let part = UInt64(byte & 127)
            guard shift < 63 || part <= 1 else { break }
            value |= part << shift
            if byte < 128 { return value }
        }
        throw AtlasCursor.damaged("a number has more than 64 bits")
    }

    /// A size or an index.
    mutating func count() throws -> Int {
        guard let value = Int(exactly: try number()) else { throw AtlasCursor.damaged("a count has 64 bits") }
        return value
    }

    /// A count of things that take at least a byte each.
    mutating func length() throws -> Int {
        let value = try count()
        guard value <= end - position else { throw AtlasCursor.damaged("\(value) items in \(end - position) bytes") }
        return value
    }

    /// A number with a sign: 0, −1, 1, −2 …
    mutating func signed() throws -> Int64 { Self.signed(try number()) }

    static func signed(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ (value & 1 == 0 ? 0 : -1)
    }

    mutating func data(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= end - position else {
            throw AtlasCursor.damaged("\(count) bytes where \(end - position) are left")
        }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func uint64() throws -> UInt64 {
        try data(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() throws -> String {
        let count = try length()
        return String(decoding: try data(count), as: UTF8.self)
    }

    /// A text that begins as the one before it.
    mutating func text(after previous: String) throws -> String {
        let common = try count()
        let start = previous.utf8.prefix(common)
        guard start.count == common else { throw AtlasCursor.damaged("a name repeats more than there is") }
        return String(decoding: Array(start) + (try data(try length())), as: UTF8.self)
    }

    /// As many items as a count says that stands in front.
    mutating func list<Item>(_ item: (inout AtlasCursor) throws -> Item) throws -> [Item] {
        let count = try length()
        var result: [Item] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try item(&self)) }
        return result
    }
}
