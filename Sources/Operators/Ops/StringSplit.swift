import GraphIR

extension Operator {
    /// The parts of each string between delimiters (between runs of white space where none is given), filled up with
    /// empty strings, and how many there are.
    /// https://onnx.ai/onnx/operators/onnx__StringSplit.html, version 20.
    static let stringSplit = Operator(
        "StringSplit", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: node.shape(0).map { $0 + [.unknown] }, type: .string)
            node.set(1, shape: node.shape(0), type: .int64)
        }
    ) { binding in
        let delimiter = try binding.bytes("delimiter") ?? []
        // As in Python, a negative number is no limit.
        let most = try binding.int("maxsplit").flatMap { $0 < 0 ? nil : Int($0) } ?? Int.max
        return { call in
            let x = try call.input(0)
            var parts: [[ArraySlice<UInt8>]] = []
            var count = 0
            for string in try x.strings("X") {
                let found = delimiter.isEmpty ? wordSplit(string, most) : delimiterSplit(string, delimiter, most)
                count += found.count
                try call.check(.string, [count, 2])
                parts.append(found)
            }
            let width = parts.reduce(0) { Swift.max($0, $1.count) }
            try call.check(.string, x.shape + [width])
            let strings = parts.flatMap { row in
                row.map { Array($0) } + [[UInt8]](repeating: [], count: width - row.count)
            }
            return [
                try Tensor(strings: strings, shape: x.shape + [width]),
                try Tensor(parts.map { Int64($0.count) }, shape: x.shape),
            ]
        }
    }
}

/// The parts between the first delimiters, not more than `most` of them.
private func delimiterSplit(_ text: [UInt8], _ delimiter: [UInt8], _ most: Int) -> [ArraySlice<UInt8>] {
    // Knuth, Morris and Pratt: how long a start of the delimiter ends at each of its places.
    var borders = [0]
    for place in delimiter.indices.dropFirst() {
        var length = borders[place - 1]
        while length > 0 && delimiter[length] != delimiter[place] { length = borders[length - 1] }
        borders.append(delimiter[length] == delimiter[place] ? length + 1 : 0)
    }
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    var length = 0
    for (place, byte) in text.enumerated() where parts.count < most {
        while length > 0 && delimiter[length] != byte { length = borders[length - 1] }
        if delimiter[length] == byte { length += 1 }
        if length == delimiter.count {
            parts.append(text[start..<(place + 1 - length)])
            start = place + 1
            length = 0
        }
    }
    return parts + [text[start...]]
}

/// The words between runs of white space. What is left after the last split keeps the white space at its end.
private func wordSplit(_ text: [UInt8], _ most: Int) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var at = 0
    while true {
        while at < text.count, let width = spaceWidth(text, at) { at += width }
        if at == text.count { return parts }
        let start = at
        if parts.count == most { return parts + [text[start...]] }
        while at < text.count, spaceWidth(text, at) == nil { at += 1 }
        parts.append(text[start..<at])
    }
}

/// The bytes of a white space character at a place of UTF-8 text; `nil` where there is none.
private func spaceWidth(_ text: [UInt8], _ at: Int) -> Int? {
    let byte = text[at]
    if byte < 0x80 { return byte == 0x20 || (9...13).contains(byte) || (28...31).contains(byte) ? 1 : nil }
    let width = byte >= 0xE0 ? 3 : 2
    guard byte == 0xC2 || (0xE1...0xE3).contains(byte), at + width <= text.count else { return nil }
    let code =
        width == 2
        ? UInt32(byte & 0x1F) << 6 | UInt32(text[at + 1] & 0x3F)
        : UInt32(byte & 0x0F) << 12 | UInt32(text[at + 1] & 0x3F) << 6 | UInt32(text[at + 2] & 0x3F)
    return Unicode.Scalar(code)?.properties.isWhitespace == true ? width : nil
}
