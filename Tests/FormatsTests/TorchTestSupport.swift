import Formats
import Foundation
import GraphIR

/// Where the fixtures of this package lie.
enum TorchFixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures")
    static func path(_ name: String) -> String { root.appendingPathComponent(name).path }

    static func read(_ path: String, options: ReadOptions = ReadOptions()) throws -> TorchFile {
        let file = try FileSource(path: path)
        return try readTorch(file, format: FileFormat.detect(file), options: options)
    }

    /// What PyTorch reads: file name to rows of path, element type, shape and SHA-256.
    static func golden(_ name: String) throws -> [(file: String, rows: [GoldenTensor])] {
        let text = try Bytes(FileSource(path: path(name))).array()
        guard case .object(let files) = try JSONValue.parse(text) else {
            throw FormatError(.jsonMalformed, "no object")
        }
        return try files.map { file in
            guard case .array(let rows) = file.value else { throw FormatError(.jsonMalformed, "no rows") }
            return (file.key, try rows.map(GoldenTensor.init))
        }
    }
}

struct GoldenTensor: Equatable, CustomStringConvertible {
    var path: String
    var type: String
    var shape: [Int]
    var digest: String

    init(_ row: JSONValue) throws {
        guard case .array(let parts) = row, parts.count == 4, let path = parts[0].stringValue,
            let type = parts[1].stringValue, case .array(let shape) = parts[2], let digest = parts[3].stringValue
        else { throw FormatError(.jsonMalformed, "a row of another form") }
        self.path = path
        self.type = type
        self.shape = shape.compactMap(\.integer)
        self.digest = digest
    }

    init(path: String, _ tensor: PickledTensor) throws {
        self.path = path
        self.type = tensor.tensor.elementType.onnxName
        self.shape = tensor.tensor.shape
        self.digest = tensor.isMeta ? "meta" : SHA256Digest.of(try tensor.tensor.bytes().array())
    }

    var description: String { "\(path) \(type) \(shape) \(digest.prefix(8))" }
}

extension PickledValue {
    /// Every tensor within, by its path.
    func tensors(_ path: String = "") -> [(path: String, tensor: PickledTensor)] {
        func under(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
        switch self {
        case .tensor(let tensor): return [(path, tensor)]
        case .list(let items), .tuple(let items), .set(let items):
            return items.enumerated().flatMap { $0.element.tensors(under(String($0.offset))) }
        case .dictionary(let pairs):
            return pairs.flatMap { pair in
                switch pair.key {
                case .string(let name): pair.value.tensors(under(name))
                case .int(let number): pair.value.tensors(under(String(number)))
                default: pair.value.tensors(under("?"))
                }
            }
        case .object(let object): return object.state?.tensors(path) ?? []
        default: return []
        }
    }

    /// The value under a key of a dictionary.
    subscript(name: String) -> PickledValue? {
        guard case .dictionary(let pairs) = self else { return nil }
        return pairs.first { if case .string(name) = $0.key { true } else { false } }?.value
    }
}

/// A folder that is gone after the test.
final class TorchScratchFolder {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("weightbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func write(_ name: String, _ bytes: [UInt8]) throws -> FileSource {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return try FileSource(path: path(name))
    }
}

/// The code of the error that `body` throws, or `nil`.
func failureCode(_ body: () throws -> Void) -> FormatError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? FormatError)?.code
    }
}

/// A small generator whose seed a failing test can print.
struct DamageGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// SHA-256 (FIPS 180-4), so that these tests need no package for it.
enum SHA256Digest {
    static func of(_ message: [UInt8]) -> String {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        padded += withUnsafeBytes(of: (UInt64(message.count) * 8).bigEndian, Array.init)
        var state: [UInt32] = fractions(of: 8, root: 2)
        let constants = fractions(of: 64, root: 3)
        var words = [UInt32](repeating: 0, count: 64)
        func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
        for block in stride(from: 0, to: padded.count, by: 64) {
            for i in 0..<16 {
                words[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[block + 4 * i + $1]) }
            }
            for i in 16..<64 {
                let a = words[i - 15], b = words[i - 2]
                words[i] =
                    words[i - 16] &+ (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) &+ words[i - 7]
                    &+ (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10)
            }
            var v = state
            for i in 0..<64 {
                let s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
                let t1 = v[7] &+ s1 &+ (v[4] & v[5] ^ ~v[4] & v[6]) &+ constants[i] &+ words[i]
                let s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
                let t2 = s0 &+ (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
                v = [t1 &+ t2, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
            }
            for i in 0..<8 { state[i] = state[i] &+ v[i] }
        }
        return state.map { word in
            let hex = String(word, radix: 16)
            return String(repeating: "0", count: 8 - hex.count) + hex
        }.joined()
    }

    /// The first 32 bits of the fractional parts of the roots of the first primes.
    private static func fractions(of count: Int, root: Int) -> [UInt32] {
        var primes: [Int] = []
        var candidate = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            let value = root == 2 ? Double(prime).squareRoot() : cbrt(Double(prime))
            return UInt32((value - value.rounded(.down)) * 4_294_967_296)
        }
    }
}
