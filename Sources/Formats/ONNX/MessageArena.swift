import CProtobufC
import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Memory for protobuf-c's structs while a message is packed, freed all at once.
final class MessageArena {
    private static let blockSize = 256 << 10
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0

    deinit { for block in blocks { block.deallocate() } }

    /// Zeroed bytes, aligned for any struct.
    private func take(_ count: Int) throws -> UnsafeMutableRawPointer {
        guard let size = count.adding(checked: 15).map({ $0 & ~15 }) else {
            throw FormatError(.limitMemory, "a message needs \(count) bytes")
        }
        if blocks.last.map({ $0.count - used < size }) ?? true {
            blocks.append(try allocate(max(size, Self.blockSize)))
            used = 0
        }
        guard let base = blocks.last?.baseAddress else {
            throw FormatError(.limitMemory, "the system has no memory left")
        }
        defer { used += size }
        return base + used
    }

    /// A message with its defaults.
    func message<Message>(_ initialize: (UnsafeMutablePointer<Message>) -> Void) throws -> UnsafeMutablePointer<Message>
    {
        let pointer = try take(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
        initialize(pointer)
        return pointer
    }

    /// A copy of an array.
    func array<Element: BitwiseCopyable>(_ elements: [Element]) throws -> (Int, UnsafeMutablePointer<Element>?) {
        guard !elements.isEmpty, let size = elements.count.multiplied(checked: MemoryLayout<Element>.stride) else {
            return (0, nil)
        }
        let pointer = try take(size).bindMemory(to: Element.self, capacity: elements.count)
        elements.withUnsafeBufferPointer {
            if let base = $0.baseAddress { pointer.update(from: base, count: $0.count) }
        }
        return (elements.count, pointer)
    }

    /// A list of messages.
    func list<Item, Message>(
        _ items: some Sequence<Item>, _ make: (Item) throws -> UnsafeMutablePointer<Message>
    ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) {
        let pointers: [UnsafeMutablePointer<Message>?] = try items.map(make)
        guard !pointers.isEmpty else { return (0, nil) }
        let target = try take(pointers.count * MemoryLayout<UnsafeMutablePointer<Message>?>.stride)
            .bindMemory(to: UnsafeMutablePointer<Message>?.self, capacity: pointers.count)
        for (index, pointer) in pointers.enumerated() { target[index] = pointer }
        return (pointers.count, target)
    }

    func bytes(_ bytes: some Collection<UInt8>) throws -> ProtobufCBinaryData {
        let count = bytes.count
        guard count > 0 else { return ProtobufCBinaryData(len: 0, data: nil) }
        let pointer = try take(count).bindMemory(to: UInt8.self, capacity: count)
        for (index, byte) in bytes.enumerated() { pointer[index] = byte }
        return ProtobufCBinaryData(len: count, data: pointer)
    }

    func text(_ text: String) throws -> ProtobufCBinaryData { try bytes(text.utf8) }

    func texts(_ texts: [String]) throws -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
        try blobs(texts.map { Array($0.utf8) })
    }

    func blobs(_ blobs: [[UInt8]]) throws -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?) {
        guard !blobs.isEmpty else { return (0, nil) }
        let target = try take(blobs.count * MemoryLayout<ProtobufCBinaryData>.stride)
            .bindMemory(to: ProtobufCBinaryData.self, capacity: blobs.count)
        for (index, blob) in blobs.enumerated() { target[index] = try bytes(blob) }
        return (blobs.count, target)
    }

    /// Hands unknown fields to a message.
    func set(_ unknown: UnknownFields, on base: inout ProtobufCMessage) throws {
        guard !unknown.fields.isEmpty else { return }
        let target = try take(unknown.fields.count * MemoryLayout<ProtobufCMessageUnknownField>.stride)
            .bindMemory(to: ProtobufCMessageUnknownField.self, capacity: unknown.fields.count)
        for (index, field) in unknown.fields.enumerated() {
            let data = try bytes(field.payload)
            target[index] = ProtobufCMessageUnknownField(
                tag: field.tag, wire_type: ProtobufCWireType(UInt32(field.wireType)), len: data.len, data: data.data)
        }
        base.n_unknown_fields = UInt32(clamping: unknown.fields.count)
        base.unknown_fields = target
    }
}

/// A range of addresses that nothing lies at: while a message is packed, the address `base + i` stands for payload `i`,
/// and protobuf-c hands it on without looking there.
final class PayloadAddresses {
    let base: UnsafeMutablePointer<UInt8>
    let count: Int

    init(count: Int) throws {
        let pointer = mmap(nil, count, PROT_NONE, MAP_PRIVATE | mapAnonymous, -1, 0)
        guard let pointer, pointer != MAP_FAILED else {
            throw FormatError(.limitMemory, "the system has no addresses left")
        }
        base = pointer.assumingMemoryBound(to: UInt8.self)
        self.count = count
    }

    deinit { munmap(base, count) }
}

#if canImport(Darwin)
    private let mapAnonymous = MAP_ANON
#else
    private let mapAnonymous = MAP_ANONYMOUS
#endif

/// Packs messages straight into a file. Payloads are copied from where they lie (another file, most often) at the
/// moment when protobuf-c asks for them, and never pass through memory of ours as a whole.
final class PackedOutput {
    private static let bufferSize = 256 << 10
    private let output: OutputFile
    private let addresses: PayloadAddresses
    private let payloads: [Bytes]
    private var pending: [UInt8] = []
    private var failure: (any Error)?

    init(_ output: OutputFile, addresses: PayloadAddresses, payloads: [Bytes]) {
        self.output = output
        self.addresses = addresses
        self.payloads = payloads
    }

    /// What protobuf-c sees: its own struct first, then the way back to this object.
    private struct Sink {
        var buffer: ProtobufCBuffer
        var owner: Unmanaged<PackedOutput>
    }

    /// Writes the encoding of a message.
    func pack(_ message: UnsafePointer<ProtobufCMessage>) throws {
        var sink = Sink(
            buffer: ProtobufCBuffer(append: { buffer, length, data in
                guard let buffer, let data else { return }
                UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Sink.self).pointee.owner
                    .takeUnretainedValue().take(data, length)
            }), owner: .passUnretained(self))
        withUnsafeMutablePointer(to: &sink) { pointer in
            _ = UnsafeMutableRawPointer(pointer).withMemoryRebound(to: ProtobufCBuffer.self, capacity: 1) {
                protobuf_c_message_pack_to_buffer(message, $0)
            }
        }
        if let failure { throw failure }
        try flush()
    }

    private func take(_ data: UnsafePointer<UInt8>, _ length: Int) {
        guard failure == nil else { return }
        do {
            let index = UnsafeRawPointer(data) - UnsafeRawPointer(addresses.base)
            if index >= 0, let payload = payloads[checked: index] {
                try flush()
                try output.append(payload)
                return
            }
            pending.append(contentsOf: UnsafeBufferPointer(start: data, count: length))
            if pending.count >= Self.bufferSize { try flush() }
        } catch {
            failure = error
        }
    }

    private func flush() throws {
        guard !pending.isEmpty else { return }
        try output.write(pending)
        pending.removeAll(keepingCapacity: true)
    }
}
