import Foundation
import Testing

/// Every file under `fixtures/damaged` gets the verdict that its index promises, from the tool as a user runs it.
@Suite struct DamagedFilesTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var file: String
        var kind: String
        var what: String
        var expect: String
        var cls: String
        var must_name: String
        var stage: String
        var testDescription: String { "\(file): \(what)" }
    }
    struct Index: Decodable { var cases: [Case] }

    static let folder = packageRoot.appendingPathComponent("fixtures/damaged")
    static let cases: [Case] = {
        let data = try? Data(contentsOf: folder.appendingPathComponent("index.json"))
        return data.flatMap { try? JSONDecoder().decode(Index.self, from: $0).cases } ?? []
    }()

    /// What one file may cost.
    static let timeLimit = 2.0
    static let memoryLimit = 256 << 20

    @Test func indexIsComplete() {
        #expect(Self.cases.count == 510)
    }

    @Test(arguments: cases) func inspect(_ file: Case) throws {
        // A file that shows its defect only later must not harm here.
        let expectation = file.stage == "load" ? file.expect : file.expect == "reject" ? "either" : file.expect
        let run = try runTool(
            ["inspect", Self.folder.appendingPathComponent("files/\(file.file)").path], timeLimit: 10)
        judge(run, expectation, file)
    }

    @Test(arguments: cases.filter { $0.stage != "run" }) func convert(_ file: Case) throws {
        let output = try TemporaryFolder()
        // An ONNX model goes to ONNX, tensors to safetensors: what a user would ask for.
        let ending = file.kind.hasPrefix("onnx") ? "onnx" : "safetensors"
        let source = Self.folder.appendingPathComponent("files/\(file.file)").path
        let run = try runTool(["convert", source, "-o", output.path("out.\(ending)")], timeLimit: 10)
        // A file without any tensor or with tensors that the target has no type for is no good source for a good
        // conversion; what is promised for all is no harm, and for damaged files a refusal.
        judge(run, file.expect == "accept" ? "either" : file.expect, file)
        // External data stays external, in a file beside the model.
        let made = output.contents.filter { $0 != "out.onnx.data" || run.status != 0 }
        #expect(made == (run.status == 0 ? ["out.\(ending)"] : []), "whole or not at all")
    }

    @Test(arguments: cases.filter { $0.stage == "run" }) func run(_ file: Case) throws {
        let output = try TemporaryFolder()
        let source = Self.folder.appendingPathComponent("files/\(file.file)").path
        let run = try runTool(
            ["run", source, "--zeros", "--time-limit", "2", "-o", output.path("out.npz")], timeLimit: 10,
            environment: ["WEIGHTBRIDGE_MEMORY_LIMIT": "\(128 << 20)"])
        judge(run, file.expect, file)
        #expect(output.contents == (run.status == 0 ? ["out.npz"] : []), "whole or not at all")
    }

    private func judge(_ run: ToolRun, _ expectation: String, _ file: Case) {
        #expect(!run.timedOut && run.seconds < Self.timeLimit * 4, "took \(run.seconds) s")
        #expect(run.memory < Self.memoryLimit, "took \(run.memory >> 20) MB")
        #expect(run.status < 128, "ended by signal \(run.status - 128)")
        #expect(!run.rawOutput.contains { $0 < 9 || (11...31).contains($0) || $0 == 127 }, "raw control bytes")
        #expect(run.rawOutput.count < 20_000)
        #expect(!run.output.contains("SECRET-OUTSIDE"))
        switch expectation {
        case "reject":
            #expect(run.status != 0, "accepted: \(run.output.prefix(300))")
            let isNamed = file.must_name.isEmpty || run.output.contains(file.must_name)
            #expect(isNamed, "doesn't name '\(file.must_name)': \(run.output.prefix(300))")
        case "accept":
            #expect(run.status == 0, "refused: \(run.output.prefix(300))")
        default:
            break
        }
    }
}
