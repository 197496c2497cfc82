import Formats
import Foundation
import GraphIR
import Testing

@Suite struct SafetensorsTests {

    /// The fixtures were written by the reference implementation.
    @Test(arguments: [
        "convmixer_digits/weights/model.safetensors", "convmixer_digits/weights/bfloat16.safetensors",
        "real/fracast.safetensors",
    ])
    func writesTheBytesOfTheReferenceImplementation(_ name: String) throws {
        let folder = try WorkFolder()
        let stateDict = try readSafetensors(FileSource(path: fixturesFolder + "/" + name))
        try write(to: folder("out")) { try writeSafetensors(stateDict, to: $0) }
        #expect(try contents(folder("out")) == contents(fixturesFolder + "/" + name))
    }

    @Test func everyTypeOfTheFormatComesBack() throws {
        let folder = try WorkFolder()
        let lacking: Set<ElementType> = [.string, .complex128, .uint4, .int4, .uint2, .int2]
        var stateDict = StateDict()
        for type in ElementType.allCases where type != .string {
            let count = try Tensor.byteCount(type, shape: [3, 8])
            let mask: UInt8 = type == .float6e2m3 || type == .float6e3m2 ? 0x3F : 0xFF
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) & mask }
            let tensor = try Tensor(type, shape: [3, 8], bytes: Bytes(bytes))
            if lacking.contains(type) {
                var single = StateDict()
                single["x"] = tensor
                #expect(
                    failure { try write(to: folder("no")) { try writeSafetensors(single, to: $0) } } == .tensorDtype,
                    "\(type)")
            } else {
                stateDict[type.onnxName] = tensor
            }
        }
        try write(to: folder("all")) { try writeSafetensors(stateDict, to: $0) }
        #expect(stateDict.count == 22)
        #expect(try readSafetensors(FileSource(path: folder("all"))).isIdentical(to: stateDict))
        #expect(folder.contents == ["all"])
    }

    @Test func sixBitFloatsArePackedLowestBitsFirst() throws {
        let folder = try WorkFolder()
        var stateDict = StateDict()
        stateDict["x"] = try Tensor(.float6e3m2, shape: [4], bytes: Bytes([0x01, 0x02, 0x03, 0x3F]))
        try write(to: folder("x")) { try writeSafetensors(stateDict, to: $0) }
        // 000001 | 000010 << 6 | 000011 << 12 | 111111 << 18
        #expect(try Array(contents(folder("x")).suffix(3)) == [0x81, 0x30, 0xFC])
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        let header: String
        let data: Int
        let code: FormatError.Code
        var testDescription: String { "\(header.prefix(80)) \(data)" }
    }

    @Test(arguments: [
        Damage(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 7, code: .containerTruncated),
        Damage(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 9, code: .containerTrailing),
        Damage(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, data: 12, code: .tensorBounds),
        Damage(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, data: 8, code: .tensorBounds),
        Damage(header: #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: 8, code: .tensorShape),
        Damage(header: #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, data: 8, code: .tensorShape),
        Damage(header: #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, data: 2, code: .tensorShape),
        Damage(header: #"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, data: 8, code: .tensorDtype),
        Damage(header: #"{"a":{"dtype":"F32","shape":[2]}}"#, data: 8, code: .jsonMalformed),
        Damage(header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#, data: 8, code: .jsonMalformed),
        Damage(header: #"{"__metadata__":{"a":1}}"#, data: 0, code: .jsonMalformed),
        Damage(
            header:
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
            data: 6, code: .tensorBounds),
    ])
    func damageIsNamed(_ damage: Damage) throws {
        let folder = try WorkFolder()
        let path = try folder.put(safetensorsBytes(damage.header, data: damage.data), as: "x.safetensors")
        #expect(failure { _ = try readSafetensors(FileSource(path: path)) } == damage.code)
    }

    @Test func theHeaderIsBounded() throws {
        let folder = try WorkFolder()
        let path = try folder.put([0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, 0x7B, 0x7D], as: "x.safetensors")
        #expect(failure { _ = try readSafetensors(FileSource(path: path)) } == .limitHeader)
    }

    @Test func orderIsThatOfTheHeaderAndMetadataStays() throws {
        let folder = try WorkFolder()
        let header =
            #"{"__metadata__":{"z":"1","a":"2"},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"#
            + #""a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#
        let path = try folder.put(safetensorsBytes(header, data: 3), as: "x.safetensors")
        let stateDict = try readSafetensors(FileSource(path: path))
        #expect(stateDict.names == ["b", "a"])
        #expect(Array(stateDict.metadata.keys) == ["z", "a"])
        #expect(try stateDict["b"]?.bytes().array() == [1, 2])
    }

    @Test func whateverIsCutOffIsRefused() throws {
        let folder = try WorkFolder()
        let whole = try contents(fixturesFolder + "/convmixer_digits/weights/model.safetensors")
        for length in Array(0..<64) + Array(stride(from: 64, to: whole.count, by: 997)) {
            let path = try folder.put(Array(whole.prefix(length)), as: "x.safetensors")
            #expect(failure { _ = try readSafetensors(FileSource(path: path)) } != nil, "\(length) bytes")
        }
    }
}
