import Foundation
import Testing
import Weightbridge

@Suite("Parity: golden data in ONNX's test layout")
struct ParityGoldenFolderTests {
    /// A `TensorProto` of float32, rank 1: `dims`, `data_type` 1, `raw_data` (onnx.proto, fields 1, 2 and 9).
    private func proto(_ values: [Float]) -> Data {
        let raw = values.withUnsafeBytes { [UInt8]($0) }
        return Data([0x08, UInt8(values.count), 0x10, 1, 0x4A, UInt8(raw.count)] + raw)
    }

    private func write(_ files: [String: [Float]], to folder: TemporaryFolder) throws {
        for (name, values) in files {
            let url = folder.url.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try proto(values).write(to: url)
        }
    }

    @Test func readsEverySetInOrderOfItsNumber() throws {
        let folder = try TemporaryFolder()
        try write(
            [
                "test_data_set_10/input_0.pb": [10], "test_data_set_2/input_0.pb": [2],
                "test_data_set_0/input_0.pb": [0], "test_data_set_0/input_1.pb": [1],
                "test_data_set_0/output_0.pb": [5],
                "test_data_set_0/other.pb": [9],
            ], to: folder)
        let golden = try GoldenData.load(folder.url.path)
        #expect(golden.name == "test_data_set_0")
        #expect(golden.inputsByPosition.keys.sorted() == [0, 1])
        #expect(try golden.inputsByPosition[1]?.doubles() == [1])
        #expect(try golden.outputsByPosition[0]?.doubles() == [5])
        #expect(golden.furtherSets.map(\.name) == ["test_data_set_2", "test_data_set_10"])
        #expect(golden.notes == ["'other.pb' isn't named input_N.pb or output_N.pb and was not used"])
    }

    @Test func readsOneSet() throws {
        let folder = try TemporaryFolder()
        try write(["input_0.pb": [1, 2], "output_0.pb": [3]], to: folder)
        let golden = try GoldenData.load(folder.url.path)
        #expect(try golden.inputsByPosition[0]?.doubles() == [1, 2])
        #expect(golden.furtherSets.isEmpty)
    }

    @Test func refusesAFolderOfOtherThings() throws {
        let folder = try TemporaryFolder()
        try write(["notes.pb": [1]], to: folder)
        let error = #expect(throws: FormatError.self) { try GoldenData.load(folder.url.path) }
        #expect(error?.code == .formatUnknown)
    }

    @Test func refusesAModelAndAMissingFile() throws {
        let error = #expect(throws: FormatError.self) { try GoldenData.load("\(Digits.folder)/torch.onnx") }
        #expect(error?.code == .formatMismatch)
        let missing = #expect(throws: FormatError.self) { try GoldenData.load("\(Digits.folder)/nothing.npz") }
        #expect(missing?.code == .ioMissing)
    }
}
