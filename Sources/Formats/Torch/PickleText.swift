import GraphIR

/// The text forms of protocol 0.
enum PickleText {
    /// Digits that a text integer may have: past any number that a checkpoint holds, and quick to convert.
    private static let maximumDigits = 1000

    /// A decimal integer as little-endian two's complement.
    static func longBytes(_ line: [UInt8]) throws -> [UInt8] {
        let isNegative = line.first == 0x2D
        let digits = isNegative ? line.dropFirst() : line[...]
        guard !digits.isEmpty, digits.count <= maximumDigits, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw FormatError(
                .pickleValue,
                "\(String(decoding: line.prefix(40), as: UTF8.self)) is no integer of at most "
                    + "\(maximumDigits) digits")
        }
        var bytes: [UInt8] = []
        for digit in digits {
            var carry = UInt32(digit - 0x30)
            for index in bytes.indices {
                let value = UInt32(bytes[index]) * 10 + carry
                bytes[index] = UInt8(truncatingIfNeeded: value)
                carry = value >> 8
            }
            if carry > 0 { bytes.append(UInt8(truncatingIfNeeded: carry)) }
        }
        bytes.append(0)
        guard isNegative else { return bytes }
        var carry: UInt16 = 1
        for index in bytes.indices {
            let value = UInt16(~bytes[index]) + carry
            bytes[index] = UInt8(truncatingIfNeeded: value)
            carry = value >> 8
        }
        return bytes
    }

    /// Python's `repr` of a byte string, without quotes and escapes.
    static func unquoted(_ line: [UInt8]) throws -> [UInt8] {
        guard line.count >= 2, let quote = line.first, quote == line.last, quote == 0x27 || quote == 0x22 else {
            throw FormatError(.pickleValue, "a string without quotes around it")
        }
        var result: [UInt8] = []
        var index = 1
        let end = line.count - 1
        while index < end {
            let byte = line[index]
            index += 1
            guard byte == 0x5C else {
                result.append(byte)
                continue
            }
            guard index < end else { throw FormatError(.pickleValue, "a string ends within an escape") }
            let escape = line[index]
            index += 1
            switch escape {
            case 0x6E: result.append(0x0A)
            case 0x74: result.append(0x09)
            case 0x72: result.append(0x0D)
            case 0x61: result.append(0x07)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x76: result.append(0x0B)
            case 0x5C, 0x27, 0x22: result.append(escape)
            case 0x78:
                guard index + 2 <= end,
                    let value = UInt8(String(decoding: line[index..<(index + 2)], as: UTF8.self), radix: 16)
                else { throw FormatError(.pickleValue, "a damaged \\x escape") }
                result.append(value)
                index += 2
            case 0x30...0x37:
                var value = Int(escape - 0x30)
                var digits = 1
                while digits < 3, index < end, (0x30...0x37).contains(line[index]) {
                    value = value * 8 + Int(line[index] - 0x30)
                    index += 1
                    digits += 1
                }
                result.append(UInt8(truncatingIfNeeded: value))
            default: result += [0x5C, escape]
            }
        }
        return result
    }

    /// Python's raw-unicode-escape.
    static func unescaped(_ line: [UInt8]) throws -> String {
        var units: [UInt16] = []
        func append(_ scalar: Unicode.Scalar) { units += UTF16.encode(scalar).map(Array.init) ?? [] }
        var index = 0
        while index < line.count {
            let width: Int? =
                line[index] == 0x5C
                ? (line[checked: index + 1] == 0x75 ? 4 : line[checked: index + 1] == 0x55 ? 8 : nil) : nil
            guard let width else {
                units.append(UInt16(line[index]))
                index += 1
                continue
            }
            let end = index + 2 + width
            guard end <= line.count,
                let value = UInt32(String(decoding: line[(index + 2)..<end], as: UTF8.self), radix: 16)
            else { throw FormatError(.pickleValue, "a damaged \\u escape") }
            if value <= 0xFFFF {
                units.append(UInt16(value))
            } else if let scalar = Unicode.Scalar(value) {
                append(scalar)
            } else {
                throw FormatError(.pickleValue, "an escape that is no Unicode scalar")
            }
            index = end
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw FormatError(.pickleValue, "a string holds half of a surrogate pair")
        }
        return text
    }
}
