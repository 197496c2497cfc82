import Formats
import GraphIR
import Testing

@Suite struct NumPyTests {
    /// An `.npy` of version 1.
    static func npy(_ header: String, _ data: [UInt8]) -> [UInt8] {
        let text = Array((header + "\n").utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + data
    }

    static func read(_ bytes: [UInt8]) throws -> Tensor? {
        let folder = try WorkFolder()
        let path = try folder.put(bytes, as: "x.npy")
        return try readNumPy(FileSource(path: path), format: .npy)["x"]
    }

    @Test func fortranOrderAndBigEndianBecomeDense() throws {
        // [[1, 2, 3], [4, 5, 6]] by columns, highest byte first.
        let data: [UInt8] = [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]
        let tensor = try #require(
            try Self.read(Self.npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", data)))
        #expect(tensor.shape == [2, 3])
        #expect(try tensor.array(of: Int16.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test func bigEndianComplexNumbersSwapEachPart() throws {
        let data: [UInt8] = [0x3F, 0x80, 0, 0, 0x40, 0, 0, 0]
        let tensor = try #require(try Self.read(Self.npy("{'descr':'>c8','fortran_order':False,'shape':()}", data)))
        #expect(try tensor.bytes().array() == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    }

    @Test(
        arguments: [
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1L,), }", nil),
            ("{\"descr\": u'<f4', 'fortran_order': False, 'shape': (1,)}", nil),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", .containerTruncated),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", .containerTrailing),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': 1}", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': False}", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", .npyHeader),
            ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),)}", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (1+0,)}", .npyHeader),
            ("['<f4', False, (1,)]", .npyHeader),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", .tensorShape),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}", .tensorShape),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", .tensorShape),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", .tensorDtype),
            ("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", .tensorDtype),
            ("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}", .tensorDtype),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", .tensorDtype),
            ("{'descr': '|V1', 'fortran_order': False, 'shape': (4,)}", .tensorDtype),
            ("((((((((((((((((((((", .limitDepth),
        ] as [(String, FormatError.Code?)])
    func headersAreLiterals(_ header: String, _ code: FormatError.Code?) {
        #expect(failure { _ = try Self.read(Self.npy(header, [0, 0, 0x80, 0x3F])) } == code)
    }

    @Test func archivesComeBackInOrder() throws {
        let folder = try WorkFolder()
        var tensors = StateDict()
        let types: [ElementType] = [
            .float32, .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .float16, .float64, .uint32, .uint64,
            .complex64, .complex128, .bfloat16,
        ]
        for (index, type) in types.enumerated() {
            for shape in [[], [0, 3], [5], [2, 3, 4]] {
                let count = try Tensor.byteCount(type, shape: shape)
                let bytes = (0..<count).map {
                    UInt8(truncatingIfNeeded: $0 &* 31 &+ index) & (type == .bool ? 1 : 0xFF)
                }
                tensors["\(type).\(shape.count)/x"] = try Tensor(type, shape: shape, bytes: Bytes(bytes))
            }
        }
        try write(to: folder("a.npz")) { try writeNPZ(tensors, to: $0) }
        try write(to: folder("b.npz")) { try writeNPZ(tensors, to: $0) }
        #expect(try contents(folder("a.npz")) == contents(folder("b.npz")))
        let checkpoint = try openCheckpoint(folder("a.npz"))
        #expect(checkpoint.format == .npz)
        #expect(checkpoint.stateDict.names == tensors.names)
        for (name, tensor) in tensors.tensors {
            let read = try #require(checkpoint.stateDict[name.string])
            #expect(read.elementType == tensor.elementType && read.shape == tensor.shape, "\(name)")
            #expect(try read.bytes().array() == tensor.bytes().array(), "\(name)")
        }
    }

    @Test func typesThatNumPyCannotNameAreRefused() throws {
        let folder = try WorkFolder()
        var tensors = StateDict()
        tensors["x"] = try Tensor(.float8e4m3fn, shape: [1], bytes: Bytes([0]))
        #expect(failure { try write(to: folder("x.npz")) { try writeNPZ(tensors, to: $0) } } == .tensorDtype)
        #expect(folder.contents.isEmpty)
    }
}
