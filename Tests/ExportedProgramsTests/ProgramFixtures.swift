import ExportedPrograms
import Formats
import Foundation
import GraphIR
import Testing

/// `fixtures/exported_programs`: what PyTorch 2.1 to 2.15 wrote.
enum ProgramFixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/exported_programs").path

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    static func program(_ name: String) throws -> ExportedProgram {
        try ExportedProgram(pt2: FileSource(path: path(name)))
    }

    static func archive(_ name: String) throws -> ExportedArchive {
        try ExportedArchive(FileSource(path: path(name)), options: ReadOptions())
    }

    static func script(_ name: String, inputShapes: [[Int]] = []) throws -> ExportedProgram {
        let file = try FileSource(path: path(name))
        let torch = try readTorch(file, format: try FileFormat.detect(file), options: ReadOptions())
        return try ExportedProgram(torchScript: torch, inputShapes: inputShapes)
    }
}

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

/// A folder that is gone after the test.
final class ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("programs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func put(_ bytes: some Sequence<UInt8>, as name: String) throws -> FileSource {
        let path = url.appendingPathComponent(name).path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try FileSource(path: path)
    }

    /// An archive with other contents in place of some records'.
    func archive(_ original: String, replacing records: [String: [UInt8]?]) throws -> FileSource {
        let zip = try ZipArchive(FileSource(path: original))
        let path = url.appendingPathComponent("changed").path
        let output = try OutputFile(path: path)
        var writer = ZipWriter(output)
        for entry in zip.entries {
            let key = records.keys.first { entry.name.hasSuffix($0) }
            switch key.map({ records[$0] ?? nil }) {
            case .some(.some(let bytes)): try writer.add(name: entry.name, bytes: Bytes(bytes))
            case .some(.none): break
            case .none: try writer.add(name: entry.name, bytes: try zip.bytes(of: entry))
            }
        }
        try writer.finish()
        try output.flush()
        try output.commit()
        return try FileSource(path: path)
    }
}

extension ATenArgument {
    /// The one value that it names.
    var value: String? { if case .tensor(let name) = self { name } else { nil } }
}
