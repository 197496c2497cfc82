import COnnx
import CProtobufC
import GraphIR

/// The data fields of one `TensorProto`, as places in the file.
struct TensorPayload {
    /// A run of encoded bytes of the file.
    struct Region {
        var offset: Int
        var count: Int
    }
    var raw: Region?
    /// `float_data` and its like by field number, in the order of the file; packed or not, that makes no difference.
    var typed: [UInt32: [Region]] = [:]
    /// Where the message starts in the file, for error messages.
    var offset: Int
}

/// A protobuf message without the data of its tensors.
///
/// Every `TensorProto` that has data fields holds in their place a `raw_data` of eight bytes: its index in `payloads`.
struct WireSkeleton {
    var bytes: [UInt8]
    var payloads: [TensorPayload]
}

/// Limits of one message, each with its reason.
enum WireLimit {
    /// Messages within messages. Protobuf's own readers stop at 100; protobuf-c recurses on the stack without any
    /// limit.
    static let depth = 100
    /// Bytes of one message: what protobuf can express (its sizes are 32-bit and signed).
    static let messageSize = Int(Int32.max)
    /// Estimated bytes of memory that the skeleton takes once it is unpacked. A graph of a hundred thousand nodes takes
    /// half of it; two-byte empty messages and unknown fields could ask for hundreds of times their size.
    static let memory = 224 << 20
    /// Estimated memory of one message, one unknown field, one text and one other field: structs of protobuf-c and of
    /// ours, as measured.
    static let messageCost = 700, unknownCost = 128, textCost = 96, fieldCost = 16
    /// Bytes that are copied from messages into those around them: a skeleton of some megabytes, ten levels deep, takes
    /// a tenth of it.
    static let copies = 1 << 30
}

/// Reads the wire format once, with an explicit stack, before protobuf-c sees any of it: checks wire types, lengths,
/// depth and the memory that it would take, and leaves the tensors' data in the file.
///
/// Source: https://protobuf.dev/programming-guides/encoding
struct WireWalk {
    private struct Frame {
        let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
        let tag: UInt32
        let start: Int
        let end: Int
        var output: [UInt8] = []
        var payload: TensorPayload?
    }

    private var window: FileWindow
    private let path: String
    private let tensorDescriptor: UnsafePointer<ProtobufCMessageDescriptor>
    private var stack: [Frame] = []
    private var payloads: [TensorPayload] = []
    private var cost = 0
    private var copied = 0

