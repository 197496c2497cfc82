import Formats
import Foundation
import GraphIR
import Testing

/// Pickles of a few kilobytes that ask for time, memory or stack without end. None may be answered with either.
@Suite("What a pickle may cost")
struct HostileCostTests {
    // MARK: Opcodes

    private static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    private static func text(_ text: String) -> [UInt8] { [0x58] + number(text.utf8.count) + Array(text.utf8) }
    private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    private static func put(_ index: Int) -> [UInt8] { [0x72] + number(index) }
    private static func get(_ index: Int) -> [UInt8] { [0x6A] + number(index) }
    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static func times(_ count: Int, _ bytes: [UInt8]) -> [UInt8] {
        [UInt8](Array(repeating: bytes, count: count).joined())
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var code: FormatError.Code
        var pickle: [UInt8]
        var testDescription: String { what }
    }

    /// A tuple and a dictionary of this many entries, which a few bytes refer to.
    private static let large = 100_000
    private static let tuple = ascii("(") + times(large, ascii("N")) + ascii("t") + put(1) + ascii("0")
    private static let dictionary = ascii("}(") + times(large, ascii("K\u{1}N")) + ascii("u") + put(1) + ascii("0")

    static let cases: [Case] = {
        let fromType = global("torch._tensor", "_rebuild_from_type_v2") + put(1)
        let newObject = global("copyreg", "__newobj__") + put(1)
        let newObjectEx = global("copyreg", "__newobj_ex__") + put(1)
        let again = get(1) + get(1)
        var nested = fromType + ascii("0)")
        for _ in 0..<large { nested += put(2) + ascii("0(") + again + get(2) + ascii("Nt") }
        nested += put(2) + ascii("0") + get(1) + ascii("(") + again + get(2) + ascii("NtR")
        var storages = text(String(repeating: "k", count: 100_000)) + put(1) + ascii("0")
        for length in 0..<100 {
            storages +=
                ascii("(") + text("storage") + global("torch", "FloatStorage") + get(1) + ascii("NJ") + number(length)
                + ascii("tQ0")
        }
        return [
            Case(
                what: "a constructor whose arguments hold themselves", code: .limitDepth,
                pickle: fromType + ascii("]") + put(2) + ascii("(") + again + get(2) + ascii("Ne0") + get(1)
                    + ascii("(") + again + get(2) + ascii("NtR")),
            Case(what: "constructors 100,000 deep", code: .limitDepth, pickle: nested),
            Case(
                what: "__newobj__ of __newobj__ of …", code: .limitDepth,
                pickle: newObject + ascii("(") + times(10_000, get(1)) + ascii("tR")),
            Case(
                what: "__newobj_ex__ of itself", code: .limitDepth,
                pickle: newObjectEx + ascii("]") + put(2) + ascii("(") + get(1) + get(2) + ascii("}e0") + get(1)
                    + ascii("(") + get(1) + get(2) + ascii("}tR")),
            Case(
                what: "arguments copied again and again", code: .limitCount,
                pickle: tuple + ascii("}") + text("a") + ascii("Ns") + put(2) + ascii("0") + global("foo", "Bar")
                    + put(3) + ascii("0") + times(5000, get(3) + get(1) + get(2) + [0x92, 0x30])),
            Case(
                what: "a dictionary copied again and again", code: .limitCount,
                pickle: dictionary + global("collections", "OrderedDict") + put(3) + ascii("0")
                    + times(5000, get(3) + get(1) + [0x85, 0x52, 0x30])),
            Case(
                what: "the same large state given again and again", code: .limitCount,
                pickle: dictionary + ascii("}") + times(20_000, get(1) + ascii("b"))),
            Case(
                what: "a list of bytes made bytes again and again", code: .limitCount,
                pickle: ascii("](") + times(large, ascii("K\u{1}")) + ascii("e") + put(1) + ascii("0")
                    + global("builtins", "bytearray") + put(2) + ascii("0")
                    + times(20_000, get(2) + get(1) + [0x85, 0x52, 0x30])),
            Case(what: "MARKs without end", code: .limitCount, pickle: times(2_000_000, ascii("("))),
            Case(what: "a stack without end", code: .limitCount, pickle: ascii("N") + times(2_000_000, ascii("2"))),
            Case(what: "a memo without end", code: .limitCount, pickle: ascii("N") + times(2_000_000, [0x94])),
            Case(
                what: "a global of a hundred kilobytes", code: .limitCount,
                pickle: text(String(repeating: "Z", count: 100_000)) + text("Y") + [0x93]),
            Case(
                what: "more globals than a program has", code: .limitCount,
                pickle: [UInt8]((0..<10_000).map { global("foo", "C\($0)") + ascii("0") }.joined())),
            Case(what: "storages with long keys", code: .limitCount, pickle: storages),
            Case(
                what: "one long key in many dictionaries", code: .limitMemory,
                pickle: text(String(repeating: "k", count: 1_000_000)) + put(1) + ascii("0](")
                    + times(1000, ascii("}") + get(1) + ascii("Ns")) + ascii("e")),
        ]
    }()

