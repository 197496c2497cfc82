import Formats
import GraphIR
import Testing

@testable import ExportedPrograms

/// The programs of every PyTorch that wrote another layout or schema.
@Suite struct PT2ReadingTests {
    static let versions = [
        "2.1.2", "2.2.2", "2.3.1", "2.4.1", "2.5.1", "2.6.0", "2.7.1", "2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.12.1",
        "2.13.0", "2.14.1", "2.15.0",
    ]
    /// The versions from this one on.
    static func since(_ version: String) -> [String] { Array(versions.drop { $0 != version }) }

    @Test(arguments: versions) func everyLayoutHoldsTheSameProgram(_ version: String) throws {
        let program = try ProgramFixtures.program("layers-\(version).pt2")
        #expect(program.stateDict.count == 9)
        let weight = try #require(program.stateDict.tensors.first { $0.key.string.hasSuffix("conv.weight") }?.value)
        #expect(weight.shape == [4, 3, 3, 3])
        let newest = try ProgramFixtures.program("layers-2.13.0.pt2")
        #expect(try weight.bytes().array() == newest.stateDict["conv.weight"]?.bytes().array())
        #expect(program.graph.nodes.map(\.module).filter { !$0.isEmpty }.first == "conv")
        #expect(program.graph.nodes.contains { $0.module == "fc" })
        let users = program.inputs.compactMap { if case .user(let name) = $0 { name } else { nil } }
        // Before 2.4 PyTorch doesn't keep the names of arguments, nor the inputs of the export.
        let names = ["2.1.2": "input", "2.2.2": "l_x_", "2.3.1": "arg9_1"]
        #expect(users == [names[version] ?? "x"])
        #expect(program.sampleInputs.map(\.shape) == (names[version] == nil ? [[2, 3, 8, 8]] : []))
        #expect(program.outputs == [.user(name: "output")])
        let output = try #require(program.graph.outputs.first?.value)
        #expect(program.graph.types[output] == ATenTensorType(.float32, [.number(2), .number(5)]))
        #expect(program.notes.isEmpty)
    }

    @Test func argumentsAreAsTheyAreWritten() throws {
        let program = try ProgramFixtures.program("layers-2.13.0.pt2")
        let node = try #require(program.graph.nodes.first)
        #expect(node.target == "aten.conv2d.default")
        #expect(node.arguments.map(\.name) == ["input", "weight", "bias", "stride", "padding"])
        #expect(node.arguments.first?.value.value == "x")
        guard case .ints(let stride) = node.arguments[3].value else { throw FormatError(.usage, "no list") }
        #expect(stride == [.number(2), .number(2)])
        #expect(node.outputs.map(\.value) == ["conv2d"])
        let place = try #require(program.graph.inputs.firstIndex { $0.value == "p_conv_weight" })
        #expect(program.inputs[place] == .state("conv.weight"))
        #expect(program.torchVersion == "2.13.0+cpu")
    }

    @Test(arguments: since("2.4.1")) func containersGiveTheirNames(_ version: String) throws {
        let program = try ProgramFixtures.program("tree-\(version).pt2")
        let users = program.inputs.compactMap { if case .user(let name) = $0 { name } else { nil } }
        #expect(users == ["x", "options_shift_0"])
        #expect(
            program.outputs == [
                .user(name: "output.logits"), .user(name: "output.aux.0"), .user(name: "output.aux.1"),
            ])
        #expect(program.sampleInputs.map(\.shape) == [[2, 4], [2]])
    }

    @Test(arguments: since("2.4.1")) func weightsLieAsTheyLay(_ version: String) throws {
        let program = try ProgramFixtures.program("tree-\(version).pt2")
        let state = program.stateDict
        #expect(
            Set(state.names) == [
                "first.weight", "first.bias", "second.weight", "transposed", "low", "high", "empty",
            ])
        #expect(state.tied.map { Set($0) } == [["first.weight", "second.weight"]])
        #expect(program.constants.names == ["offset"])
        #expect(state["empty"]?.shape == [0, 4])
        // Two views of one storage, and a view whose rows are the storage's columns.
        let newest = try ProgramFixtures.program("tree-2.13.0.pt2").stateDict
        for name in state.names {
            #expect(try state[name]?.bytes().array() == newest[name]?.bytes().array(), "\(name)")
        }
        #expect(try state["low"]?.bytes().array() != state["high"]?.bytes().array())
    }

    @Test(arguments: since("2.5.1")) func sizesAreExpressions(_ version: String) throws {
        let program = try ProgramFixtures.program("reshaped-\(version).pt2")
        let symbol = try #require(program.symbols.first)
        #expect(program.symbols.count == 1 && symbol.value == 1...64)
        let half = try #require(program.graph.outputs.last?.value)
        let type = try #require(program.graph.types[half])
        #expect(type.shape.map(\.description) == ["2*\(symbol.key)", "6"])
        #expect(program.graph.integers.values.contains(.symbol(symbol.key)))
        #expect(program.graph.nodes.contains { $0.target == "_operator.mul" })
    }

    @Test(arguments: since("2.7.1")) func regionsAreInlined(_ version: String) throws {
        let program = try ProgramFixtures.program("wrapped-\(version).pt2")
        #expect(!program.graph.nodes.contains { $0.target.hasPrefix("higher_order") })
        let targets = program.graph.nodes.map(\.target).filter { $0 != "aten._assert_tensor_metadata.default" }
        #expect(
            targets == [
                "aten.linear.default", "aten.lift_fresh_copy.default", "aten.detach_.default", "aten.mul.Tensor",
                "aten.to.dtype", "aten.add.Tensor",
            ])
        #expect(program.constants.names == ["lifted_tensor_0"])
        try program.graph.checkNames()
    }

    @Test func expectedOutputsComeAlong() throws {
        let program = try ProgramFixtures.program("tree-2.13.0.pt2")
        #expect(Set(program.expected.names) == ["output.logits", "output.aux.0", "output.aux.1"])
        #expect(program.expected["output.logits"]?.shape == [2, 3])
    }

    /// The root is the name of the file that was saved to.
    @Test func rootsHaveAnyName() throws {
        let folder = try ScratchFolder()
        let zip = try ZipArchive(FileSource(path: ProgramFixtures.path("tree-2.13.0.pt2")))
        let path = folder.url.appendingPathComponent("renamed").path
        let output = try OutputFile(path: path)
        var writer = ZipWriter(output)
        for entry in zip.entries {
            let name = "mod\u{E8}le e\u{301}" + entry.name.dropFirst("tree-2.13.0".count)
            try writer.add(name: name, bytes: try zip.bytes(of: entry))
        }
        try writer.finish()
        try output.flush()
        try output.commit()
        let program = try ExportedProgram(pt2: FileSource(path: path))
        #expect(program.sampleInputs.count == 2 && program.expected.count == 3)
        #expect(program.constants.names == ["offset"])
    }
}
