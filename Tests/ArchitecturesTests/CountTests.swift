import Foundation
import GraphIR
import Testing

@testable import Architectures
@testable import Formats

/// Parameters and multiply-adds of the published variants, as their original code counts them.
@Suite struct CountTests {
    /// Counted by `fixtures/architectures/make_counts.py` on the authors' code, torchvision's for ViT_C and ViT_P.
    private static func authors() throws -> [(name: String, parameters: Int, macs: Int)] {
        let file = try Data(contentsOf: URL(fileURLWithPath: FamilyTests.folder + "/counts.json"))
        guard case .object(let members) = try JSONValue.parse(Array(file)) else { return [] }
        return members.map { name, value in
            guard case .array(let numbers) = value else { return (name, -1, -1) }
            return (name, numbers.first?.wholeNumber ?? -1, numbers.last?.wholeNumber ?? -1)
        }
    }

    @Test("ViT_C, ViT_P, CvT, LV-ViT and WS-DAN have the counts of their authors' code")
    func authorsCounts() throws {
        let counts = try Self.authors()
        #expect(counts.count == 35)
        for (name, parameters, macs) in counts {
            let entry = try #require(ArchitectureCatalog.entries(matching: name).first, "\(name)")
            #expect(entry.name == name && entry.parameters == parameters && entry.macs == macs, "\(entry)")
        }
        let known = Set(counts.map(\.name))
        for entry in try ArchitectureCatalog.entries()
        where ["cvt", "lvvit", "wsdan"].contains(entry.family) || entry.name.hasPrefix("vit_c_") {
            #expect(known.contains(entry.name), "\(entry.name) isn't counted")
        }
    }

    @Test("Every variant with a name of timm's has timm's counts at timm's size")
    func timmsCounts() throws {
        let timm = Dictionary(uniqueKeysWithValues: TimmTableTests.entries.map { ($0.name, $0) })
        let authors = Set(try Self.authors().map(\.name))
        var compared = 0
        var others: [String] = []
        for entry in try ArchitectureCatalog.entries() where !authors.contains(entry.name) {
            guard let want = timm[entry.name] else {
                others.append(entry.name)
                continue
            }
            compared += 1
            #expect(entry.parameters == want.parameters, "\(entry.name)")
            let size = want.config.member("pretrained_cfg")?.reals("input_size") ?? []
            #expect(size == entry.inputShape.map(Double.init), "\(entry.name)")
            if want.macs > 0 { #expect(entry.macs == want.macs, "\(entry.name)") }
        }
        #expect(compared > 100)
        // ConvMixer's paper has more than timm: `CatalogTests`. MoCo v3 has two with a stem of convolutions.
        #expect(others.filter { !$0.hasPrefix("convmixer_") } == ["vit_conv_small", "vit_conv_base"])
    }
}
