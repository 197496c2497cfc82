import COnnx
import CProtobufC
import GraphIR

/// Turns unpacked messages of ONNX into ours. One for each file: it knows where the tensors' data lies.
///
/// Messages are nested at most ``WireLimit/depth`` deep, which bounds the recursion of everything here.
struct MessageReader {
    let file: FileSource
    let payloads: [TensorPayload]
    var externalFiles: ExternalFiles
    /// Bytes that decoded tensors take beyond what their encoding takes in the file.
    var decodedExcess = 0
    /// What is wrong with parts of the model, where that is collected rather than thrown.
    var damage: ModelDamage?

    /// Zeros of `int64_data` take an eighth of their size in the file, and are decoded in memory. Shapes and indices are
    /// what is kept that way; weights that large are kept raw.
    static let maximumExcess = 1 << 26

    init(_ file: FileSource, payloads: [TensorPayload]) {
        self.file = file
        self.payloads = payloads
        externalFiles = ExternalFiles(beside: file)
    }

    /// Walks, unpacks and maps a whole file as one message.
    static func read<Message, Result>(
        _ file: FileSource, as initialize: (UnsafeMutablePointer<Message>) -> Void,
        _ body: (inout MessageReader, Message) throws -> Result
    ) throws -> Result {
        let template = UnsafeMutablePointer<Message>.allocate(capacity: 1)
        defer { template.deallocate() }
        initialize(template)
        let descriptor = UnsafeMutableRawPointer(template).assumingMemoryBound(to: ProtobufCMessage.self)
            .pointee.descriptor
        guard let descriptor else { throw FormatError(.ioFailed, "the message type has no description") }
        let skeleton = try WireWalk.skeleton(of: file, as: descriptor)
        let unpacked = skeleton.bytes.withUnsafeBufferPointer {
            protobuf_c_message_unpack(descriptor, nil, $0.count, $0.baseAddress ?? UnsafePointer(emptyByte))
        }
        guard let unpacked else {
            throw FormatError(.protoMalformed, "protobuf-c can't unpack the message", file: file.path)
        }
        defer { protobuf_c_message_free_unpacked(unpacked, nil) }
        var reader = MessageReader(file, payloads: skeleton.payloads)
        return try locating(file: file.path) {
            try UnsafeMutableRawPointer(unpacked).withMemoryRebound(to: Message.self, capacity: 1) {
                try body(&reader, $0.pointee)
            }
        }
    }

    /// Reads a part of a model. Where damage is collected, what it throws is noted together with the values that are
    /// lost by it, and `nil` returned.
    mutating func tolerating<T>(
        losing names: [ProtobufCBinaryData], _ read: (inout MessageReader) throws -> T
    ) throws -> T? {
        guard let found = damage, found.faults.count < ModelDamage.limit else { return try read(&self) }
        do {
            return try read(&self)
        } catch let fault as any Fault {
            damage?.faults.append(fault)
            for data in names {
                if let lost = try? name(data) { damage?.names.insert(ExactName(lost)) }
            }
            return nil
        }
    }

    // MARK: Pieces

    /// Text that must be UTF-8.
    func text(_ data: ProtobufCBinaryData) throws -> String {
        let bytes = UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatError(.protoMalformed, "a text is not UTF-8: \(Array(bytes.prefix(40)))")
        }
        return text
    }

    /// A name: text without NUL, at which C programs would cut it, so that two names could become one.
    func name(_ data: ProtobufCBinaryData) throws -> String {
        let result = try text(data)
        guard !result.utf8.contains(0) else {
            throw FormatError(.nameReserved, "the name '\(result)' holds a NUL, at which other readers cut it")
        }
        return result
    }

    func optionalText(_ has: protobuf_c_boolean, _ data: ProtobufCBinaryData) throws -> String? {
        has != 0 ? try text(data) : nil
    }

    /// A name that we hold as empty where the field isn't set; `unknown` notes one that is set to the empty string.
    func plainName(
        _ has: protobuf_c_boolean, _ data: ProtobufCBinaryData, _ tag: UInt32, _ unknown: inout UnknownFields
    ) throws -> String {
        guard has != 0 else { return "" }
        if data.len == 0 { unknown.unusualPresence.append(tag) }
        return try name(data)
    }

    func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len))
    }

    func array<T>(_ count: Int, _ pointer: UnsafeMutablePointer<T>?) -> [T] {
        Array(UnsafeBufferPointer(start: UnsafePointer(pointer), count: pointer == nil ? 0 : count))
    }

    func messages<T>(_ count: Int, _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?) -> [T] {
        array(count, pointer).compactMap { $0?.pointee }
    }

    func names(_ count: Int, _ pointer: UnsafeMutablePointer<ProtobufCBinaryData>?) throws -> [String] {
        try array(count, pointer).map(name)
    }

    func metadata(
        _ count: Int, _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
    ) throws -> [MetadataEntry] {
        try messages(count, pointer).map { MetadataEntry(try text($0.key), try text($0.value)) }
    }

    func unknown(_ base: ProtobufCMessage) -> UnknownFields {
        var result = UnknownFields()
        result.fields = array(Int(base.n_unknown_fields), base.unknown_fields).map {
            UnknownFields.Field(
                tag: $0.tag, wireType: UInt8(truncatingIfNeeded: $0.wire_type.rawValue),
                payload: Array(UnsafeBufferPointer(start: UnsafePointer($0.data), count: $0.len)))
        }
        return result
    }
}

/// A byte to point at where a message has none.
private nonisolated(unsafe) let emptyByte: UnsafeMutablePointer<UInt8> = {
    // Never written after this, never freed.
    let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    pointer.initialize(to: 0)
    return pointer
}()
