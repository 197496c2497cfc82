import Foundation
import GraphIR
import Images
import Testing

/// Pictures that `fixtures/images/make.py` wrote, and what Pillow makes of them.
@Suite struct ImageDecodingTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/images")

    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { names.contains("\($0).rgb") }.sorted()
    }()

    private func decode(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> RGBImage {
        try bytes.withUnsafeBytes { try decodeImage($0, memoryLimit: limit) }
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.folder.appendingPathComponent(name)))
    }

    @Test("a picture is decoded to the bits that Pillow finds", arguments: files)
    func decodes(_ name: String) throws {
        do {
            let image = try decode(bytes(name))
            #expect(image.pixels.count == 3 * image.width * image.height)
            #expect(try image.pixels == bytes("\(name).rgb"))
        } catch let error as FormatError where error.code == .containerUnsupported {
            // The library of this format isn't installed here: the error must say which.
            #expect(error.problem.contains("isn't installed") && error.hint?.contains("install") == true)
        }
    }

    @Test("there are pictures of every format")
    func covers() throws {
        let found = try Set(Self.files.compactMap { name in try bytes(name).withUnsafeBytes { ImageFormat($0) } })
        #expect(found == Set(ImageFormat.allCases))
    }

    @Test("a picture cut short or changed is refused or decoded, never worse", arguments: files)
    func damage(_ name: String) throws {
        let whole = try bytes(name)
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for round in 0..<60 {
            var mutant = whole
            if round % 2 == 0 {
                mutant = Array(mutant.prefix(next(mutant.count)))
            } else {
                mutant[next(mutant.count)] = UInt8(next(256))
            }
            do {
                _ = try decode(mutant)
            } catch {
                #expect(error is FormatError, "seed \(seed), round \(round)")
            }
        }
    }

    @Test("a picture that would take more memory than allowed is refused before it does")
    func limits() throws {
        #expect(throws: FormatError.self) { try decode(bytes("rgb.png"), limit: 100) }
        let huge = Array("P6 999999999 999999999 255 ".utf8)
        do {
            _ = try decode(huge)
        } catch let error as FormatError {
            #expect(error.code == .limitMemory)
        }
        #expect(throws: FormatError.self) { try decode([]) }
        #expect(throws: FormatError.self) { try decode(Array("P6 0 3 255 ".utf8)) }
    }
}
