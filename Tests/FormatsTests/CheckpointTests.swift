import Formats
import Foundation
import GraphIR
import Testing

@Suite struct CheckpointTests {
    static let weights = fixturesFolder + "/convmixer_digits/weights/"

    @Test(arguments: [
        "model.safetensors", "model.safetensors.index.json", "legacy.pth", "protocol4.pth", "protocol5.pth",
        "training_checkpoint.pth", "one_storage.pth", "channels_last.pth", "parameters.pth", "whole_module.pth",
        "torchscript.pt", "exported.pt2",
    ])
    func everyContainerHoldsTheSameWeights(_ name: String) throws {
        let plain = try openCheckpoint(Self.weights + "state_dict.pth").stateDict
        #expect(plain.count == 65)
        #expect(try openCheckpoint(Self.weights + name).stateDict.isIdentical(to: plain))
    }

    @Test func aTrainingCheckpointSaysWhatWasChosen() throws {
        let path = Self.weights + "training_checkpoint.pth"
        let checkpoint = try openCheckpoint(path)
        #expect(checkpoint.selection.chosenPath == "state_dict")
        #expect(checkpoint.selection.alternatives.map(\.path) == ["state_dict_ema"])
        #expect(checkpoint.selection.others.map(\.path) == ["epoch", "arch", "optimizer", "version", "metric", "args"])
        #expect(checkpoint.stateDict.metadata["arch"] == "convmixer")

        var options = ReadOptions()
        options.preferEMA = true
        let average = try openCheckpoint(path, options)
        #expect(average.selection.chosenPath == "state_dict_ema")
        #expect(average.selection.strippedPrefixes == ["module."])
        #expect(average.stateDict.names == checkpoint.stateDict.names)

        options.preferEMA = false
        options.selectPath = "state_dict_ema"
        #expect(try openCheckpoint(path, options).stateDict.isIdentical(to: average.stateDict))
        options.selectPath = "nothing.here"
        #expect(failure { _ = try openCheckpoint(path, options) } == .usage)
    }

    @Test func averagesThatAreNotThereAreAnError() {
        var options = ReadOptions()
        options.preferEMA = true
        for name in ["state_dict.pth", "model.safetensors"] {
            #expect(failure { _ = try openCheckpoint(Self.weights + name, options) } == .usage, "\(name)")
        }
    }

    @Test func prefixesGoOnlyWhereAllNamesHaveThem() throws {
        let folder = try WorkFolder()
        func names(_ names: [String]) throws -> (names: [String], stripped: [String]) {
            var stateDict = StateDict()
            for name in names { stateDict[name] = try Tensor([Float(1)], shape: [1]) }
            try write(to: folder("x")) { try writeSafetensors(stateDict, to: $0) }
            let checkpoint = try openCheckpoint(folder("x"))
            return (checkpoint.stateDict.names, checkpoint.selection.strippedPrefixes)
        }
        #expect(try names(["module._orig_mod.a", "module._orig_mod.b"]) == (["a", "b"], ["module.", "_orig_mod."]))
        #expect(try names(["head", "model.a"]) == (["head", "model.a"], []))
        #expect(try names(["model.", "model.a"]) == (["model.", "model.a"], []))
    }

    @Test func aConfigurationBesideTheWeightsIsRead() throws {
        let folder = try WorkFolder()
        let path = try folder.put(safetensorsBytes("{}", data: 0), as: "model.safetensors")
        #expect(try openCheckpoint(path).config == nil)
        try folder.put(Array(#"{"architecture":"convmixer_768_32"}"#.utf8), as: "config.json")
        #expect(try openCheckpoint(path).config?["architecture"]?.stringValue == "convmixer_768_32")
        try folder.put(Array("{".utf8), as: "config.json")
        let broken = try openCheckpoint(path)
        #expect(broken.config == nil)
        #expect(broken.notes.count == 1)
    }

    @Test(
        arguments: [
            ("/etc/hostname", .pathEscape), ("../x.safetensors", .pathEscape), ("a/../x.safetensors", .pathEscape),
            ("..\\\\x", .pathEscape), ("", .pathEscape), ("link/x.safetensors", .pathEscape), ("absent", .ioMissing),
            ("linked.safetensors", .pathEscape), ("hard.safetensors", .pathSpecial), ("folder", .pathSpecial),
            ("fifo", .pathSpecial), ("a\\u0000b", .pathEscape), ("folder/x.safetensors", nil),
        ] as [(String, FormatError.Code?)])
    func shardsStayBeneathTheFolder(_ shard: String, _ code: FormatError.Code?) throws {
        let folder = try WorkFolder()
        let bytes = safetensorsBytes(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: 1)
        try folder.put(bytes, as: "x.safetensors")
        try folder.put(bytes, as: "in/folder/x.safetensors")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder("in/link"), withDestinationPath: "folder")
        try manager.createSymbolicLink(
            atPath: folder("in/linked.safetensors"), withDestinationPath: "folder/x.safetensors")
        try manager.linkItem(atPath: folder("x.safetensors"), toPath: folder("in/hard.safetensors"))
        #expect(mkfifo(folder("in/fifo"), 0o600) == 0)
        let index = try folder.put(
            Array(#"{"weight_map":{"w":"\#(shard)"}}"#.utf8), as: "in/model.safetensors.index.json")
        #expect(failure { _ = try openCheckpoint(index) } == code)
    }
}
