import Formats
import Foundation
import GraphIR

/// Where the project's fixtures lie.
let onnxFixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("fixtures")

/// A folder that is removed when this goes away.
final class ScratchFolder {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> FileSource {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return try FileSource(path: path(name))
    }
}

/// The code of the fault that `body` throws, `nil` where it throws none.
func faultCode(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return (error as? any Fault)?.codeName ?? "no fault of ours: \(error)" }
}
