import Formats
import Foundation
import GraphIR
import Testing

@Suite("Zip archives")
struct ZipTests {
    private func archive(_ records: [(String, [UInt8])], in folder: TorchScratchFolder) throws -> [UInt8] {
        let output = try OutputFile(path: folder.path("made.zip"))
        var writer = ZipWriter(output)
        for (name, bytes) in records { try writer.add(name: name, bytes: Bytes(bytes)) }
        try writer.finish()
        try output.commit()
        return try Bytes(FileSource(path: folder.path("made.zip"))).array()
    }

    private let records: [(String, [UInt8])] = [
        ("a", Array("hello".utf8)), ("empty", []), ("é/long name", Array(repeating: 7, count: 5000)),
    ]

    @Test("what was written is read: names, order, sizes, bytes, checksums")
    func roundTrip() throws {
        let folder = try TorchScratchFolder()
        _ = try archive(records, in: folder)
        let zip = try ZipArchive(FileSource(path: folder.path("made.zip")))
        #expect(zip.entries.map(\.name) == records.map(\.0))
        for (name, bytes) in records {
            let entry = try #require(zip.entry(named: name))
            #expect(try zip.bytes(of: entry).array() == bytes)
            try zip.verify(entry)
        }
        // CRC-32 of "hello", as Python's zlib.crc32 gives it.
        #expect(zip.entry(named: "a")?.crc32 == 0x3610_A686)
        #expect(zip.entry(named: "e\u{301}/long name") == nil, "names are compared by bytes")
        #expect(zip.notes.isEmpty)
    }

    @Test("stored records are slices of the file")
    func slices() throws {
        let folder = try TorchScratchFolder()
        _ = try archive(records, in: folder)
        let zip = try ZipArchive(FileSource(path: folder.path("made.zip")))
        let entry = try #require(zip.entry(named: "a"))
        #expect(try zip.bytes(of: entry).fileRegion?.offset == entry.dataOffset)
    }

    @Test("deflated records can be read in any order and in pieces")
    func deflated() throws {
        let zip = try ZipArchive(FileSource(path: TorchFixtures.path("torch/deflated.pt")))
        let plain = try ZipArchive(FileSource(path: TorchFixtures.path("torch/little_endian.pt")))
        #expect(zip.entries.contains { $0.method == .deflated })
        for entry in zip.entries {
            let bytes = try zip.bytes(of: entry)
            let name = entry.name
            let expected = try plain.bytes(of: try #require(plain.entry(named: name))).array()
            #expect(try bytes.array() == expected, "\(name)")
            for start in stride(from: bytes.count - 1, through: 0, by: -3) {
                #expect(try bytes.slice(at: start, count: 1).array() == [expected[start]])
            }
        }
    }

    @Test("a name is added once")
    func duplicates() throws {
        let folder = try TorchScratchFolder()
        let output = try OutputFile(path: folder.path("out.zip"))
        var writer = ZipWriter(output)
        try writer.add(name: "a", bytes: Bytes([1]))
        #expect(failureCode { try writer.add(name: "a", bytes: Bytes([2])) } == .containerDuplicate)
    }

    @Test("a changed byte of a payload is found by its checksum")
    func checksum() throws {
        let folder = try TorchScratchFolder()
        var bytes = try archive(records, in: folder)
        let offset = try #require(try ZipArchive(FileSource(path: folder.path("made.zip"))).entry(named: "a"))
            .dataOffset
        bytes[offset] ^= 0x10
        let zip = try ZipArchive(try folder.write("changed.zip", bytes))
        let entry = try #require(zip.entry(named: "a"))
        #expect(failureCode { try zip.verify(entry) } == .containerChecksum)
    }

    /// Each damage with the code it must give. Numbers are offsets from the end of the archive.
    private static let damages: [(what: String, code: FormatError.Code, damage: @Sendable (inout [UInt8]) -> Void)] = [
        ("no end record", .containerTruncated, { $0.removeLast(60) }),
        ("one byte too many", .containerTrailing, { $0.append(0) }),
        ("one byte too few", .containerTruncated, { $0.removeLast() }),
        ("a byte before it", .containerAmbiguous, { $0.insert(0, at: 0) }),
        (
            "counts differ between both end records", .containerAmbiguous,
            {
                $0[$0.count - 12] = 9; $0[$0.count - 14] = 9
            }
        ),
        ("a comment that is not there", .containerMalformed, { $0[$0.count - 2] = 1 }),
    ]

    @Test("damaged ends are refused with their code")
    func ends() throws {
        let folder = try TorchScratchFolder()
        let good = try archive(records, in: folder)
        for (what, code, damage) in Self.damages {
            var bytes = good
            damage(&bytes)
            let file = try folder.write("damaged.zip", bytes)
            #expect(failureCode { _ = try ZipArchive(file) } == code, "\(what)")
        }
    }

    @Test("two archives in one file are ambiguous")
    func glued() throws {
        let folder = try TorchScratchFolder()
        let good = try archive(records, in: folder)
        let file = try folder.write("glued.zip", good + good)
        #expect(failureCode { _ = try ZipArchive(file) } == .containerAmbiguous)
    }

    @Test("no flipped bit of the directory goes unnoticed where it counts, and none crashes")
    func flipped() throws {
        let folder = try TorchScratchFolder()
        let good = try archive(records, in: folder)
        for position in 0..<good.count where position < 200 || position > good.count - 320 {
            for bit in 0..<8 {
                var bytes = good
                bytes[position] ^= UInt8(1) << UInt8(bit)
                let file = try folder.write("flipped.zip", bytes)
                do {
                    let zip = try ZipArchive(file)
                    for entry in zip.entries { try zip.verify(entry) }
                    // What is still accepted must still say the same.
                    #expect(zip.entries.map(\.name) == records.map(\.0), "byte \(position), bit \(bit)")
                    for (name, expected) in records {
                        let entry = try #require(zip.entry(named: name))
                        #expect(try zip.bytes(of: entry).array() == expected, "byte \(position), bit \(bit)")
                    }
                } catch {
                    #expect(error is FormatError, "byte \(position), bit \(bit): \(error)")
                }
            }
        }
    }
}