    /// Walks a whole file as one message.
    /// - Throws: `proto.malformed`, `limit.depth`, `limit.memory`, and what reading the file throws.
    static func skeleton(
        of file: FileSource, as root: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws -> WireSkeleton {
        guard file.count <= WireLimit.messageSize else {
            throw FormatError(
                .limitMemory, "the message is \(file.count) bytes long, protobuf ends at \(WireLimit.messageSize)",
                file: file.path, hint: "keep the weights in an external data file")
        }
        var walk = WireWalk(file)
        return try walk.run(root)
    }

    private init(_ file: FileSource) {
        window = FileWindow(file)
        path = file.path
        var tensor = Onnx__TensorProto()
        onnx__tensor_proto__init(&tensor)
        tensorDescriptor = tensor.base.descriptor
    }

    private func malformed(_ problem: String, at offset: Int) -> FormatError {
        FormatError(.protoMalformed, problem, file: path, offset: offset, hint: "the file is damaged or no ONNX file")
    }

    private mutating func run(_ root: UnsafePointer<ProtobufCMessageDescriptor>) throws -> WireSkeleton {
        try open(root, tag: 0, start: 0, end: window.count)
        while let top = stack.last {
            if window.position < top.end {
                try field(of: top.descriptor, end: top.end)
                continue
            }
            if let done = try close() { return WireSkeleton(bytes: done, payloads: payloads) }
        }
        return WireSkeleton(bytes: [], payloads: payloads)
    }

    private mutating func open(
        _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, tag: UInt32, start: Int, end: Int
    ) throws {
        guard stack.count < WireLimit.depth else {
            throw FormatError(
                .limitDepth, "messages are nested more than \(WireLimit.depth) deep", file: path, offset: start)
        }
        try spend(WireLimit.messageCost, at: start)
        var frame = Frame(descriptor: descriptor, tag: tag, start: start, end: end)
        if descriptor == tensorDescriptor { frame.payload = TensorPayload(offset: start) }
        stack.append(frame)
    }

    /// Ends the innermost message and hands it to the one around it, or returns it where there is none.
    private mutating func close() throws -> [UInt8]? {
        guard var done = stack.popLast() else { return [] }
        if let payload = done.payload, payload.raw != nil || !payload.typed.isEmpty {
            done.output.append(varint: UInt64(9 << 3 | 2))
            done.output.append(8)
            withUnsafeBytes(of: UInt64(payloads.count).littleEndian) { done.output.append(contentsOf: $0) }
            payloads.append(payload)
        }
        guard !stack.isEmpty else { return done.output }
        let parent = stack.count - 1
        guard let sum = copied.adding(checked: done.output.count), sum <= WireLimit.copies else {
            throw FormatError(
                .limitMemory, "large messages lie too deep within others", file: path, offset: done.start)
        }
        copied = sum
        stack[parent].output.append(varint: UInt64(done.tag) << 3 | 2)
        stack[parent].output.append(varint: UInt64(done.output.count))
        stack[parent].output.append(contentsOf: done.output)
        return nil
    }

    private mutating func spend(_ amount: Int, at offset: Int) throws {
        guard let sum = cost.adding(checked: amount), sum <= WireLimit.memory else {
            throw FormatError(
                .limitMemory,
                "the file's messages would take more than \(WireLimit.memory) bytes of memory beside the weights",
                file: path, offset: offset)
        }
        cost = sum
    }

    /// What the intermediate representation has a place for unknown fields in. In any other message, a type's shape or a
    /// metadata entry, one is refused, since it would be lost on writing.
    private static let messagesThatKeepUnknownFields: Set<String> = [
        "ModelProto", "OperatorSetIdProto", "GraphProto", "FunctionProto", "NodeProto", "AttributeProto",
        "ValueInfoProto", "TensorProto", "SparseTensorProto", "TypeProto", "TensorAnnotation", "TrainingInfoProto",
        "DeviceConfigurationProto", "NodeDeviceConfigurationProto", "ShardingSpecProto", "ShardedDimProto",
        "SimpleShardedDimProto", "IntIntListEntryProto",
    ]

    private mutating func field(of descriptor: UnsafePointer<ProtobufCMessageDescriptor>, end: Int) throws {
        let start = window.position
        let key = try varint(end: end)
        guard key <= UInt64(UInt32.max), window.position - start <= 5 else {
            throw malformed("a field's tag is longer than 32 bits", at: start)
        }
        let tag = UInt32(key >> 3)
        guard tag > 0 else { throw malformed("a field has the number 0", at: start) }
        let wireType = UInt8(key & 7)
        let valueStart = window.position
        var bodyStart = valueStart
        let valueEnd: Int
        switch wireType {
        case 0:
            _ = try varint(end: end)
            valueEnd = window.position
        case 1: valueEnd = valueStart + 8
        case 5: valueEnd = valueStart + 4
        case 2:
            let length = try varint(end: end)
            bodyStart = window.position
            guard length <= UInt64(end - bodyStart) else {
                throw malformed(
                    "field \(tag) is \(length) bytes long, only \(end - bodyStart) are left in its message", at: start)
            }
            valueEnd = bodyStart + Int(length)
        case 3, 4: throw malformed("field \(tag) is a group, which ONNX doesn't use", at: start)
        default: throw malformed("field \(tag) has the wire type \(wireType), which doesn't exist", at: start)
        }
        guard valueEnd <= end else { throw malformed("field \(tag) reaches past the end of its message", at: start) }

        guard let known = protobuf_c_message_descriptor_get_field(descriptor, tag) else {
            let message = String(cString: descriptor.pointee.short_name)
            guard Self.messagesThatKeepUnknownFields.contains(message) else {
                throw FormatError(
                    .containerUnsupported, "field \(tag) of \(message) is none that we know, and would be lost",
                    offset: start,
                    hint: "the model is newer than this reader, or damaged")
            }
            try spend(WireLimit.unknownCost + 2 * (valueEnd - start), at: start)
            return try copy(start, valueEnd)
        }
        let expected = Self.wireType(known.pointee.type)
        let packed = wireType == 2 && known.pointee.label == PROTOBUF_C_LABEL_REPEATED && expected != 2
        guard wireType == expected || packed else {
            throw malformed(
                "field \(tag) of \(String(cString: descriptor.pointee.short_name)) has wire type \(wireType), "
                    + "expected \(expected)", at: start)
        }
        if descriptor == tensorDescriptor, try takeData(tag, from: wireType == 2 ? bodyStart : valueStart, to: valueEnd)
        {
            window.position = valueEnd
            return
        }
        if known.pointee.type == PROTOBUF_C_TYPE_MESSAGE, let child = known.pointee.descriptor {
            return try open(
                child.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), tag: tag, start: bodyStart,
                end: valueEnd)
        }
        // A packed list takes up to sixteen bytes in memory for one byte of the file.
        let fieldCost = expected == 2 ? WireLimit.textCost : WireLimit.fieldCost
        try spend(fieldCost + (packed ? 16 : 2) * (valueEnd - start), at: start)
        try copy(start, valueEnd)
    }

