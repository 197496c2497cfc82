import Execution
import Formats
import GraphIR
import Testing

@testable import Architectures

/// State dicts with names and shapes at random: a typed error, or a model whose weights are the file's.
@Suite struct FuzzTests {
    /// SplitMix64, so that a failure can be had again from the seed that it prints.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let shapes: [[Int]] = [
        [], [0], [1], [3], [1, 1, 1, 1], [0, 3, 3, 3], [7, 1, 1, 1], [1 << 40, 0], [65537, 1], [2, 2, 2, 2, 2],
        [1000, 24],
    ]

    private func changed(_ weights: StateDict, _ numbers: inout Numbers) throws -> StateDict {
        var items = weights.tensors.map { ($0.key.string, $0.value) }
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            guard !items.isEmpty else { break }
            let index = Int.random(in: items.indices, using: &numbers)
            let (key, tensor) = items[index]
            switch Int.random(in: 0..<8, using: &numbers) {
            case 0: items.remove(at: index)
            case 1: items[index].0 = renamed(key, &numbers)
            case 2: items.append((renamed(key, &numbers), tensor))
            case 3:
                let prefix = key.split(separator: ".").first.map(String.init) ?? ""
                items.removeAll { $0.0.hasPrefix(prefix + ".") && Bool.random(using: &numbers) }
            case 4: items[index].1 = try zeros(tensor.shape.reversed())
            case 5: items[index].1 = try zeros(Self.shapes.randomElement(using: &numbers) ?? [])
            case 6:
                var shape = tensor.shape
                if let axis = shape.indices.randomElement(using: &numbers) {
                    shape[axis] = [0, 1, shape[axis] + 1, shape[axis] * 2, 1 << 20].randomElement(using: &numbers) ?? 1
                }
                items[index].1 = try zeros(shape)
            default:
                items[index].1 = try Tensor([Int64](repeating: 0, count: 4), shape: [4])
            }
        }
        var result = StateDict()
        for (key, tensor) in items { result[key] = tensor }
        return result
    }

    private func renamed(_ key: String, _ numbers: inout Numbers) -> String {
        var parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let index = parts.indices.randomElement(using: &numbers) else { return key }
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0:
            parts[index] =
                ["0", "1", "99999999999999999999", "-1", "999999999", ""].randomElement(using: &numbers) ?? ""
        case 1: parts.remove(at: index)
        case 2: parts.insert("blocks", at: index)
        case 3: parts[index] = String(parts[index].reversed())
        case 4: parts.swapAt(0, index)
        default: parts[index] += "\u{301}"
        }
        return parts.joined(separator: ".")
    }

    /// Zeros of a shape, or none of them where the shape is more than 64 MB.
    private func zeros(_ shape: [Int]) throws -> Tensor {
        let count = (try? Tensor.byteCount(.float32, shape: shape)) ?? 0
        guard count <= 1 << 26, shape.allSatisfy({ $0 >= 0 }) else { return try Tensor(scalar: Float(0)) }
        return try Tensor(.float32, shape: shape, bytes: Bytes(ZeroSource(count: count)))
    }

    @Test(
        "Damaged names and shapes give a typed error or a model of just these weights", arguments: NearMissTests.models)
    func namesAndShapes(name: String) throws {
        // Wide models take longer to build.
        let rounds = FamilyTests.isSeeded(name) ? 20 : 120
        let (original, config, options) = try NearMissTests.weights(name)
        for seed in 0..<UInt64(rounds) {
            var numbers = Numbers(state: seed)
            let weights = try changed(original, &numbers)
            let mapped: MappedModel
            do {
                mapped = try mapArchitecture(weights, config: config, options: options)
            } catch is any Fault {
                continue
            } catch {
                Issue.record("\(name), seed \(seed): \(error) is no fault")
                continue
            }
            try mapped.model.checkInvariants()
            for record in mapped.model.graph.initializers.values {
                #expect(record.tensor.shape == weights[record.name]?.shape, "\(name), seed \(seed): \(record.name)")
            }
            let inference = inferShapes(mapped.model)
            #expect(inference.faults.isEmpty, "\(name), seed \(seed): \(inference.faults)")
            let output = try #require(mapped.model.graph.outputs.first)
            #expect(mapped.model.graph[output].type?.dimensions?.count == 2, "\(name), seed \(seed)")
        }
    }
}
