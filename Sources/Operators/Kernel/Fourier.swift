import GraphIR

/// A complex number in double.
struct Complex: Sendable {
    var real: Double
    var imaginary: Double

    init(_ real: Double, _ imaginary: Double = 0) {
        self.real = real
        self.imaginary = imaginary
    }

    /// e^(iφ).
    init(angle: Double) { self.init(Double.cosine(angle), Double.sine(angle)) }

    var conjugate: Complex { Complex(real, -imaginary) }

    @inline(__always)
    static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
    }
    @inline(__always)
    static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
    @inline(__always)
    static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
}

/// The discrete Fourier transform of one length, in double and in O(n log n) for any length: by halving where it is a
/// power of two, else as a convolution with a chirp (L. Bluestein, "A linear filtering approach to the computation of
/// discrete Fourier transform", 1970).
struct FourierPlan: Sendable {
    let length: Int
    /// The power of two that is computed with.
    private let size: Int
    /// e^(−2πik / size) for the first half of k.
    private let roots: [Complex]
    /// e^(−πik² / length); none where the length is a power of two.
    private let chirp: [Complex]
    /// The transform of the chirp's conjugate, over `size`.
    private let filter: [Complex]

    /// - Parameter lines: how many transforms there will be: that many may be at work at once, up to a limit.
    /// - Throws: `op.argument` where the length isn't positive; `limit.memory`.
    init(length: Int, lines: Int, _ call: Call, name: String) throws {
        guard length >= 1 else { throw GraphError(.argument, "\(length), expected at least 1", argument: name) }
        guard length <= 1 << 40 else {
            throw GraphError(.unsupportedArgument, "a transform of length \(length)", argument: name)
        }
        self.length = length
        let isPower = length & (length - 1) == 0
        var size = 1
        while size < (isPower ? length : 2 * length - 1) { size *= 2 }
        self.size = size
        try call.check(.complex128, [size, 4 + min(lines, ParallelLimits.pieces)])
        roots = (0..<(size / 2)).map { Complex(angle: -2 * Double.pi * Double($0) / Double(size)) }
        guard !isPower else {
            chirp = []
            filter = []
            return
        }
        let length = length
        // k² modulo twice the length, without its overflow.
        var square = 0
        chirp = (0..<length).map { k in
            defer { square = (square + 2 * k + 1) % (2 * length) }
            return Complex(angle: -Double.pi * Double(square) / Double(length))
        }
        var kernel = [Complex](repeating: Complex(0), count: size)
        for k in 0..<length {
            kernel[k] = chirp[k].conjugate
            if k > 0 { kernel[size - k] = chirp[k].conjugate }
        }
        FourierPlan.halve(&kernel, roots)
        let scale = 1 / Double(size)
        filter = kernel.map { Complex($0.real * scale, $0.imaginary * scale) }
    }

    /// Room for one line: its first ``length`` elements are what is transformed.
    func scratch() -> [Complex] { [Complex](repeating: Complex(0), count: size) }

    /// Transforms a line in place; the inverse is divided by the length.
    func transform(_ line: inout [Complex], isInverse: Bool) {
        if isInverse { for i in 0..<length { line[i] = line[i].conjugate } }
        if chirp.isEmpty {
            FourierPlan.halve(&line, roots)
        } else {
            for i in 0..<length { line[i] = line[i] * chirp[i] }
            for i in length..<size { line[i] = Complex(0) }
            FourierPlan.halve(&line, roots)
            // The inverse transform of the product, by conjugates.
            for i in 0..<size { line[i] = (line[i] * filter[i]).conjugate }
            FourierPlan.halve(&line, roots)
            for i in 0..<length { line[i] = line[i].conjugate * chirp[i] }
        }
        if isInverse {
            let scale = 1 / Double(length)
            for i in 0..<length { line[i] = Complex(line[i].real * scale, -line[i].imaginary * scale) }
        }
    }

    /// The transform of a power of two, in place.
    private static func halve(_ line: inout [Complex], _ roots: [Complex]) {
        let count = line.count
        if count < 2 { return }
        line.withUnsafeMutableBufferPointer { line in
            roots.withUnsafeBufferPointer { roots in
                var reversed = 0
                for index in 1..<count {
                    var bit = count >> 1
                    while reversed & bit != 0 {
                        reversed ^= bit
                        bit >>= 1
                    }
                    reversed |= bit
                    if index < reversed { line.swapAt(index, reversed) }
                }
                var half = 1
                while half < count {
                    let step = count / (2 * half)
                    for start in stride(from: 0, to: count, by: 2 * half) {
                        for k in 0..<half {
                            let odd = line[start + half + k] * roots[k * step]
                            let even = line[start + k]
                            line[start + k] = even + odd
                            line[start + half + k] = even - odd
                        }
                    }
                    half *= 2
                }
            }
        }
    }
}
