/// Little-endian numbers out of a few bytes. Reading past the end gives zeros; callers check ``remaining`` first.
struct LittleEndianCursor {
    private let array: [UInt8]
    private(set) var position = 0

    init(_ array: [UInt8]) { self.array = array }

    var remaining: Int { array.count - position }

    mutating func skip(_ count: Int) { position = Swift.min(array.count, position + Swift.max(0, count)) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = Swift.min(array.count, position + Swift.max(0, count))
        defer { position = end }
        return Array(array[position..<end])
    }

    private mutating func number(_ width: Int) -> UInt64 {
        var value: UInt64 = 0
        let available = Swift.min(width, remaining)
        for index in 0..<available { value |= UInt64(array[position + index]) << UInt64(8 * index) }
        position += available
        return value
    }

    mutating func uint16() -> UInt16 { UInt16(truncatingIfNeeded: number(2)) }
    mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: number(4)) }
    mutating func uint64() -> UInt64 { number(8) }
}
