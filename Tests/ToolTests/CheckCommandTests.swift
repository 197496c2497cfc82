import Foundation
import Testing

/// `weightbridge check` and `infer` as a user runs them, and beside onnx's own checker and inference.
@Suite struct CheckCommandTests {
    static let damaged = packageRoot.appendingPathComponent("fixtures/damaged/files/onnx").path
    static let model = packageRoot.appendingPathComponent("fixtures/onnx_cases/nn/average_pool_11_double/model.onnx")
        .path

    @Test func validModel() throws {
        let run = try runTool(["check", Self.model])
        #expect(run.status == 0 && run.output.contains(": valid (IR version"), "\(run.output)")
    }

    /// Of other files it is what they are converted to that is checked and followed.
    @Test(arguments: ["architectures/vit/weights.safetensors", "exported_programs/layers-2.13.0.pt2"])
    func modelsOfOtherFiles(_ name: String) throws {
        let path = packageRoot.appendingPathComponent("fixtures/\(name)").path
        let check = try runTool(["check", path])
        #expect(check.status == 0 && check.output.contains(": valid (IR version"), "\(check.output)")
        #expect(check.output.contains("ai.onnx 20"), "\(check.output)")
        let infer = try runTool(["infer", path])
        #expect(infer.status == 0 && infer.output.contains("output  "), "\(infer.output)")
    }

    @Test func everyFaultIsTold() throws {
        let run = try runTool(["check", "\(Self.damaged)/g_attr_type_99.onnx", "\(Self.damaged)/g_dup_output.onnx"])
        #expect(run.status == 65)
        #expect(run.output.contains("2 faults") && run.output.contains("made twice"), "\(run.output)")
    }

    @Test func json() throws {
        let run = try runTool(["check", "--json", "\(Self.damaged)/g_dup_output.onnx"])
        let parsed = try JSONSerialization.jsonObject(with: run.rawOutput) as? [String: Any]
        let faults = parsed?["faults"] as? [[String: Any]]
        #expect(parsed?["valid"] as? Bool == false)
        #expect(faults?.first?["code"] as? String == "graph.duplicate")
        #expect(faults?.first?["node"] as? String == "Neg -> y")
    }

    @Test func inferWritesTypes() throws {
        let folder = try TemporaryFolder()
        let run = try runTool(["infer", Self.model, "-o", folder.path("m.onnx")])
        #expect(run.status == 0 && run.output.isEmpty, "\(run.output)")
        #expect(try runTool(["check", folder.path("m.onnx")]).status == 0)
    }

    @Test func inferSaysWhatContradicts() throws {
        let run = try runTool(["infer", "\(Self.damaged)/o_conv_group3.onnx"])
        #expect(run.status == 65 && run.output.contains("2 channels in 3 groups"), "\(run.output)")
    }

    private static let judge = ProcessInfo.processInfo.environment["WEIGHTBRIDGE_JUDGES"]

    /// Python from `WEIGHTBRIDGE_JUDGES`, with onnx.
    private func compare(_ script: String, _ arguments: [String]) throws -> ToolRun {
        let python = try #require(Self.judge)
        let tool = try #require(toolPath())
        return try spawn(
            [python, packageRoot.appendingPathComponent("tools/\(script)").path, tool] + arguments, timeLimit: 600)
    }

    private static let cases = packageRoot.appendingPathComponent("fixtures/onnx_cases").path

    @Test(.enabled(if: judge != nil, "WEIGHTBRIDGE_JUDGES names no Python with onnx"))
    func verdictsAreThoseOfONNX() throws {
        let run = try compare("compare_check.py", [Self.damaged, "\(Self.damaged)_ext"])
        #expect(run.status == 0, "\(run.output)")
    }

    @Test(.enabled(if: judge != nil, "WEIGHTBRIDGE_JUDGES names no Python with onnx"))
    func verdictsOnMutantsAreThoseOfONNX() throws {
        // Other seeds: tools/compare_check.py TOOL FOLDER --mutants N.
        let seed = 1_685_944_347
        let run = try compare("compare_check.py", [Self.cases, "--mutants", "8", "--seed", "\(seed)"])
        #expect(run.status == 0, "seed \(seed): \(run.output)")
    }

    @Test(.enabled(if: judge != nil, "WEIGHTBRIDGE_JUDGES names no Python with onnx"))
    func typesAreThoseOfONNX() throws {
        let run = try compare("compare_inference.py", [Self.cases])
        #expect(run.status == 0, "\(run.output)")
    }
}
