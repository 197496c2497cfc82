import Foundation
import Testing

/// `weightbridge classify` and `convert --embed-preprocessing` as a user runs them.
@Suite struct ClassifyCommandTests {
    private static let weights = packageRoot.appendingPathComponent(
        "fixtures/convmixer_digits/weights/training_checkpoint.pth"
    ).path
    private static let pictures = packageRoot.appendingPathComponent("fixtures/preprocessing").path
    /// The digits have no published preprocessing: pixels in 0…1, 16 × 16.
    private static let settings = [
        "--image-size", "16", "--set", "mean=0", "--set", "std=1", "--set", "crop_pct=1",
    ]

    private func top(_ run: ToolRun) throws -> [[[String: Any]]] {
        let parsed = try #require(try JSONSerialization.jsonObject(with: run.rawOutput) as? [String: Any])
        let images = try #require(parsed["images"] as? [[String: Any]])
        return images.compactMap { $0["classes"] as? [[String: Any]] }
    }

    @Test func digitsAreRecognised() throws {
        let run = try runTool(
            ["classify", Self.weights, "\(Self.pictures)/seven.png", "--top", "2"] + Self.settings)
        #expect(run.status == 0 && run.output.contains("seven.png") && run.output.contains("class 7"), "\(run.output)")
    }

    @Test func jpegsToo() throws {
        let run = try runTool(["classify", Self.weights, "\(Self.pictures)/three.jpg", "--top", "1"] + Self.settings)
        #expect(run.output.contains("class 3") || run.output.contains("isn't installed"), "\(run.output)")
    }

    private static let judge = ProcessInfo.processInfo.environment["WEIGHTBRIDGE_JUDGES"]
    /// The judges that `tools/test` installs have no timm, which needs PyTorch.
    private static let hasTimm =
        judge.flatMap { try? spawn([$0, "-c", "import timm"], timeLimit: 120) }?.status == 0

