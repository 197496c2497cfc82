import GraphIR

/// Uniform float32 numbers that are made when they are read.
///
/// Element i is SplitMix64's output for the state `seed + (i + 1) · 0x9E3779B97F4A7C15` (Steele, Lea, Flood 2014), its
/// upper 24 bits taken as a fraction of the range. So any part can be made without those before it.
final class RandomSource: ByteSource {
    let count: Int
    private let lower: Float
    private let width: Float
    private let seed: UInt64

    /// - Parameter count: bytes, a multiple of 4.
    init(count: Int, range: ClosedRange<Float>, seed: UInt64) {
        self.count = count
        self.lower = range.lowerBound
        self.width = range.upperBound - range.lowerBound
        self.seed = seed
    }

    /// A tensor's own seed: FNV-1a of its key, mixed with the user's.
    static func seed(for key: String, seed: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return mixed(hash ^ mixed(seed))
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var position = 0
        while position < buffer.count {
            let byte = (offset + position) % 4
            let bits = element((offset + position) / 4)
            if byte == 0, buffer.count - position >= 4 {
                buffer.storeBytes(of: bits.littleEndian, toByteOffset: position, as: UInt32.self)
                position += 4
            } else {
                buffer[position] = UInt8(truncatingIfNeeded: bits >> UInt32(8 * byte))
                position += 1
            }
        }
    }

    private func element(_ index: Int) -> UInt32 {
        let random = Self.mixed(seed &+ (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15)
        return (lower + Float(random >> 40) * 0x1p-24 * width).bitPattern
    }

    private static func mixed(_ state: UInt64) -> UInt64 {
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
