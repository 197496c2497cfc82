import Execution
import Formats
import Foundation
import GraphIR
import Parity
import Testing

@testable import Architectures

/// onnx, onnxruntime and timm judge the models of the goldens, where `WEIGHTBRIDGE_JUDGES` names a Python that has them.
@Suite(.enabled(if: FamilyJudges.python != nil, "WEIGHTBRIDGE_JUDGES names no Python with onnx and onnxruntime"))
struct FamilyJudgesTests {
    @Test(
        "At opset 13, 17 and 20 models pass onnx's checker and give PyTorch's results in onnxruntime",
        arguments: FamilyTests.folders)
    func checksAndRuns(name: String) throws {
        try withFolder { folder in
            let mapped = try FamilyTests.map(name)
            for opset in [13, 17, 20] as [Int64] {
                try writeModel(convertOpset(mapped.model, to: opset), to: "\(folder)/\(name)_\(opset).onnx")
            }
            #expect(try FamilyJudges.verdict("families", folder, FamilyTests.folder) == "ok")
        }
    }

    @Test("All activations do so, too")
    func activations() throws {
        try withFolder { folder in
            for opset in [13, 17, 20] as [Int64] {
                try writeModel(
                    convertOpset(ActivationTests.model(), to: opset), to: "\(folder)/activations_\(opset).onnx")
            }
            #expect(try FamilyJudges.verdict("families", folder, FamilyTests.folder) == "ok")
        }
    }

    @Test("Models adapted to other sizes, channels and outputs do so, too")
    func adapted() throws {
        try withFolder { folder in
            #expect(AdaptationTests.cases.count == 35)
            for (file, model) in AdaptationTests.cases {
                let options = try AdaptationTests.options(GoldenData.load("\(AdaptationTests.folder)/\(file).npz"))
                let mapped = try AdaptationTests.map(model, options)
                for opset in [13, 17, 20] as [Int64] {
                    try writeModel(convertOpset(mapped.model, to: opset), to: "\(folder)/\(file)_\(opset).onnx")
                }
            }
            #expect(try FamilyJudges.verdict("families", folder, AdaptationTests.folder) == "ok")
        }
    }

    @Test(
        "State dicts of exported models come back as timm loads them with strict=True",
        .enabled(if: FamilyJudges.hasTimm, "no timm"))
    func comesBack() throws {
        try withFolder { folder in
            for name in FamilyTests.folders {
                let path = "\(folder)/\(name).onnx"
                try writeModel(FamilyTests.map(name).model, to: path)
                let output = try OutputFile(path: "\(folder)/\(name).pth")
                try writeTorch(restoredStateDict(of: readModel(path)), to: output)
                try output.commit()
                try FileManager.default.removeItem(atPath: path)
            }
            #expect(try FamilyJudges.verdict("strict", folder, FamilyTests.folder) == "ok")
        }
    }

    private func readModel(_ path: String) throws -> Model {
        guard case .model(let model) = try WeightFile.open(path) else {
            throw FormatError(.formatMismatch, "is no model", file: path)
        }
        return model
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("weightbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }
}

/// The Python that has the outside judges.
enum FamilyJudges {
    static let python = ProcessInfo.processInfo.environment["WEIGHTBRIDGE_JUDGES"]
    static let hasTimm = (try? run(["-c", "import timm"])) == ""

    static func verdict(_ arguments: String...) throws -> String {
        try run(["\(FamilyTests.folder)/../../tools/judge.py"] + arguments)
    }

    /// The last line that Python prints: warnings of the libraries come before the verdict.
    private static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python ?? "/usr/bin/python3")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
    }
}
