import Foundation
import Testing

/// Exported programs and TorchScript archives on the command line.
@Suite struct ExportedProgramCommandTests {
    static let folder = packageRoot.appendingPathComponent("fixtures/exported_programs").path

    private func file(_ name: String) -> String { "\(Self.folder)/\(name)" }

    @Test func verifyRunsTheSample() throws {
        let run = try runTool(["verify", file("tree-2.13.0.pt2")])
        #expect(run.status == 0 && run.output.contains("output.logits"), "\(run.output)")
    }

    @Test func withoutOutputsThereIsNoVerdict() throws {
        let run = try runTool(["verify", file("tree-2.8.0.pt2")])
        #expect(run.status == 64 && run.output.contains("nothing to compare"), "\(run.output)")
        let golden = try runTool(["verify", file("tree-2.8.0.pt2"), "--golden", file("tree.npz")])
        #expect(golden.status == 0, "\(golden.output)")
    }

    @Test func aScriptWantsItsSizes() throws {
        let unknown = try runTool(["verify", file("scripted.pt"), "--golden", file("scripted.npz")])
        #expect(unknown.status == 69 && unknown.output.contains("--input-shape"), "\(unknown.output)")
        let known = try runTool(
            ["verify", file("scripted.pt"), "--golden", file("scripted.npz"), "--input-shape", "3,4"])
        #expect(known.status == 0, "\(known.output)")
        for text in ["3,x", "0,3", "", "-1"] {
            #expect(
                try runTool(["verify", file("scripted.pt"), "--golden", "x", "--input-shape=\(text)"]).status == 64)
        }
    }
}
