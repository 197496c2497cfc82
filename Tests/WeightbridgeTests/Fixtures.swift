import Foundation
import Testing
import Weightbridge

/// The package's own folder.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The trained ConvMixer on digits: 15,994 parameters, in seventeen containers.
enum Digits {
    static let folder = packageRoot.appendingPathComponent("fixtures/convmixer_digits").path
    static func weights(_ name: String) -> String { "\(folder)/weights/\(name)" }
    static let golden = "\(folder)/golden.npz"
    static let blocks = "\(folder)/blocks.npz"
    /// The plain state dict as an archive of arrays.
    static let reference = "\(folder)/state_dict.npz"

    static func stateDict(_ name: String = "state_dict.pth") throws -> StateDict {
        guard case .checkpoint(let checkpoint) = try WeightFile.open(weights(name)) else {
            throw FormatError(.formatMismatch, "expected a checkpoint", file: name)
        }
        return checkpoint.stateDict
    }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("weightbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// Bytes of a file.
func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
