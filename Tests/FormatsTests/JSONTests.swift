import Formats
import GraphIR
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-2.5e+3,0.10],"b":{"c":null},"d":[true,false],"e":""}"#, "[]", "{}", #""é""#, "-0", "[[],{}]",
    ])
    func whatIsReadIsWrittenBack(_ text: String) throws {
        #expect(try JSONValue.parse(Array(text.utf8)).serialized(pretty: false) == text)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", #"{"a":1,}"#, "01", "1.", ".5", "+1", "1e", "NaN", "Infinity", "'a'", "[1 2]", "1 2",
        "nul",
        "// x\n1", "\u{FEFF}1", #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"\u{1}\"", "\"",
        #"{1:2}"#, #"{"a"}"#, "-",
    ])
    func whatRFC8259ForbidsIsMalformed(_ text: String) {
        #expect(failure { _ = try JSONValue.parse(Array(text.utf8)) } == .jsonMalformed)
    }

    @Test func bytesThatAreNoUTF8AreMalformed() {
        for bytes: [UInt8] in [[0x22, 0xC0, 0x80, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(failure { _ = try JSONValue.parse(bytes) } == .jsonMalformed)
        }
    }

    @Test func keysAreComparedByteByByte() throws {
        #expect(failure { _ = try JSONValue.parse(Array(#"{"a":1,"\u0061":2}"#.utf8)) } == .jsonDuplicate)
        let value = try JSONValue.parse(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(value["\u{E9}"]?.integer == 1)
        #expect(value["e\u{301}"]?.integer == 2)
    }

    @Test func nestingIsBounded() throws {
        let deep = { (depth: Int) in [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth) }
        _ = try JSONValue.parse(deep(JSONValue.defaultDepthLimit))
        #expect(failure { _ = try JSONValue.parse(deep(JSONValue.defaultDepthLimit + 1)) } == .limitDepth)
        #expect(failure { _ = try JSONValue.parse([UInt8](repeating: 0x5B, count: 1 << 20)) } == .limitDepth)
    }

    @Test func onlyIntegerLiteralsAreIntegers() throws {
        for (text, number) in [("4", 4), ("-7", -7), ("4.0", nil), ("4e0", nil), ("9223372036854775808", nil)]
            as [(String, Int?)]
        {
            #expect(try JSONValue.parse(Array(text.utf8)).integer == number, "\(text)")
        }
    }

    @Test func escapesAreDecoded() throws {
        let value = try JSONValue.parse(Array(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#.utf8))
        #expect(value.stringValue == "\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F600}")
    }

    @Test func whateverIsCutOffIsRefused() throws {
        let text = Array(#"{"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#.utf8)
        for length in 0..<text.count {
            #expect(
                failure { _ = try JSONValue.parse(Array(text.prefix(length))) } == .jsonMalformed, "\(length) bytes")
        }
    }
}