    /// The graph in onnxruntime and here against timm's transform, and the logits of a model.
    @Test(.enabled(if: hasTimm, "WEIGHTBRIDGE_JUDGES names no Python with timm"))
    func pixelsAreThoseOfTimm() throws {
        let folder = try TemporaryFolder()
        let model = folder.path("r18.safetensors")
        #expect(try runTool(["init", "resnet18", "-o", model]).status == 0)
        let python = try #require(Self.judge)
        let run = try spawn(
            [
                python, packageRoot.appendingPathComponent("tools/compare_preprocessing.py").path, "--images", "4",
                "--model", model,
            ], timeLimit: 600,
            environment: ["WEIGHTBRIDGE_TOOL": try #require(toolPath()), "OMP_NUM_THREADS": "1"])
        #expect(run.status == 0 && run.output.contains("greatest change 0,"), "\(run.output)")
    }

    @Test func aModelWithPreprocessingInsideSaysTheSame() throws {
        let folder = try TemporaryFolder()
        let model = folder.path("digits.onnx")
        let convert = try runTool(
            ["convert", Self.weights, "-o", model, "--embed-preprocessing", "--no-digest"] + Self.settings)
        #expect(convert.status == 0, "\(convert.output)")
        #expect(try runTool(["check", model]).status == 0)
        #expect(try runTool(["inspect", model]).output.contains("in the graph"))
        let direct = try runTool(["classify", Self.weights, "\(Self.pictures)/seven.png", "--json"] + Self.settings)
        let built = try runTool(["classify", model, "\(Self.pictures)/seven.png", "--json"])
        let (first, second) = (try top(direct), try top(built))
        #expect(first.first?.first?["index"] as? Int == 7)
        #expect(first.first?.map { $0["score"] as? Double } == second.first?.map { $0["score"] as? Double })
        let twice = try runTool(["convert", model, "-o", folder.path("b.onnx"), "--embed-preprocessing"])
        #expect(twice.status == 64 && twice.output.contains("already"), "\(twice.output)")
    }

    @Test func olderModelsAreRaised() throws {
        let folder = try TemporaryFolder()
        let (old, new) = (folder.path("old.onnx"), folder.path("new.onnx"))
        #expect(try runTool(["convert", Self.weights, "-o", old, "--opset", "9"]).status == 0)
        let run = try runTool(["convert", old, "-o", new, "--embed-preprocessing"] + Self.settings)
        #expect(run.status == 0 && run.output.contains("opset         13"), "\(run.output)")
        let classified = try runTool(["classify", new, "\(Self.pictures)/seven.png", "--top", "1"])
        #expect(classified.output.contains("class 7"), "\(classified.output)")
        let refused = try runTool(
            ["convert", Self.weights, "-o", new, "--embed-preprocessing", "--opset", "9"] + Self.settings)
        #expect(refused.status == 64 && refused.output.contains("opset 13, not 9"), "\(refused.output)")
        let weights = try runTool(["convert", Self.weights, "-o", folder.path("w.npz"), "--embed-preprocessing"])
        #expect(weights.status == 64, "\(weights.output)")
    }

    @Test func labelsAreNamed() throws {
        let folder = try TemporaryFolder()
        let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        let labels = URL(fileURLWithPath: folder.path("labels.txt"))
        try Data(names.joined(separator: "\n").utf8).write(to: labels)
        let arguments =
            ["classify", Self.weights, "\(Self.pictures)/seven.png", "--labels", labels.path] + Self.settings
        let run = try runTool(arguments)
        #expect(run.status == 0 && run.output.contains("  7  seven"), "\(run.output)")
        try Data("one\ntwo\n".utf8).write(to: labels)
        let refused = try runTool(arguments)
        #expect(refused.status == 64 && refused.output.contains("names for 2 classes"), "\(refused.output)")
    }

    @Test func withoutPreprocessingTheWayOutIsTold() throws {
        let run = try runTool(["classify", Self.weights, "\(Self.pictures)/seven.png", "--image-size", "16"])
        #expect(run.status == 64 && run.output.contains("--set mean="), "\(run.output)")
    }

    /// One line and a hint, whatever is given in place of a picture, and no memory for what isn't there.
    @Test(arguments: [
        ("directory", 65), ("missing", 66), ("text", 69), ("cut", 65), ("bomb.png", 65), ("bomb.ppm", 65),
        ("bomb.jpg", 65), ("bomb.bmp", 65),
    ])
    func whatIsNoPictureIsRefused(_ kind: String, status: Int32) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("picture")
        let url = URL(fileURLWithPath: path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(Self.pictures)/seven.png"))
        var bytes = Data()
        switch kind {
        case "directory": try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        case "missing": break
        case "text": bytes = Data("no picture".utf8)
        case "cut": bytes = whole.prefix(whole.count / 2)
        case "bomb.png": bytes = pngClaiming(side: 60000)
        case "bomb.ppm": bytes = Data("P6 13000 13000 255 ab".utf8)
        case "bomb.bmp":
            bytes = Data("BM".utf8) + Data([0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0])
            bytes += Data([0x60, 0xEA, 0, 0, 0x60, 0xEA, 0, 0, 1, 0, 24, 0]) + Data(count: 24)
        default:
            bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.pictures)/three.jpg"))
            let frame = try #require(bytes.range(of: Data([0xFF, 0xC0])))
            bytes.replaceSubrange(frame.upperBound + 3..<frame.upperBound + 7, with: [0xEA, 0x60, 0xEA, 0x60])
        }
        if !bytes.isEmpty { try bytes.write(to: url) }
        let run = try runTool(["classify", Self.weights, path] + Self.settings)
        #expect(run.status == status || run.output.contains("isn't installed"), "\(run.output)")
        #expect(run.output.contains("error:") && run.output.split(separator: "\n").count <= 2, "\(run.output)")
        #expect(run.memory < 300 << 20)
    }

    /// A PNG of a few bytes whose header asks for `side` × `side` pixels.
    private func pngClaiming(side: UInt32) -> Data {
        func big(_ value: UInt32) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
        func chunk(_ name: String, _ body: Data) -> Data {
            let named = Data(name.utf8) + body
            return big(UInt32(body.count)) + named + big(checksum(named))
        }
        let header = big(side) + big(side) + Data([8, 2, 0, 0, 0])
        return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) + chunk("IHDR", header)
            + chunk("IDAT", Data([0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1])) + chunk("IEND", Data())
    }

    /// CRC-32 as PNG has it.
    private func checksum(_ data: Data) -> UInt32 {
        ~data.reduce(~0 as UInt32) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
    }
}
