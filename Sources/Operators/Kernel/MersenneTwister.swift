import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// MT19937, seeded and read as NumPy's `RandomState(seed)` does it, which ONNX's reference implementation and test data
/// draw from. Matsumoto and Nishimura, "Mersenne Twister", 1998.
struct MersenneTwister {
    private var state: [UInt32]
    private var position: Int
    private var kept: Double?

    init(seed: UInt32) {
        state = [seed]
        state.reserveCapacity(MersenneTwister.size)
        for index in 1..<UInt32(MersenneTwister.size) {
            let last = state[state.count - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ index)
        }
        position = MersenneTwister.size
    }

    private static let size = 624
    private static let middle = 397

    private mutating func refill() {
        let size = MersenneTwister.size
        for index in 0..<size {
            let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % size] & 0x7FFF_FFFF)
            let twisted = (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
            state[index] = state[(index + MersenneTwister.middle) % size] ^ twisted
        }
        position = 0
    }

    /// 32 random bits.
    mutating func next() -> UInt32 {
        if position == MersenneTwister.size { refill() }
        var bits = state[position]
        position += 1
        bits ^= bits >> 11
        bits ^= (bits << 7) & 0x9D2C_5680
        bits ^= (bits << 15) & 0xEFC6_0000
        return bits ^ (bits >> 18)
    }

    /// A number of 0..<1 with 53 random bits: NumPy's `random_sample`.
    mutating func uniform() -> Double {
        let high = Double(next() >> 5)
        let low = Double(next() >> 6)
        return (high * 0x1p26 + low) * 0x1p-53
    }

    /// A number of the standard normal distribution, by the polar method, as NumPy's `standard_normal`.
    mutating func normal() -> Double {
        if let number = kept {
            kept = nil
            return number
        }
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let square = x * x + y * y
            if square >= 1 || square == 0 { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            kept = factor * x
            return factor * y
        }
    }
}

extension Binding {
    /// What a random operator starts from: its attribute `seed`, a float of which the whole part counts; else a number
    /// of the node's own.
    mutating func randomSeed() throws -> UInt32 {
        guard let value = try float("seed") else { return UInt32(truncatingIfNeeded: seed) }
        return UInt32(exactly: value.rounded(.towardZero)) ?? value.bitPattern
    }

    /// The attribute `dtype` as an element type.
    /// - Throws: `op.argument` where there is no such type.
    mutating func elementType(_ name: String = "dtype") throws -> ElementType? {
        guard let number = try int(name) else { return nil }
        guard let type = Int32(exactly: number).flatMap({ ElementType(rawValue: $0) }) else {
            throw GraphError(.argument, "there is no element type \(number)", argument: name)
        }
        return type
    }
}

extension Call {
    /// A tensor of a floating-point type, drawn in double and rounded once.
    /// - Throws: `op.argument` for other types.
    func drawn(
        _ type: ElementType, _ shape: [Int], seed: UInt32, _ draw: (inout MersenneTwister) throws -> Double
    ) throws -> Tensor {
        guard [.float32, .float64, .float16, .bfloat16].contains(type) else {
            throw GraphError(
                .argument, "\(type.onnxName), expected one of FLOAT, DOUBLE, FLOAT16, BFLOAT16", argument: "dtype")
        }
        let doubles = try make(shape, of: Double.self) { out in
            var source = MersenneTwister(seed: seed)
            for index in out.indices {
                out[index] = try draw(&source)
                if index % (1 << 20) == 0 { try checkTime() }
            }
        }
        return try converted(doubles, to: type)
    }
}
