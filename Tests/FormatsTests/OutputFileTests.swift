import Formats
import Foundation
import GraphIR
import Testing

@Suite struct OutputFileTests {
    @Test func withoutACommitNothingIsLeft() throws {
        let folder = try WorkFolder()
        try folder.put([1], as: "old")
        do {
            let output = try OutputFile(path: folder("old"))
            try output.write([2, 3])
            #expect(try contents(folder("old")) == [1])
        }
        #expect(folder.contents == ["old"])
        #expect(try contents(folder("old")) == [1])
    }

    @Test func aFileMayBeReplacedByWhatIsReadFromIt() throws {
        let folder = try WorkFolder()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let path = try folder.put(bytes, as: "x")
        let source = Bytes(try FileSource(path: path))
        try write(to: path) { output in
            try output.append(source.slice(at: 50_000, count: 50_000))
            try output.append(source.slice(at: 0, count: 50_000))
        }
        #expect(try contents(path) == Array(bytes[50_000...] + bytes[..<50_000]))
    }

    @Test func positionPaddingAndOverwriting() throws {
        let folder = try WorkFolder()
        try write(to: folder("x")) { output in
            try output.write([1, 2, 3])
            try output.pad(to: 8, with: 9)
            #expect(output.position == 8)
            try output.append(Bytes([4]))
            try output.overwrite(at: 1, [7, 7])
            #expect(output.position == 9)
            #expect(failure { try output.overwrite(at: 8, [1, 1]) } == .tensorBounds)
        }
        #expect(try contents(folder("x")) == [1, 7, 7, 9, 9, 9, 9, 9, 4])
    }

    @Test func permissionsAreThoseOfTheReplacedFile() throws {
        let folder = try WorkFolder()
        let path = try folder.put([1], as: "x")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try write(to: path) { try $0.write([2]) }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    @Test func aLinkIsFollowed() throws {
        let folder = try WorkFolder()
        try folder.put([1], as: "real")
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "real")
        try write(to: folder("link")) { try $0.write([2]) }
        #expect(try contents(folder("real")) == [2])
        #expect(folder.contents == ["link", "real"])
    }

    @Test func whatIsNoFileIsNotReplaced() throws {
        let folder = try WorkFolder()
        #expect(failure { _ = try OutputFile(path: folder.path) } == .pathSpecial)
        #expect(failure { _ = try OutputFile(path: "/dev/null") } == .pathSpecial)
        #expect(failure { _ = try OutputFile(path: folder("no/x")) } == .ioMissing)
        #expect(failure { _ = try OutputFile(path: "") } == .usage)
        try FileManager.default.createSymbolicLink(atPath: folder("dangling"), withDestinationPath: "nothing")
        #expect(failure { _ = try OutputFile(path: folder("dangling")) } == .pathSpecial)
    }

    @Test func aSourceThatWasCutShortIsAnError() throws {
        let folder = try WorkFolder()
        let path = try folder.put([UInt8](repeating: 1, count: 10_000), as: "in")
        let source = Bytes(try FileSource(path: path))
        #expect(truncate(path, 100) == 0)
        #expect(failure { try write(to: folder("out")) { try $0.append(source) } } == .containerTruncated)
        #expect(folder.contents == ["in"])
    }
}
