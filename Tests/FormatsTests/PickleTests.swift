import Formats
import Foundation
import GraphIR
import Testing

@Suite("The inert unpickler")
struct PickleTests {
    private func load(_ pickle: [UInt8], allowing names: Set<String> = []) throws -> TorchFile {
        let folder = try TorchScratchFolder()
        var options = ReadOptions()
        options.allowedGlobals = names
        return try readTorch(try folder.write("value.pkl", pickle), format: .torchPickle, options: options)
    }

    private func load(_ text: String, allowing names: Set<String> = []) throws -> TorchFile {
        try load(Array(text.utf8), allowing: names)
    }

    @Test(
        "opcodes of every protocol become values",
        arguments: [
            ("N.", "none"), ("I01\n.", "bool(true)"), ("I00\n.", "bool(false)"), ("I-7\n.", "int(-7)"),
            ("L12L\n.", "int(12)"), ("L-9223372036854775808L\n.", "int(-9223372036854775808)"),
            ("F-0.5\n.", "float(-0.5)"),
            ("K\u{7}.", "int(7)"), ("M\u{1}\u{1}.", "int(257)"), ("S'a\\x41\\101\\\\'\n.", "string(\"aAA\\\\\")"),
            ("Va\\u0062\n.", "string(\"ab\")"), ("U\u{2}hi.", "string(\"hi\")"),
            ("(I1\nI2\nl.", "list([int(1), int(2)])"),
            ("(I1\nt.", "tuple([int(1)])"), ("]I1\na.", "list([int(1)])"), ("](I1\nI2\ne.", "list([int(1), int(2)])"),
            (")p0\n0g0\n.", "tuple([])"), ("(S'k'\nI1\nd.", "dictionary([string(\"k\"): int(1)])"),
            ("}S'k'\nI1\ns.", "dictionary([string(\"k\"): int(1)])"),
            ("}(S'k'\nI1\nu.", "dictionary([string(\"k\"): int(1)])"),
            ("I1\n(I2\n1.", "int(1)"), ("I1\n20.", "int(1)"), ("I1\n(0.", "int(1)"),
        ])
    func values(_ pickle: String, _ expected: String) throws {
        #expect(try describe(load(pickle).root) == expected)
    }

    @Test(
        "binary opcodes",
        arguments: [
            ([0x80, 2, 0x88, 0x2E], "bool(true)"), ([0x8A, 1, 0xFF, 0x2E], "int(-1)"), ([0x8A, 0, 0x2E], "int(0)"),
            ([0x8B, 2, 0, 0, 0, 0, 1, 0x2E], "int(256)"), ([0x4A, 0xFE, 0xFF, 0xFF, 0xFF, 0x2E], "int(-2)"),
            ([0x47, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0x2E], "float(1.0)"), ([0x8C, 1, 0x61, 0x2E], "string(\"a\")"),
            ([0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x2E], "string(\"a\")"), ([0x43, 1, 9, 0x2E], "bytes([9])"),
            ([0x96, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0x2E], "bytes([9])"), ([0x4E, 0x4E, 0x86, 0x2E], "tuple([none, none])"),
            ([0x8F, 0x28, 0x4B, 1, 0x90, 0x2E], "set([int(1)])"), ([0x28, 0x4B, 1, 0x91, 0x2E], "set([int(1)])"),
            ([0x80, 4, 0x95, 2, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x94, 0x2E], "none"),
        ] as [([UInt8], String)])
    func binary(_ pickle: [UInt8], _ expected: String) throws {
        #expect(try describe(load(pickle).root) == expected)
    }

    @Test(
        "what is no pickle is refused with its code",
        arguments: [
            ("", .pickleTruncated), ("N", .pickleTruncated), (".", .pickleStack), ("NN.", .pickleStack),
            ("(.", .pickleStack),
            ("t.", .pickleStack), ("h\u{5}.", .pickleStack), ("g9\n.", .pickleStack), ("Ix\n.", .pickleValue),
            ("Lx\n.", .pickleValue), ("Fx\n.", .pickleValue), ("Sx\n.", .pickleValue), ("S'\\\n.", .pickleValue),
            ("Np-1\n.", .pickleValue), ("V\\uD800\n.", .pickleValue), ("NNs.", .pickleStack), ("NNNs.", .pickleType),
            ("NNa.", .pickleType), ("}]Ns.", .pickleType), ("(I1\nd.", .pickleStack), ("N)R.", .pickleType),
            ("cmine\nThing\nNR.", .pickleType), ("NNb.", .pickleType), ("NQ.", .pickleType), ("Pkey\n.", .pickleOpcode),
            ("!.", .pickleOpcode), ("(S'k'\nI1\nS'k'\nI2\nd.", .pickleDuplicate),
            ("ccollections\nOrderedDict\n)RI1\nb.", .pickleType),
        ] as [(String, FormatError.Code)])
    func refused(_ pickle: String, _ code: FormatError.Code) {
        #expect(failureCode { _ = try load(pickle) } == code, "\(pickle)")
    }

