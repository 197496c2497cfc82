import Formats
import Foundation
import GraphIR
import Parity

@testable import Architectures

/// The goldens: small models of every family, run by their original code (`fixtures/architectures/make*.py`).
extension FamilyTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/architectures").path

    static let folders: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/golden.npz") }.sorted()
    }()

    /// Those under the family's own keys.
    static let models = folders.filter { !$0.hasPrefix("format_") }

    /// Whether the weights are made by `SeededWeights` rather than kept; of blocks there are samples then.
    static func isSeeded(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(name)/state.txt")
    }

    static func checkpoint(_ name: String) throws -> Checkpoint {
        if isSeeded(name) { return try seeded(name) }
        guard case .checkpoint(let checkpoint) = try WeightFile.open("\(folder)/\(name)/weights.safetensors") else {
            throw FormatError(.formatMismatch, "is no checkpoint", file: name)
        }
        return checkpoint
    }

    private static func seeded(_ name: String) throws -> Checkpoint {
        let lines = try String(contentsOfFile: "\(folder)/\(name)/state.txt", encoding: .utf8).split(separator: "\n")
        let config = try? JSONValue.parse(
            Array(Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/config.json"))))
        let weights = try SeededWeights.stateDict(
            lines.dropFirst().map { line in
                let words = line.split(separator: " ")
                return (String(words[0]), words.dropFirst().compactMap { Int($0) })
            }, seed: UInt64(lines.first ?? "") ?? 0)
        return Checkpoint(path: name, format: .safetensors, stateDict: weights, config: config)
    }

    /// Options with the image size of the golden's input.
    static func options(_ name: String) throws -> MappingOptions {
        var options = MappingOptions()
        if let shape = try GoldenData.load("\(folder)/\(name)/golden.npz")["input"]?.shape {
            options.imageSize = (shape[2], shape[3])
        }
        return options
    }

    static func map(_ name: String, computeType: ElementType? = nil) throws -> MappedModel {
        let checkpoint = try checkpoint(name)
        var options = try options(name)
        options.computeType = computeType
        return try mapArchitecture(checkpoint.stateDict, config: checkpoint.config, options: options)
    }
}

/// The numbers of `fixtures/architectures/seeded.py`.
enum SeededWeights {
    static func stateDict(_ tensors: [(key: String, shape: [Int])], seed: UInt64) throws -> StateDict {
        var result = StateDict()
        for (key, shape) in tensors {
            if key.hasSuffix("num_batches_tracked") {
                result[key] = try Tensor(scalar: Int64(0))
                continue
            }
            let source = RandomSource(
                count: try Tensor.byteCount(.float32, shape: shape), range: range(key, shape),
                seed: RandomSource.seed(for: key, seed: seed))
            result[key] = try Tensor(.float32, shape: shape, bytes: Bytes(source))
        }
        return result
    }

    private static func range(_ key: String, _ shape: [Int]) -> ClosedRange<Float> {
        if key.hasSuffix("running_var") { return 0.5...1.5 }
        // Few positions above 0, so that attention has a place.
        if key == "attentions.bn.bias" { return -3 ... -2 }
        if shape.count > 1 {
            var bound = (6 / Float(shape.dropFirst().reduce(1, *))).squareRoot()
            // Sigmoids of small numbers: those of large ones turn their errors into relative ones.
            if key.contains(".cbam.") { bound /= 16 }
            return -bound...bound
        }
        return key.hasSuffix("weight") ? 0.8...1.2 : -0.1...0.1
    }
}
