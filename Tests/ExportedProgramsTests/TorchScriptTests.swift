import Foundation
import Formats
import GraphIR
import Testing

@testable import ExportedPrograms

/// Traced, frozen and scripted archives come down to a graph.
@Suite struct TorchScriptTests {
    @Test func aTraceIsUnrolled() throws {
        let program = try ProgramFixtures.script("layers-traced.pt", inputShapes: [[2, 3, 8, 8]])
        #expect(
            program.graph.nodes.map(\.target) == [
                "aten.convolution.default", "aten.batch_norm.default", "aten.relu_.default",
                "aten.adaptive_avg_pool2d.default", "aten.flatten.using_ints", "aten.dropout.default",
                "aten.linear.default",
            ])
        #expect(program.graph.nodes.map(\.module) == ["conv", "bn", "act", "pool", "", "drop", "fc"])
        #expect(program.stateDict.names.count == 9 && program.stateDict["bn.num_batches_tracked"] != nil)
        #expect(program.inputs.suffix(2) == [.state("fc.bias"), .state("fc.weight")])
        #expect(program.inputs.contains(.user(name: "x")))
        #expect(program.outputs == [.user(name: "output")])
        #expect(program.notes.isEmpty)
    }

    @Test(arguments: ["attention-traced.pt", "attention-frozen.pt"]) func sizesAreComputed(_ name: String) throws {
        let program = try ProgramFixtures.script(name, inputShapes: [[2, 5, 8]])
        let reshape = try #require(program.graph.nodes.first { $0.target == "aten.reshape.default" })
        guard case .ints(let sizes)? = reshape.arguments.last?.value else { throw FormatError(.usage, "no sizes") }
        #expect(sizes == [.number(2), .number(5), .number(3), .number(2), .number(4)])
        let unbind = try #require(program.graph.nodes.first { $0.target == "aten.unbind.int" })
        #expect(unbind.outputs.flatMap(\.names).count == 3)
        // (c // heads) ** -0.5, of a tensor without dimensions.
        let scale = try #require(program.graph.nodes.first { $0.target == "aten.mul.Tensor" })
        guard case .float(let factor)? = scale.arguments.last?.value else { throw FormatError(.usage, "no factor") }
        #expect(factor == 0.5)
        #expect(!program.graph.nodes.contains { $0.target.hasPrefix("aten.sym_size") })
    }

    @Test func frozenWeightsAreNamedAsTheCodeNamesThem() throws {
        let program = try ProgramFixtures.script("layers-frozen.pt", inputShapes: [[2, 3, 8, 8]])
        #expect(program.stateDict.names == ["CONSTANTS.c0", "CONSTANTS.c1", "CONSTANTS.c2", "CONSTANTS.c3"])
        guard case .checkpoint(let checkpoint) = try WeightFile.open(ProgramFixtures.path("layers-frozen.pt")) else {
            throw FormatError(.formatMismatch, "no checkpoint")
        }
        #expect(checkpoint.stateDict.names == program.stateDict.names)
        #expect(checkpoint.notes.contains { $0.contains("frozen") })
    }

    @Test func controlFlowThatIsSettledIsFollowed() throws {
        let program = try ProgramFixtures.script("scripted.pt", inputShapes: [[3, 4]])
        let round = ["aten.linear.default", "aten.batch_norm.default", "aten.relu.default"]
        #expect(program.graph.nodes.map(\.target) == round + round)
        // A module that is called twice has one set of weights.
        #expect(program.inputs.count { if case .state = $0 { true } else { false } } == 6)
    }

    @Test func sizesThatTheCodeRefusesAreRefused() throws {
        #expect(
            failure { _ = try ProgramFixtures.script("scripted.pt", inputShapes: [[3, 4, 5, 6]]) }
                == .containerUnsupported)
    }

    @Test func anImageIsAssumedAndSaid() throws {
        let program = try ProgramFixtures.script("layers-traced.pt")
        #expect(program.notes.count == 1 && program.notes[0].contains("[1, 3, 224, 224]"))
    }
}

/// Code that no printer of PyTorch's wrote.
@Suite struct TorchScriptDamagedTests {
    /// The archive of the traced layers with other code in its `forward`.
    private func unrolled(_ body: String) throws -> ExportedProgram {
        let folder = try ScratchFolder()
        let code = """
            class Layers(Module):
              training : bool
              conv : __torch__.torch.nn.modules.conv.Conv2d
              def forward(self: __torch__.Layers,
                x: Tensor) -> Tensor:
            \(body.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))

            """
        let file = try folder.archive(
            ProgramFixtures.path("layers-traced.pt"), replacing: ["code/__torch__.py": Array(code.utf8)])
        let torch = try readTorch(file, format: .torchScript, options: ReadOptions())
        return try ExportedProgram(torchScript: torch, inputShapes: [[2, 3, 8, 8]])
    }