    @Test(
        "classes of third parties stay records, calls of their functions are refused",
        arguments: [
            ("cmine\nThing\n(I1\ntR.", nil), ("cmine.sub\n_Private\n)R.", nil), ("(imine\nlowercase\n.", nil),
            ("cmine\nfunction\n)R.", .pickleGlobal), ("cmine\nfunction\n.", nil),
            ("ctorch.hub\nload\n)R.", .pickleGlobal),
            ("cos\nsystem\n.", .pickleGlobal), ("c__builtin__\neval\n0N.", .pickleGlobal),
            ("cbuiltins\nset\n(]tR.", nil),
            ("cargparse\nNamespace\n)R.", nil), ("cshutil\nrmtree\n.", .pickleGlobal),
            ("cos.path\nJoin\n.", .pickleGlobal),
            ("cmine\nThing.os.system\n.", .pickleGlobal), ("cmine\nOuter.Inner\n)R.", nil),
        ] as [(String, FormatError.Code?)])
    func globals(_ pickle: String, _ code: FormatError.Code?) {
        #expect(failureCode { _ = try load(pickle) } == code, "\(pickle)")
    }

    @Test("every refused global is named, and a name that was allowed reads on without running")
    func naming() throws {
        let pickle = "(cos\nsystem\nS'echo'\ncsubprocess\nPopen\nl."
        do {
            _ = try load(pickle)
            Issue.record("was read")
        } catch let error as FormatError {
            #expect(error.description.contains("os.system") && error.description.contains("subprocess.Popen"))
        }
        #expect(failureCode { _ = try load(pickle, allowing: ["os.system"]) } == .pickleGlobal)
        let file = try load(pickle, allowing: ["os.system", "subprocess.Popen"])
        #expect(file.globals == ["os.system", "subprocess.Popen"])
        let called = try load("cos\nsystem\n(S'echo'\ntR.", allowing: ["os.system"])
        guard case .object(let object) = called.root else {
            Issue.record("expected a record")
            return
        }
        #expect(object.className == "os.system" && object.arguments.count == 1)
    }

    @Test("a refused global counts for more than what is broken behind it")
    func brokenTail() {
        #expect(failureCode { _ = try load("cos\nsystem\n!") } == .pickleGlobal)
    }

    @Test("nesting is bounded, sharing is bounded, and both limits are where they are said to be")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + String(repeating: "l", count: depth) + "."
        }
        _ = try load(nested(PickledValue.maximumDepth + 1))
        #expect(failureCode { _ = try load(nested(PickledValue.maximumDepth + 2)) } == .limitDepth)
        #expect(failureCode { _ = try load(nested(100_000)) } == .limitDepth)
        func doubled(_ times: Int) -> [UInt8] {
            [0x29] + Array(repeating: [0x32, 0x86] as [UInt8], count: times).joined() + [0x2E]
        }
        _ = try load(doubled(18))
        #expect(failureCode { _ = try load(doubled(20)) } == .limitCount)
        #expect(failureCode { _ = try load(doubled(60)) } == .limitCount)
    }

    @Test("a value that holds itself is cut, and that is said")
    func cycle() throws {
        let file = try load("]p0\ng0\na.")
        #expect(describe(file.root) == "list([global(\"(recursive reference)\")])")
        #expect(file.notes.count == 1)
    }

    private func describe(_ value: PickledValue) -> String {
        switch value {
        case .none: "none"
        case .bool(let value): "bool(\(value))"
        case .int(let value): "int(\(value))"
        case .bigInt(let bytes): "bigInt(\(bytes))"
        case .float(let value): "float(\(value))"
        case .complex(let real, let imaginary): "complex(\(real), \(imaginary))"
        case .string(let text): "string(\(text.debugDescription))"
        case .bytes(let bytes): "bytes(\(bytes))"
        case .tensor(let tensor): "tensor(\(tensor.tensor.shape))"
        case .list(let items): "list([\(items.map(describe).joined(separator: ", "))])"
        case .tuple(let items): "tuple([\(items.map(describe).joined(separator: ", "))])"
        case .set(let items): "set([\(items.map(describe).joined(separator: ", "))])"
        case .dictionary(let pairs):
            "dictionary([\(pairs.map { "\(describe($0.key)): \(describe($0.value))" }.joined(separator: ", "))])"
        case .object(let object): "object(\(object.className))"
        case .global(let name): "global(\(name.debugDescription))"
        }
    }
}