    @Test(arguments: cases) func isRefusedAtOnce(_ file: Case) throws {
        let folder = try WorkFolder()
        let isComplete = file.what.contains("long key in")
        let path = try folder.put([0x80, 2] + file.pickle + Self.ascii(isComplete ? "." : "N."), as: "a.pkl")
        let clock = ContinuousClock()
        var code: FormatError.Code?
        let elapsed = clock.measure { code = failure { _ = try TorchFixtures.read(path) } }
        #expect(code == file.code)
        // Each would take minutes, gigabytes or the stack; what is left over is for debug builds.
        #expect(elapsed < .seconds(20))
    }

    @Test func textBecomesBytesOnce() throws {
        let folder = try WorkFolder()
        let size = 100_000
        let call = Self.get(2) + Self.get(1) + Self.get(3) + [0x86, 0x52]
        let pickle =
            Self.text(String(repeating: "a", count: size)) + Self.put(1) + Self.ascii("0")
            + Self.global("_codecs", "encode") + Self.put(2) + Self.ascii("0") + Self.text("latin1") + Self.put(3)
            + Self.ascii("0](") + Self.times(100, call) + Self.ascii("e.")
        let path = try folder.put([0x80, 2] + pickle, as: "a.pkl")
        guard case .list(let items) = try TorchFixtures.read(path).root else {
            Issue.record("expected a list")
            return
        }
        #expect(items.count == 100)
        for item in items {
            guard case .bytes(let bytes) = item else {
                Issue.record("expected bytes")
                return
            }
            #expect(bytes.count == size)
        }
    }

    @Test func wrappersAreRemovedSixteenDeep() throws {
        let folder = try WorkFolder()
        let name = String(repeating: "module.", count: 20) + "weight"
        let header = "{\"\(name)\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}"
        let path = try folder.put(safetensorsBytes(header, data: 4), as: "a.safetensors")
        let checkpoint = try openCheckpoint(path)
        #expect(checkpoint.stateDict.names == [String(repeating: "module.", count: 4) + "weight"])
        #expect(checkpoint.selection.strippedPrefixes.count == 16)
    }

    @Test func headersOfManyKeysAreRefused() throws {
        let folder = try WorkFolder()
        let keys = (0..<1000).map { "'k\($0)': 1" }.joined(separator: ", ")
        let text = Array("{\(keys)}\n".utf8)
        let length = (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        let path = try folder.put([0x93] + Array("NUMPY".utf8) + [2, 0] + length + text, as: "a.npy")
        #expect(failure { _ = try openCheckpoint(path) } == .limitCount)
    }

    @Test func metadataOfManyEntriesIsRefused() throws {
        let folder = try WorkFolder()
        let entries = (0..<20_000).map { "\"\($0)\":\"\"" }.joined(separator: ",")
        let path = try folder.put(safetensorsBytes("{\"__metadata__\":{\(entries)}}", data: 0), as: "a.safetensors")
        #expect(failure { _ = try openCheckpoint(path) } == .limitCount)
    }
}
