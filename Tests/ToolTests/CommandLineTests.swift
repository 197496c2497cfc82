import Foundation
import Testing

/// The face of the tool: what it prints, and the status that a script sees.
@Suite struct CommandLineTests {
    static let digits = packageRoot.appendingPathComponent("fixtures/convmixer_digits").path
    static let weights = "\(digits)/weights/state_dict.pth"

    @Test(arguments: [
        "inspect", "convert", "verify", "run", "check", "infer", "extract", "classify", "init", "architectures",
    ])
    func helpTeaches(_ command: String) throws {
        let help = try runTool([command, "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("OVERVIEW: ") && help.output.contains("USAGE: weightbridge \(command)"))
        #expect(help.output.contains("  weightbridge \(command) "), "shows an example")
        #expect(!help.output.split(separator: "\n").contains { $0.count > 160 })
    }

    /// Exit statuses as `sysexits.h` has them.
    @Test(
        arguments: [
            (["inspect"], 64, "Missing expected argument"),
            (["no-such-command"], 64, "no-such-command"),
            (["inspect", "/nonexistent/file.pth"], 66, "check the path"),
            (["inspect", "@/damaged/files/pickle/g_os_system.pt"], 65, "os.system"),
            (["inspect", "@/damaged/files/other/hdf5.pt"], 69, "HDF5"),
            (["convert", "@/convmixer_digits/weights/state_dict.pth", "-o", "/nonexistent/out.onnx"], 66, "folder"),
            (["convert", "@/convmixer_digits/weights/state_dict.pth", "-o", "out.xyz"], 64, ".safetensors"),
            (["convert", "@/convmixer_digits/weights/state_dict.pth", "-o", "x.onnx", "--opset", "29"], 64, "1 to 28"),
            (["convert", "@/convmixer_digits/golden.npz", "-o", "x.onnx"], 69, "no known architecture"),
            (["init", "resnet9000", "-o", "x.pth"], 64, "weightbridge architectures"),
            (["architectures", "resnet9000"], 64, "no architecture"),
            (["extract", "@/convmixer_digits/weights/state_dict.pth", "-o", "x.onnx"], 64, "--inputs"),
            (
                ["extract", "@/convmixer_digits/weights/state_dict.pth", "--outputs", "nothing", "-o", "x.onnx"], 64,
                "usage"
            ),
            (
                ["extract", "@/convmixer_digits/weights/state_dict.pth", "--outputs", "x", "-o", "x.pth"], 64,
                ".onnxtxt"
            ),
            (["inspect", "@/convmixer_digits/weights/state_dict.pth", "--text", "--json"], 64, "take one"),
            (
                [
                    "convert", "@/architectures/mixer/weights.safetensors", "-o", "x.onnx", "--image-size", "48",
                ], 64, "one image size: 32"
            ),
            (["inspect", "@/architectures/vit/weights.safetensors", "--set", "num_head=2"], 64, "--set num_heads="),
            (["inspect", "@/architectures/vit/weights.safetensors", "--activation", "x"], 64, "no activation 'x'"),
            (["inspect", "@/architectures/vit/weights.safetensors", "--classes", "9"], 64, "--no-head"),
            (["inspect", "@/architectures/vit/weights.safetensors", "--module", "block.0"], 64, "'blocks.0'"),
            (["inspect", "@/architectures/vit/weights.safetensors", "--architecture", "x"], 64, "architecture 'x'"),
            (["convert", "@/architectures/vit/weights.safetensors", "-o", "x.npz", "--no-head"], 64, "weights alone"),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.pth", "--output", "norm"], 64,
                "--module"
            ),
            (["convert", "@/architectures/vit/weights.safetensors", "-o", "x.pth", "--classes", "0"], 64, "--classes"),
            (["classify", "@/architectures/vit/weights.safetensors", "x.png", "--no-head"], 64, "no scores"),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--classes", "9"], 64,
                "--no-head"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--input-channels", "0"], 64,
                "1 to 4096"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--module", "block.0"], 64,
                "did you mean 'blocks.0'"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--output", "block.0"], 64,
                "did you mean 'blocks.0'"
            ),
            (["convert", "@/architectures/vit/weights.safetensors"], 64, "-o <file>"),
            (
                [
                    "run", "@/architectures/vit/weights.safetensors", "--zeros", "-o", "x.npz", "--memory-limit",
                    "0.00001",
                ], 65, "limit.memory"
            ),
            (
                ["run", "@/architectures/vit/weights.safetensors", "--zeros", "-o", "x.npz", "--memory-limit", "0"],
                64, "gigabytes above 0"
            ),
            (["verify", "@/architectures/vit/weights.safetensors"], 64, "give --golden FILE"),
            (["verify", "@/exported_programs/scripted.pt"], 64, "give --golden FILE"),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--dynamic-batch"], 64,
                "any number of samples"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--input-shape", "1,3,32,32"],
                64, "--image-size"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "-o", "x.onnx", "--atlas", "--no-atlas"], 64,
                "--no-atlas"
            ),
            (
                ["convert", "@/architectures/vit/weights.safetensors", "--output", "blocks.0"], 64,
                "without -o, --output is the file"
            ),
        ] as [([String], Int32, String)])
    func wrongInput(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let fixtures = packageRoot.appendingPathComponent("fixtures").path
        let run = try runTool(arguments.map { $0.replacingOccurrences(of: "@", with: fixtures) })
        #expect(run.status == status, "\(run.output)")
        #expect(run.output.contains(message), "\(run.output)")
        #expect(run.output.filter { $0 == "\n" }.count < 16, "short: \(run.output)")
    }

    @Test("a model goes to text and back, and a part of it comes out")
    func textAndParts() throws {
        let folder = try TemporaryFolder()
        let (model, text, again) = (folder.path("m.onnx"), folder.path("m.onnxtxt"), folder.path("again.onnx"))
        #expect(try runTool(["convert", Self.weights, "-o", model]).status == 0)
        #expect(try runTool(["convert", model, "-o", text]).status == 0)
        #expect(try runTool(["convert", text, "-o", again]).status == 0)
        let verify = try runTool(["verify", text, "--golden", "\(Self.digits)/golden.npz"])
        #expect(verify.status == 0, "\(verify.output)")
        let (first, second) = (
            try runTool(["inspect", model, "--text", "--all"]), try runTool(["inspect", again, "--text", "--all"])
        )
        // What the syntax has no place for is said in comments.
        func lines(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("#") } }
        #expect(first.status == 0 && lines(first.output) == lines(second.output) && first.output.contains("Conv <"))
        let part = folder.path("part.onnx")
        let node = try #require(first.output.split(separator: "\n").first { $0.contains(" = Conv <") })
        let name = try #require(node.split(separator: "=").first?.split(separator: " ").last).trimmingCharacters(
            in: CharacterSet(charactersIn: "\""))
        let extract = try runTool(["extract", model, "--outputs", name, "-o", part, "--json"])
        #expect(extract.status == 0 && extract.output.contains("\"nodes\": 1,"), "\(extract.output)")
        #expect(try runTool(["inspect", part]).output.contains("1: 1 Conv"))
    }

    @Test("a checkpoint goes to another image size and channel, and returns a block")
    func adapted() throws {
        let folder = try TemporaryFolder()
        let vit = packageRoot.appendingPathComponent("fixtures/architectures/vit/weights.safetensors").path
        let golden = packageRoot.appendingPathComponent("fixtures/architectures/adapted/vit_50x39_1.npz").path
        let sizes = ["--image-size", "50x39", "--input-channels", "1"]
        let convert = try runTool(["convert", vit, "-o", folder.path("m.onnx"), "--opset", "13"] + sizes)
        #expect(convert.status == 0 && convert.output.contains("resampled for 50×39 pixels"), "\(convert.output)")
        for arguments in [[folder.path("m.onnx")], [vit] + sizes] {
            let verify = try runTool(
                ["verify"] + arguments + [
                    "--golden", golden, "--output", "logits=logits_f64", "--precision", "float64",
                ])
            #expect(verify.status == 0, "\(verify.output)")
        }
        #expect(try runTool(["convert", folder.path("m.onnx"), "-o", folder.path("back.safetensors")]).status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("back.safetensors"))).count > 70_000)
        let run = try runTool(
            ["run", vit, "--input", golden, "-o", folder.path("out.npz"), "--module", "blocks.1"] + sizes)
        #expect(run.status == 0, "\(run.output)")
        let part = try runTool([
            "convert", folder.path("m.onnx"), "-o", folder.path("part.onnx"), "--module", "blocks.0",
        ])
        #expect(part.status == 0, "\(part.output)")
        let both = try runTool([
            "convert", folder.path("m.onnx"), "--output", "blocks.0", "--output", folder.path("again.onnx"),
        ])
        #expect(both.status == 0, "\(both.output)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder.path("part.onnx")))
                == Data(contentsOf: URL(fileURLWithPath: folder.path("again.onnx"))))
        let settled = try runTool(["run", folder.path("m.onnx"), "--features", "--input", golden, "-o", "x.npz"])
        #expect(settled.status == 64 && settled.output.contains("holds a graph"), "\(settled.output)")
    }

    @Test func mainJob() throws {
        let folder = try TemporaryFolder()
        let inspect = try runTool(["inspect", Self.weights])
        #expect(inspect.status == 0)
        for fact in ["stem.0.weight", "float32", "[48, 1, 2, 2]", "convmixer", "gelu"] {
            #expect(inspect.output.contains(fact), "\(fact)")
        }
        let convert = try runTool(["convert", Self.weights, "-o", folder.path("m.onnx")])
        #expect(convert.status == 0 && convert.output.contains("sha256-tree:"))
        for model in [folder.path("m.onnx"), Self.weights] {
            for precision in ["native", "float64"] {
                let verify = try runTool([
                    "verify", model, "--golden", "\(Self.digits)/golden.npz", "--blocks", "\(Self.digits)/blocks.npz",
                    "--precision", precision,
                ])
                #expect(verify.status == 0, "\(verify.output)")
            }
        }
        let run = try runTool([
            "run", folder.path("m.onnx"), "--input", "\(Self.digits)/golden.npz", "-o", folder.path("y.npz"),
        ])
        #expect(run.status == 0, "\(run.output)")
        #expect(folder.contents == ["m.onnx", "y.npz"])
    }

    @Test func mismatchIsStatus1() throws {
        let folder = try TemporaryFolder()
        #expect(
            try runTool(["init", "convmixer_48_4_ks5_p2", "-o", folder.path("other.pth"), "--seed", "7"]).status == 0)
        // Other weights of three channels and 1,000 classes: they don't even take the golden input.
        let other = try runTool(["verify", folder.path("other.pth"), "--golden", "\(Self.digits)/golden.npz"])
        #expect(other.status == 65, "\(other.output)")
        let activation = try runTool([
            "verify", Self.weights, "--golden", "\(Self.digits)/golden.npz", "--activation", "relu",
        ])
        #expect(activation.status == 1, "\(activation.output)")
    }

    @Test(arguments: [["inspect", weights, "--json"], ["architectures", "--json"]])
    func jsonIsJSON(_ arguments: [String]) throws {
        let run = try runTool(arguments)
        #expect(run.status == 0)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: run.rawOutput) }
    }

    /// Ctrl-C, or a kill, in the middle of writing leaves nothing behind.
    @Test(arguments: ["INT", "TERM"]) func signalLeavesNothing(_ signal: String) throws {
        let folder = try TemporaryFolder()
        // `timeout` sends the signal after 50 ms: writing 200 MB takes longer.
        let run = try spawn(
            [
                "/usr/bin/env", "timeout", "-s", signal, "0.05", try #require(toolPath()), "init", "convmixer_1536_20",
                "-o", folder.path("big.pth"),
            ], timeLimit: 60)
        #expect(run.status != 0)
        #expect(folder.contents.isEmpty, "\(folder.contents)")
    }

    /// A disk that fills up (here: a limit on the size of files) is an error, and what was there stays.
    @Test(arguments: ["pth", "safetensors", "npz", "onnx"]) func fullDiskLeavesTheOldFile(_ ending: String) throws {
        let folder = try TemporaryFolder()
        let target = folder.path("w.\(ending)")
        try Data("old".utf8).write(to: URL(fileURLWithPath: target))
        let run = try spawn(
            [
                "/bin/sh", "-c", "ulimit -f 64; exec \"$0\" init convmixer_64_2 -o \"$1\"", try #require(toolPath()),
                target,
            ], timeLimit: 60)
        #expect(run.status == 74, "\(run.output)")
        #expect(run.output.contains("hint:"), "\(run.output)")
        #expect(folder.contents == ["w.\(ending)"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("old".utf8))
    }

    @Test func noColorWhereNoOneLooks() throws {
        let run = try runTool(["verify", Self.weights, "--golden", "\(Self.digits)/golden.npz"])
        #expect(!run.rawOutput.contains(0x1B))
    }
}
