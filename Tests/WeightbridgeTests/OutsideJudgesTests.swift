import Foundation
import Testing
import Weightbridge

/// onnx, onnxruntime, safetensors, NumPy and (where it is there) PyTorch read what we write.
///
/// They run where `WEIGHTBRIDGE_JUDGES` names a Python that has them; `tools/test` sets that up.
@Suite(.enabled(if: Judges.python != nil, "WEIGHTBRIDGE_JUDGES names no Python with onnx and onnxruntime"))
struct OutsideJudgesTests {
    /// onnxruntime 1.31 runs operator sets up to 26; for newer ones the checker alone judges.
    @Test(arguments: [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26] as [Int64])
    func everyOpsetChecksAndRuns(_ opset: Int64) throws {
        let folder = try TemporaryFolder()
        var options = ConversionOptions()
        options.opset = opset
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"), options: options)
        #expect(try judge("onnx", folder.path("m.onnx"), Digits.golden) == "ok")
    }

    @Test func externalDataChecksAndRuns() throws {
        let folder = try TemporaryFolder()
        var options = ConversionOptions()
        options.externalDataThreshold = 0
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"), options: options)
        #expect(try judge("onnx", folder.path("m.onnx"), Digits.golden) == "ok")
    }

    @Test(arguments: ["safetensors", "npz"]) func backFromONNX(_ format: String) throws {
        let folder = try TemporaryFolder()
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"))
        _ = try convert(folder.path("m.onnx"), to: folder.path("back.\(format)"))
        #expect(try judge(format, folder.path("back.\(format)"), Digits.reference) == "ok")
    }

    @Test(.enabled(if: Judges.hasTorch, "no PyTorch")) func torchLoadsOurs() throws {
        let folder = try TemporaryFolder()
        _ = try convert(Digits.weights("state_dict.pth"), to: folder.path("m.onnx"))
        _ = try convert(folder.path("m.onnx"), to: folder.path("back.pth"))
        #expect(try judge("torch", folder.path("back.pth"), Digits.reference) == "ok")
    }

    @Test func rewrittenModelIsEqual() throws {
        let folder = try TemporaryFolder()
        _ = try convert("\(Digits.folder)/torch.onnx", to: folder.path("again.onnx"))
        #expect(try judge("same-model", "\(Digits.folder)/torch.onnx", folder.path("again.onnx")) == "ok")
    }

    @Test func textIsReadByONNX() throws {
        let folder = try TemporaryFolder()
        for path in ["\(Digits.folder)/torch.onnx", packageRoot.appendingPathComponent("fixtures/onnx/raw.onnx").path] {
            guard case .model(var model) = try WeightFile.open(path) else { continue }
            // Its bytes are no UTF-8, which Python's reader of texts can't be given.
            if let id = model.graph.id(named: "string") { model.graph.initializers[id] = nil }
            #expect(try model.textRemarks().obstacles.isEmpty)
            try writeModel(model, to: folder.path("m.onnx"))
            _ = try writeModelText(model, to: folder.path("m.onnxtxt"))
            #expect(try judge("text", folder.path("m.onnx"), folder.path("m.onnxtxt")) == "ok", "\(path)")
        }
    }

    @Test func aPartChecks() throws {
        let folder = try TemporaryFolder()
        let model = try loadModel("\(Digits.folder)/torch.onnx").model
        let middle = try #require(model.graph.nodes[model.graph.nodes.count / 2].outputs.first ?? nil)
        let path = folder.path("part.onnx")
        _ = try extract(from: model, inputs: nil, outputs: [model.graph[middle].name], to: path)
        #expect(try Judges.run(["-c", "import onnx; onnx.checker.check_model('\(path)', full_check=True)"]) == "")
    }

    private func judge(_ arguments: String...) throws -> String {
        try Judges.run([packageRoot.appendingPathComponent("tools/judge.py").path] + arguments)
    }
}

/// The Python that has the outside judges.
enum Judges {
    static let python = ProcessInfo.processInfo.environment["WEIGHTBRIDGE_JUDGES"]
    static let hasTorch = (try? run(["-c", "import torch"])) == ""

    /// The last line that Python prints: warnings of the libraries come before the verdict.
    static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python ?? "/usr/bin/python3")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }
}