    /// Notes a data field of a tensor. Returns false for its other fields.
    private mutating func takeData(_ tag: UInt32, from start: Int, to end: Int) throws -> Bool {
        let top = stack.count - 1
        let region = TensorPayload.Region(offset: start, count: end - start)
        switch tag {
        case 9:
            guard stack[top].payload?.raw == nil else { throw malformed("a tensor has raw_data twice", at: start) }
            stack[top].payload?.raw = region
        case 4, 5, 7, 10, 11:
            try spend(3 * WireLimit.fieldCost, at: start)
            stack[top].payload?.typed[tag, default: []].append(region)
        default: return false
        }
        return true
    }

    private mutating func copy(_ start: Int, _ end: Int) throws {
        try window.append(start, end, to: &stack[stack.count - 1].output)
        window.position = end
    }

    private mutating func varint(end: Int) throws -> UInt64 {
        let start = window.position
        var value: UInt64 = 0
        for index in 0..<10 {
            guard window.position < end else { throw malformed("a number is cut off", at: start) }
            let byte = try window.next()
            if index == 9 && byte > 1 { break }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        throw malformed("a number is longer than 64 bits", at: start)
    }

    private static func wireType(_ type: ProtobufCType) -> UInt8 {
        switch type {
        case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: 5
        case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: 1
        case PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE: 2
        default: 0
        }
    }
}

extension [UInt8] {
    /// Appends a number in protobuf's base-128 form.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

/// A file read through a window of bounded size.
private struct FileWindow {
    static let size = 256 << 10
    private let file: FileSource
    private var buffer: [UInt8] = []
    private var bufferStart = 0
    var position = 0
    var count: Int { file.count }

    init(_ file: FileSource) { self.file = file }

    mutating func next() throws -> UInt8 {
        let index = position - bufferStart
        if index >= 0 && index < buffer.count {
            position += 1
            return buffer[index]
        }
        try fill()
        position += 1
        return buffer[0]
    }

    /// Moves the window so that it starts at `position`, which lies within the file.
    private mutating func fill() throws {
        let length = min(Self.size, file.count - position)
        guard length > 0 else {
            throw FormatError(.containerTruncated, "the file ends here", file: file.path, offset: position)
        }
        if buffer.count != length { buffer = [UInt8](repeating: 0, count: length) }
        let start = position
        try buffer.withUnsafeMutableBytes { try file.read(at: start, into: $0) }
        bufferStart = start
    }

    /// Appends the bytes from `start` to `end` of the file.
    func append(_ start: Int, _ end: Int, to output: inout [UInt8]) throws {
        let from = start - bufferStart
        if from >= 0 && end - bufferStart <= buffer.count {
            output.append(contentsOf: buffer[from..<(end - bufferStart)])
            return
        }
        output.append(contentsOf: try Bytes(file, at: start, count: end - start).array())
    }
}
