import Formats
import GraphIR

@testable import Architectures
@testable import Atlas

/// Weights that need no file, as `fixtures/architectures/seeded.py` makes them.
enum SeededWeights {
    /// Weights of a form for its own number of channels.
    static func stateDict(
        of entry: AtlasEntry, in atlas: Atlas, classes: Int64, withContents: Bool = true
    ) throws -> StateDict {
        var cursor = try atlas.record(of: entry)
        let record = try AtlasRecord(&cursor, operators: atlas.operators.count)
        return try stateDict(
            of: record, classes: classes, channels: Int64(entry.inputShape[0]), withContents: withContents)
    }

    static func stateDict(
        of record: AtlasRecord, classes: Int64, channels: Int64, seed: UInt64 = 5, withContents: Bool = true
    ) throws -> StateDict {
        var result = StateDict()
        for state in record.states {
            let shape = state.shape.map { number in
                switch number.factor {
                case .classes: Int(number.value * classes)
                case .channels: Int(number.value * channels)
                default: Int(number.value)
                }
            }
            let count = shape.reduce(1, *)
            if state.type == .float32 {
                let range = withContents ? range(state.name, shape) : 0...0
                result[state.name] = try Tensor(
                    .float32, shape: shape,
                    bytes: Bytes(
                        RandomSource(
                            count: 4 * count, range: range, seed: RandomSource.seed(for: state.name, seed: seed))))
            } else {
                let bytes = [UInt8](repeating: 0, count: count * state.type.bitWidth / 8)
                result[state.name] = try Tensor(state.type, shape: shape, bytes: Bytes(bytes))
            }
        }
        return result
    }

    private static func range(_ name: String, _ shape: [Int]) -> ClosedRange<Float> {
        if name.hasSuffix("running_var") { return 0.5...1.5 }
        if name.hasSuffix("gain") { return 0.8...1.2 }
        if shape.count > 1 {
            let bound = (6 / Float(shape.dropFirst().reduce(1, *))).squareRoot()
            return -bound...bound
        }
        return name.hasSuffix("weight") ? 0.8...1.2 : -0.1...0.1
    }

    /// Pictures of noise in steps of 1/64.
    static func image(_ shape: [Int], count samples: Int = 2, seed: UInt64 = 5) throws -> Tensor {
        let count = samples * shape.reduce(1, *)
        let source = RandomSource(
            count: 4 * count, range: -128...128, seed: RandomSource.seed(for: "input", seed: seed))
        let levels = try Tensor(.float32, shape: [samples] + shape, bytes: Bytes(source)).array(of: Float.self)
        return try Tensor(levels.map { $0.rounded(.down) / 64 }, shape: [samples] + shape)
    }
}
