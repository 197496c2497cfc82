import Foundation
import GraphIR
import Testing

@testable import Architectures
@testable import Formats

/// timm's own table of names and shapes: `fixtures/architectures/make_timm_table.py`.
@Suite struct TimmTableTests {
    struct Entry: Sendable, CustomTestStringConvertible {
        var name: String
        var parameters: Int
        var macs: Int
        var config: JSONValue
        var shapes: [(key: String, shape: [Int])]
        var testDescription: String { name }
    }

    static let entries: [Entry] = (try? load()) ?? []

    private static func load() throws -> [Entry] {
        let archive = try ZipArchive(FileSource(path: FamilyTests.folder + "/timm.zip"))
        return try archive.entries.map { entry in
            let text = String(decoding: try archive.bytes(of: entry).array(), as: UTF8.self)
            let lines = text.split(separator: "\n")
            let head = lines[0].split(separator: " ", maxSplits: 2)
            return Entry(
                name: String(entry.name.dropLast(4)), parameters: Int(head[0]) ?? -1, macs: Int(head[1]) ?? -1,
                config: try JSONValue.parse(Array(head[2].utf8)),
                shapes: lines.dropFirst().map { line in
                    let words = line.split(separator: " ")
                    return (String(words[0]), words.dropFirst().compactMap { Int($0) })
                })
        }
    }

    @Test("Variants of timm's names declare timm's keys and shapes, and have its preprocessing", arguments: entries)
    func variants(entry: Entry) throws {
        guard var model = ArchitectureFamilies.named(entry.name) else { return }
        let shapes = Dictionary(entry.shapes.map { ($0.key, $0.shape) }) { first, _ in first }
        model.classes =
            ["head", "fc", "head.fc", "last_linear"].lazy.compactMap { shapes[$0 + ".weight"]?.first }.first
        let size = model.imageSize ?? ImageSize(224, 224)
        let net = try ArchitectureCatalog.declared(model, imageSize: size)
        let declared = net.ledger.declarations.values.map { ($0.key, $0.shape) }
        #expect(Dictionary(declared) { first, _ in first } == shapes)
        let sizes = entry.config.member("pretrained_cfg")?.reals("input_size") ?? []
        if model.imageSize != nil { #expect(sizes.dropFirst() == [Double(size.height), Double(size.width)]) }
    }

    /// Zeros of the table's shapes.
    private static func weights(_ entry: Entry) throws -> StateDict {
        var weights = StateDict()
        for (key, shape) in entry.shapes {
            let type: ElementType = key.hasSuffix("num_batches_tracked") ? .int64 : .float32
            let count = try Tensor.byteCount(type, shape: shape)
            weights[key] = try Tensor(type, shape: shape, bytes: Bytes(ZeroSource(count: count)))
        }
        return weights
    }

    @Test("Names and shapes of every mapped architecture agree with timm's, and so does the count of parameters")
    func agrees() throws {
        #expect(Self.entries.count == 367)
        var mapped = 0
        for entry in Self.entries {
            let weights = try Self.weights(entry)
            do {
                let best = try #require(
                    try Candidate.ranked(weights, config: entry.config, options: MappingOptions()).first)
                #expect(best.fits, "\(entry.name)")
                let parameters = best.net.ledger.declarations.values.reduce(0) { $0 + $1.trainedCount }
                #expect(parameters == entry.parameters, "\(entry.name)")
                let sizes = entry.config.member("pretrained_cfg")?.reals("input_size") ?? []
                let size = best.model.imageSize ?? ImageSize(Int(sizes[checked: 1] ?? 0), Int(sizes[checked: 2] ?? 0))
                let declared = try ArchitectureCatalog.declared(best.model, imageSize: size)
                if entry.macs > 0 { #expect(declared.macs == entry.macs, "\(entry.name)") }
                mapped += 1
            } catch {
                Issue.record("\(entry.name): \(error)")
            }
        }
        #expect(mapped == 367)
    }

    /// `fixtures/architectures/make_timm_choices.py`.
    @Test(
        "Heads, epsilon, activation and pooling of timm's vision transformers are timm's, by the name beside the weights"
    )
    func choices() throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: FamilyTests.folder + "/timm_choices.json"))
        let table = try JSONValue.parse(Array(file))
        var compared = 0
        for entry in Self.entries {
            guard let choices = table.member(entry.name), case .object(let members) = choices else { continue }
            let best = try #require(
                try Candidate.ranked(
                    Self.weights(entry), config: entry.config, options: MappingOptions()
                ).first)
            let found = Dictionary(uniqueKeysWithValues: best.model.hyperparameters)
            for (key, value) in members {
                // Numbers as numbers: 1e-6 is written in more than one way.
                let isSame =
                    value.realNumber.map { number in found[key].flatMap { Float($0) } == Float(number) }
                    ?? (choices.text(key) == found[key])
                #expect(isSame, "\(entry.name): \(key) is \(found[key] ?? "missing") here")
            }
            compared += 1
        }
        #expect(compared == 251)
    }
}