    @Test func theHarnessWorks() throws {
        let program = try unrolled(
            """
            a = [torch.relu(x), torch.neg(x)]
            _0 = torch.append(a, torch.exp(x))
            _1 = torch.rsub(torch.remainder(torch.size(x, 2), 7), 7)
            b : int = torch.sub(_1, 5)
            for i in range(torch.len(a)):
              b = torch.add(b, i)
            if torch.gt(torch.size(x, 1), 2):
              y = torch.mul(a[-1], b)
            else:
              ops.prim.RaiseException("never")
            return {"y": y, "all": (a[0], a[1], )}
            """)
        #expect(program.graph.nodes.map(\.target).last == "aten.mul.Scalar")
        guard case .int(let factor)? = program.graph.nodes.last?.arguments.last?.value else {
            throw FormatError(.usage, "no factor")
        }
        #expect(factor == .number(4))
        #expect(
            program.outputs == [.user(name: "output.y"), .user(name: "output.all.0"), .user(name: "output.all.1")])
    }

    @Test(arguments: [
        ("return y", FormatError.Code.graphInvalid), ("return torch.relu(x", .textMalformed),
        ("  return x\n return x", .textMalformed), ("return $", .textMalformed), ("return \"x", .textMalformed),
        ("return 99999999999999999999999a", .textMalformed),
        ("while True:\n  x = torch.relu(x)\nreturn x", .limitCount),
        ("while True:\n  pass\nreturn x", .limitCount),
        ("for i in range(1000000000000):\n  pass\nreturn x", .limitCount),
        ("a = torch.mul([x], 1000000000)\nreturn a[0]", .limitCount),
        ("a = [x]\nwhile True:\n  _0 = torch.extend(a, a)\nreturn x", .limitCount),
        ("a = (x, )\nfor i in range(60):\n  a = (a, a, )\nreturn a", .limitDepth),
        ("a = (x, )\nfor i in range(25):\n  a = (a, a, )\nreturn a", .limitDepth),
        ("return (self).forward(x, )", .limitDepth),
        ("if torch.gt(torch.sum(x), 0):\n  y = x\nelse:\n  y = torch.neg(x)\nreturn y", .containerUnsupported),
        ("self.conv = x\nreturn x", .containerUnsupported),
        ("return ops.custom.f(x)", .containerUnsupported),
        ("return torch.floordiv(1, 0)", .graphInvalid),
        ("return torch.mul(9223372036854775807, 2)", .graphInvalid),
        ("return [x][5]", .graphInvalid), ("a, b, = [x]\nreturn a", .graphInvalid),
        ("return CONSTANTS.c77", .graphInvalid), ("return self.nothing", .containerUnsupported),
        ("return __torch__.nowhere.f(x)", .containerUnsupported),
        ("ops.prim.RaiseException(\"no\")\nreturn x", .containerUnsupported),
        ("return torch.conv2d(x)", .containerUnsupported),
    ]) func refusals(_ body: String, _ code: FormatError.Code) throws {
        #expect(failure { _ = try unrolled(body) } == code, "\(body)")
    }

    /// Other sizes are advised only where they may help.
    @Test(arguments: [
        ("if torch.gt(torch.sum(x), 0):\n  y = x\nelse:\n  y = torch.neg(x)\nreturn y", "-o FILE.safetensors"),
        ("return ops.prim.ConstantMKLDNNTensor()", "before that"), ("return ops.mkldnn._convolution(x)", "before that"),
        ("ops.prim.RaiseException(\"no\")\nreturn x", "--input-shape"),
    ]) func hintsAreTheWayOut(_ body: String, _ hint: String) throws {
        do {
            _ = try unrolled(body)
            Issue.record("it was unrolled")
        } catch let error as FormatError {
            #expect(error.hint?.contains(hint) == true, "\(error) \(error.hint ?? "")")
        }
    }

    @Test func nestingIsBounded() throws {
        for body in [
            "return " + String(repeating: "torch.relu(", count: 200) + "x" + String(repeating: ")", count: 200),
            "return x" + String(repeating: ".a", count: 500), "return " + String(repeating: "[", count: 200),
            (0..<200).map { String(repeating: " ", count: $0) + "if True:" }.joined(separator: "\n"),
        ] {
            #expect(failure { _ = try unrolled(body) } == .limitDepth)
        }
    }

    /// Any bytes are refused or read.
    @Test func cutsAndFlips() throws {
        let folder = try ScratchFolder()
        for name in ["layers-traced.pt", "scripted.pt"] {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: ProgramFixtures.path(name))))
            var options = ReadOptions()
            options.verifyChecksums = false
            var state: UInt64 = 7
            for _ in 0..<300 {
                var damaged = bytes
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(state >> 33) % damaged.count] = UInt8(truncatingIfNeeded: state >> 20)
                let file = try folder.put(damaged, as: "flipped")
                do {
                    let torch = try readTorch(file, format: .torchScript, options: options)
                    _ = try ExportedProgram(torchScript: torch, inputShapes: [[2, 3, 8, 8]])
                } catch is FormatError {}
            }
        }
    }
}
