import Foundation
import Formats
import GraphIR
import Testing

@testable import ExportedPrograms

/// Archives that are damaged, or made to hurt: each is a typed refusal.
@Suite struct PT2DamagedTests {
    /// The newest layout's program with one piece of its text replaced.
    private func edited(_ name: String, _ old: String, _ new: String) throws -> FormatError? {
        var archive = try ProgramFixtures.archive(name)
        let text = String(decoding: archive.program, as: UTF8.self)
        #expect(text.contains(old), "\(old)")
        archive.program = Array(text.replacingOccurrences(of: old, with: new).utf8)
        do {
            _ = try ExportedProgram(archive, path: name)
            return nil
        } catch let error as FormatError {
            return error
        }
    }

    @Test(arguments: [
        (#""schema_version": {"major": 8"#, #""schema_version": {"major": 9"#, FormatError.Code.containerUnsupported),
        (#""schema_version""#, #""other_version""#, .jsonMalformed),
        (#""graph_module""#, #""graph_modul""#, .jsonMalformed),
        (#""signature": {"input_specs""#, #""signature": {"input_spec""#, .jsonMalformed),
        // A value that nothing gives, two of one name, one that is used before it is given.
        (
            #"{"name": "input", "arg": {"as_tensor": {"name": "x"}}"#,
            #"{"name": "input", "arg": {"as_tensor": {"name": "y"}}"#, .graphInvalid
        ),
        (
            #""outputs": [{"as_tensor": {"name": "batch_norm"}}]"#, #""outputs": [{"as_tensor": {"name": "conv2d"}}]"#,
            .graphDuplicate
        ),
        (
            #"{"name": "input", "arg": {"as_tensor": {"name": "x"}}"#,
            #"{"name": "input", "arg": {"as_tensor": {"name": "linear"}}"#, .graphInvalid
        ),
        // Arguments of no kind, of two, of the wrong one.
        (#"{"as_ints": [2, 2]}"#, #"{}"#, .jsonMalformed),
        (#"{"as_ints": [2, 2]}"#, #"{"as_ints": [2, 2], "as_int": 3}"#, .jsonMalformed),
        (#"{"as_ints": [2, 2]}"#, #"{"as_ints": [2, "2"]}"#, .jsonMalformed),
        (#"{"as_ints": [2, 2]}"#, #"{"as_ints": [2, 99999999999999999999]}"#, .jsonMalformed),
        (#""parameter_name": "conv.weight""#, #""parameter_name": "conv.wait""#, .tensorMissing),
        (#""parameter_name": "conv.weight""#, #""parameter_name": "fc.weight""#, .tensorShape),
        (#""persistent": true"#, #""persistent": false"#, .tensorMissing),
        (#"{"user_output": "#, #"{"loss_output": "#, .containerUnsupported),
        (#"{"user_input": "#, #"{"token": "#, .containerUnsupported),
    ]) func refusals(_ old: String, _ new: String, _ code: FormatError.Code) throws {
        let error = try #require(try edited("layers-2.13.0.pt2", old, new))
        #expect(error.code == code, "\(error.description)")
        #expect(error.file == "layers-2.13.0.pt2")
    }

    @Test func otherHigherOrderOperatorsStay() throws {
        let name = "wrapped-2.13.0.pt2"
        let autocast = try edited(
            name, #"{"as_scalar_type": 13}, "kind": 1}, {"name": "", "arg": {"as_bool": false}"#,
            #"{"as_scalar_type": 13}, "kind": 1}, {"name": "", "arg": {"as_bool": true}"#)
        #expect(autocast?.code == .containerUnsupported)
        var archive = try ProgramFixtures.archive(name)
        let text = String(decoding: archive.program, as: UTF8.self)
        archive.program = Array(text.replacingOccurrences(of: "wrap_with_set_grad_enabled", with: "cond").utf8)
        let program = try ExportedProgram(archive, path: name)
        #expect(program.graph.nodes.contains { $0.target == "higher_order.cond" })
    }

    @Test func nestingAndCountsAreBounded() throws {
        var archive = try ProgramFixtures.archive("layers-2.13.0.pt2")
        for (text, code) in [
            (String(repeating: "[", count: 100_000), FormatError.Code.limitDepth),
            ("[" + String(repeating: "0,", count: 2_000_000) + "0]", .limitCount),
            ("{\"a\": 1, \"a\": 2}", .jsonDuplicate), ("{}", .jsonMalformed), ("", .jsonMalformed),
        ] {
            archive.program = Array(text.utf8)
            #expect(failure { _ = try ExportedProgram(archive, path: "x") } == code)
        }
    }

    @Test func recordsThatAreMissingAreNamed() throws {
        let folder = try ScratchFolder()
        for (name, record, code) in [
            ("layers-2.13.0.pt2", "weight_0", FormatError.Code.tensorStorage),
            ("layers-2.13.0.pt2", "models/model.json", .containerUnsupported),
            ("layers-2.13.0.pt2", "model_weights_config.json", .containerMalformed),
            ("tree-2.13.0.pt2", "model_constants_config.json", .tensorMissing),
            ("tree-2.8.0.pt2", "data/weights/model.pt", .containerMalformed),
            ("tree-2.8.0.pt2", "data/constants/model.pt", .tensorMissing),
            ("layers-2.5.1.pt2", "serialized_state_dict.pt", .containerMalformed),
            ("tree-2.5.1.pt2", "serialized_constants.pt", .tensorMissing),
        ] {
            let file = try folder.archive(ProgramFixtures.path(name), replacing: [record: nil])
            #expect(failure { _ = try ExportedProgram(pt2: file) } == code, "\(name) without \(record)")
        }
    }

    @Test func sampleAndExpectedAreOnlyNoted() throws {
        let folder = try ScratchFolder()
        let path = ProgramFixtures.path("layers-2.13.0.pt2")
        for text in ["[1]", "{", "{\"output\": [[1, 2], [3]]}", "{\"output\": \"x\"}", "{\"other\": 1}"] {
            let file = try folder.archive(path, replacing: ["expected.json": Array(text.utf8)])
            let program = try ExportedProgram(pt2: file)
            #expect(program.expected.count == 0 && program.notes.count == 1, "\(text): \(program.notes)")
            #expect(program.expectedFault == program.notes.first)
        }
    }

    @Test func weightsReachNothingOutside() throws {
        let folder = try ScratchFolder()
        let path = ProgramFixtures.path("layers-2.13.0.pt2")
        let zip = try ZipArchive(FileSource(path: path))
        let entry = try #require(zip.entries.first { $0.name.hasSuffix("model_weights_config.json") })
        let text = String(decoding: try zip.contents(of: entry).array(), as: UTF8.self)
        for (old, new, code) in [
            (#""storage_offset": {"as_int": 0}"#, #""storage_offset": {"as_int": 9}"#, FormatError.Code.tensorBounds),
            (#""storage_offset": {"as_int": 0}"#, #""storage_offset": {"as_int": -1}"#, .tensorBounds),
            (#"{"as_int": 27}"#, #"{"as_int": 9223372036854775807}"#, .tensorBounds),
            (#""path_name": "weight_0""#, #""path_name": "../weight_0""#, .tensorStorage),
            (#""layout": 7"#, #""layout": 1"#, .containerUnsupported),
            (#""use_pickle": false"#, #""use_pickle": true"#, .containerUnsupported),
            (#""dtype": 7"#, #""dtype": 77"#, .tensorDtype),
        ] {
            #expect(text.contains(old))
            let changed = Array(text.replacingOccurrences(of: old, with: new).utf8)
            let file = try folder.archive(path, replacing: ["model_weights_config.json": changed])
            #expect(failure { _ = try ExportedProgram(pt2: file) } == code, "\(new)")
        }
    }

    /// Cut anywhere, or with any byte changed, a file is refused or read; nothing else happens.
    @Test(arguments: ["layers-2.13.0.pt2", "tree-2.5.1.pt2", "wrapped-2.8.0.pt2"])
    func cutsAndFlips(_ name: String) throws {
        let folder = try ScratchFolder()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: ProgramFixtures.path(name))))
        for count in stride(from: 0, to: bytes.count, by: 997) {
            let file = try folder.put(bytes.prefix(count), as: "cut")
            #expect(failure { _ = try ExportedProgram(pt2: file) } != nil, "cut to \(count)")
        }
        var options = ReadOptions()
        options.verifyChecksums = false
        var state: UInt64 = 20
        for round in 0..<400 {
            var damaged = bytes
            for _ in 0..<(1 + round % 3) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let place = Int(state >> 33) % damaged.count
                damaged[place] = UInt8(truncatingIfNeeded: state >> 20)
            }
            let file = try folder.put(damaged, as: "flipped")
            do { _ = try ExportedProgram(pt2: file, options: options) } catch is FormatError {}
        }
    }

    /// 600 KB of program within a moment: metadata is skipped, nothing is looked for twice.
    @Test func largeProgramsAreReadInNoTime() throws {
        var archive = try ProgramFixtures.archive("layers-2.13.0.pt2")
        var text = String(decoding: archive.program, as: UTF8.self)
        let first = try #require(text.firstRange(of: #"{"target": "torch.ops.aten.conv2d.default""#))
        var nodes = ""
        for index in 0..<2_000 {
            nodes += #"{"target": "torch.ops.aten.relu.default", "inputs": [{"name": "self", "arg": {"as_tensor": "#
            nodes += #"{"name": "x"}}, "kind": 1}], "outputs": [{"as_tensor": {"name": "extra_\#(index)"}}], "#
            nodes += #""metadata": {"stack_trace": "\#(String(repeating: "File line ", count: 15))"}, "name": "e"}, "#
        }
        text.insert(contentsOf: nodes, at: first.lowerBound)
        archive.program = Array(text.utf8)
        #expect(archive.program.count > 600_000)
        let start = ContinuousClock.now
        let program = try ExportedProgram(archive, path: "x")
        #expect(program.graph.nodes.count == 2_007)
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
