import COnnx
import CProtobufC
import GraphIR

/// How a model is written.
public struct ModelWriteOptions: Sendable {
    /// Initializers of at least so many bytes go to the external file. `nil`: none, unless they came from one or the
    /// model would be larger than protobuf can express.
    public var externalDataThreshold: Int?
    /// The name of the external file, which lies beside the model; the model's name with `.data` where it is `nil`.
    public var externalDataName: String?
    /// External tensors start at multiples of so many bytes: whole pages, so that they can be mapped.
    public var alignment = 4096
    /// Called when everything is on the disk and before it appears. What it throws leaves the target as it was.
    public var beforeCommit: (@Sendable () throws -> Void)?
    public init() {}
}

/// What was written.
public struct WrittenModel: Sendable {
    /// Bytes of the model file.
    public var bytes: Int
    /// The name of the external data file beside it, where there is one, and its bytes.
    public var externalData: (name: String, bytes: Int)?
}

/// Writes an ONNX model, and its external data beside it. The same model gives the same bytes.
///
/// The external file is complete before the model that names it appears.
/// - Throws: `limit.memory` where the model is too large without external data, `usage` for options that make no sense,
///   `io.failed`, and what reading the weights throws.
@discardableResult
public func writeModel(
    _ model: Model, to path: String, options: ModelWriteOptions = ModelWriteOptions()
) throws -> WrittenModel {
    var threshold = options.externalDataThreshold
    if threshold == nil, embeddedSize(of: model) >= WireLimit.messageSize - skeletonAllowance {
        threshold = forcedThreshold
    }
    let dataName = try options.dataName(beside: path)
    var writer = try MessageWriter(
        external: ExternalPlan(threshold: threshold, location: dataName, alignment: options.alignment))
    let message = try writer.model(model)
    let data = try writeExternalData(writer.external, beside: path)
    let output = try OutputFile(path: path)
    try writer.pack(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), to: output)
    try data?.flush()
    try output.flush()
    try options.beforeCommit?()
    try data?.commit()
    try output.commit()
    return WrittenModel(bytes: output.position, externalData: data.map { (dataName, $0.position) })
}

extension ModelWriteOptions {
    /// The name of the external data file of a model.
    /// - Throws: `usage` where it can't be one.
    func dataName(beside path: String) throws -> String {
        let fileName = path.split(separator: "/").last.map(String.init) ?? path
        let dataName = externalDataName ?? fileName + ".data"
        guard !dataName.isEmpty, !dataName.utf8.contains(UInt8(ascii: "/")), dataName != "..", dataName != ".",
            !dataName.utf8.contains(0), dataName != fileName
        else {
            throw FormatError(.usage, "'\(dataName)' can't be the name of the external data file beside '\(fileName)'")
        }
        guard alignment >= 1 else { throw FormatError(.usage, "the alignment is \(alignment)") }
        return dataName
    }
}

/// The external data of a model that will be at `path`, not committed yet; `nil` where there is none.
func writeExternalData(_ plan: ExternalPlan, beside path: String) throws -> OutputFile? {
    if plan.tensors.isEmpty { return nil }
    let file = try OutputFile(path: parentFolder(of: path) + "/" + plan.location)
    for tensor in plan.tensors {
        try file.pad(to: plan.alignment, with: 0)
        try file.append(tensor)
    }
    return file
}

/// Writes one tensor to a file of its own (`TensorProto`), as in ONNX's test data.
public func writeTensorProto(_ record: TensorRecord, to output: OutputFile) throws {
    var writer = try MessageWriter(external: ExternalPlan(threshold: .max, location: "", alignment: 1))
    let message = try writer.tensor(record, mayBeExternal: false)
    try writer.pack(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), to: output)
}

/// Bytes that are left for everything but the weights when it is decided whether a model fits into one message.
private let skeletonAllowance = 64 << 20
/// Initializers below this stay in the model also where the rest must leave it: shapes and axes that readers look at.
private let forcedThreshold = 1024

/// The bytes of all initializers.
private func embeddedSize(of model: Model) -> Int {
    model.graph.initializers.values.reduce(0) { sum, record in
        guard record.encoding != .external, case .bytes(let bytes) = record.tensor.contents else { return sum }
        return sum.adding(checked: bytes.count) ?? .max
    }
}

/// Which tensors go to the external file, and where in it.
struct ExternalPlan {
    let threshold: Int?
    let location: String
    let alignment: Int
    private(set) var tensors: [Bytes] = []
    private var end = 0

    init(threshold: Int?, location: String, alignment: Int) {
        self.threshold = threshold
        self.location = location
        self.alignment = alignment
    }

    func wants(_ record: TensorRecord, _ bytes: Bytes, isInitializer: Bool) -> Bool {
        guard let threshold else { return record.encoding == .external }
        return isInitializer && bytes.count >= threshold && bytes.count > 0
    }

    /// Gives a tensor its place.
    mutating func place(_ bytes: Bytes) throws -> [MetadataEntry] {
        guard let rounded = end.adding(checked: alignment - 1),
            let next = (rounded / alignment * alignment)
                .adding(checked: bytes.count)
        else { throw FormatError(.limitMemory, "the external data is too large") }
        let offset = rounded / alignment * alignment
        tensors.append(bytes)
        end = next
        return [
            MetadataEntry("location", location), MetadataEntry("offset", "\(offset)"),
            MetadataEntry("length", "\(bytes.count)"),
        ]
    }
}

/// Builds protobuf-c's structs of a model. Nested as deep as the graphs are, which
/// ``Graph/checkInvariants(outerScope:)`` bounds.
struct MessageWriter {
    let arena = MessageArena()
    var external: ExternalPlan
    /// What is streamed; a field's data points at `addresses[i]` of the reserved block for payload `i`.
    private var payloads: [Bytes] = []
    private let addresses: PayloadAddresses
    /// How many payloads one message may hold: addresses are reserved, and nothing is written there.
    private static let maximumPayloads = 4 << 20

    init(external: ExternalPlan) throws {
        self.external = external
        addresses = try PayloadAddresses(count: Self.maximumPayloads)
    }

    /// A field whose bytes are streamed when the message is packed.
    mutating func payload(_ bytes: Bytes) throws -> ProtobufCBinaryData {
        guard bytes.count > 0 else { return ProtobufCBinaryData(len: 0, data: nil) }
        guard payloads.count < Self.maximumPayloads else {
            throw FormatError(.limitCount, "the model has more than \(Self.maximumPayloads) tensors")
        }
        payloads.append(bytes)
        return ProtobufCBinaryData(len: bytes.count, data: addresses.base + (payloads.count - 1))
    }

    /// Encodes a message into a file.
    /// - Throws: `limit.memory` where it would be larger than protobuf can express.
    func pack(_ message: UnsafePointer<ProtobufCMessage>, to output: OutputFile) throws {
        let size = protobuf_c_message_get_packed_size(message)
        guard size <= WireLimit.messageSize else {
            throw FormatError(
                .limitMemory, "the model would be \(size) bytes long, protobuf ends at \(WireLimit.messageSize)",
                file: output.path, hint: "write the weights to an external file")
        }
        try PackedOutput(output, addresses: addresses, payloads: payloads).pack(message)
    }
}
