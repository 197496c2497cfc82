import GraphIR
import Testing

@testable import Architectures

@Suite struct CatalogTests {
    /// Parameters and multiply-adds by the closed form of the paper's layers, and timm's own count of parameters.
    @Test(arguments: [
        ("convmixer_1536_20", 51_625_960, 51.099), ("convmixer_768_32", 21_110_248, 20.677),
        ("convmixer_1024_20_ks9_p14", 24_383_464, 5.949), ("convmixer_1536_20_ks3_p7", 49_414_120, 48.834),
        ("convmixer_1024_16_ks9_p7", 19_381_224, 18.694), ("convmixer_1024_12_ks8_p7", 14_621_672, 13.845),
        ("convmixer_512_16_ks8_p7", 5_357_544, 4.909), ("convmixer_512_12_ks8_p7", 4_165_608, 3.701),
        ("convmixer_768_32_ks3_p14", 20_465_896, 5.005), ("convmixer_1536_20_ks9_p14", 52_303_336, 12.949),
        ("convmixer_256_8_ks5_p2", 594_186, 0.148),
    ])
    func countsAgreeWithThePublishedOnes(name: String, parameters: Int, gigamacs: Double) throws {
        let entry = try #require(try ArchitectureCatalog.entries(matching: name).first)
        #expect(entry.name == name)
        #expect(entry.parameters == parameters)
        #expect((Double(entry.macs) / 1e6).rounded() == (gigamacs * 1000).rounded())
    }

    @Test func namesThatAreNotListedAreParsed() throws {
        let entry = try #require(try ArchitectureCatalog.entries(matching: "convmixer_64_4_ks5_p2").first)
        #expect(entry.parameters == 3 * 4 * 64 + 3 * 64 + 4 * (64 * 25 + 3 * 64 + 64 * 64 + 3 * 64) + 1000 * 64 + 1000)
        #expect(try ArchitectureCatalog.entries(matching: "resnext_of_nowhere").isEmpty)
    }

    @Test(arguments: ["convmixer", "convmixer_a_3", "convmixer_0_4", "convmixer_4_2_ks0", "convmixer_4_99999", "vit_b"])
    func otherNamesAreRefused(name: String) {
        #expect(throws: MappingError.self) { try initializeCheckpoint(architecture: name, seed: 0) }
    }

    @Test func sameSeedGivesTheSameBits() throws {
        func bits(_ seed: UInt64) throws -> [UInt8] {
            let weights = try initializeCheckpoint(architecture: "convmixer_8_2_ks3_p2", seed: seed)
            return try weights.names.flatMap { try weights[$0]?.bytes().array() ?? [] }
        }
        #expect(try bits(5) == bits(5))
        #expect(try bits(5) != bits(6))
    }

    @Test func randomBytesAreTheSameInWhateverPiecesTheyAreRead() throws {
        let bytes = Bytes(RandomSource(count: 400, range: -1...1, seed: 9))
        let whole = try bytes.array()
        for size in [1, 3, 4, 7, 64] {
            var pieces: [UInt8] = []
            try bytes.forEachChunk(of: size) { pieces += Array($0) }
            #expect(pieces == whole, "pieces of \(size)")
        }
    }

    @Test func freshWeightsAreWithinPyTorchsBounds() throws {
        let weights = try initializeCheckpoint(architecture: "convmixer_16_1_ks3_p2_relu", seed: 3)
        let kernel = try #require(weights["blocks.0.0.fn.0.weight"]).array(of: Float.self)
        #expect(kernel.allSatisfy { abs($0) <= 1.0 / 3 })
        #expect(Set(kernel).count > 100)
        #expect(try #require(weights["stem.2.running_mean"]).array(of: Float.self).allSatisfy { $0 >= 0 })
        #expect(try #require(weights["stem.2.running_var"]).array(of: Float.self).allSatisfy { $0 >= 0.5 && $0 <= 1.5 })
    }
}
