import Formats
import Foundation
import GraphIR
import Testing

/// The package's `fixtures/`.
let fixturesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("fixtures").path

/// A folder that is gone after the test.
final class WorkFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "formats-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file into the folder and returns its path.
    @discardableResult
    func put(_ bytes: [UInt8], as name: String) throws -> String {
        let target = self(name)
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: target))
        return target
    }

    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

func contents(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The code with which `body` fails, `nil` where it doesn't.
func failure(_ body: () throws -> Void) -> FormatError.Code? {
    do {
        try body()
        return nil
    } catch let error as FormatError {
        return error.code
    } catch {
        Issue.record("failed with \(error)")
        return nil
    }
}

func openCheckpoint(_ path: String, _ options: ReadOptions = ReadOptions()) throws -> Checkpoint {
    guard case .checkpoint(let checkpoint) = try WeightFile.open(path, options: options) else {
        throw FormatError(.formatMismatch, "expected a checkpoint", file: path)
    }
    return checkpoint
}

/// Writes a file through an ``OutputFile``.
func write(to path: String, _ body: (OutputFile) throws -> Void) throws {
    let output = try OutputFile(path: path)
    try body(output)
    try output.commit()
}

/// A safetensors file of this header and so many bytes of data.
func safetensorsBytes(_ header: String, data: Int) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + Array(header.utf8)
        + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

extension StateDict {
    /// Names, types, shapes and bits.
    func isIdentical(to other: StateDict) throws -> Bool {
        guard Set(names) == Set(other.names) else { return false }
        for (name, tensor) in tensors {
            guard let twin = other[name.string], twin.elementType == tensor.elementType, twin.shape == tensor.shape,
                try twin.bytes().array() == tensor.bytes().array()
            else { return false }
        }
        return true
    }
}
