import GraphIR

/// The discrete Fourier transform of one length, in O(n log n) for any: factor by factor where all prime factors are
/// small, else as a convolution with a chirp.
enum FourierPlan<T: Real>: Sendable {
    case factors(FactorTransform<T>)
    case chirp(ChirpTransform)

    /// - Parameter lines: how many transforms there will be: that many may be at work at once, up to a limit.
    /// - Throws: `op.argument` where the length isn't positive; `limit.memory`.
    init(length: Int, lines: Int, _ call: Call, name: String) throws {
        guard length >= 1 else { throw GraphError(.argument, "\(length), expected at least 1", argument: name) }
        guard length <= 1 << 40 else {
            throw GraphError(.unsupportedArgument, "a transform of length \(length)", argument: name)
        }
        let factors = FactorTransform<T>.factors(of: length)
        let isSmooth = (factors.max() ?? 1) <= 64
        let size = isSmooth ? length : ChirpTransform.size(for: length)
        // Roots and what they are made with; two copies of a line for each that is at work.
        try call.check(.complex128, [size, 5 + 2 * min(lines, ParallelLimits.pieces)])
        self = isSmooth ? .factors(FactorTransform(length, factors)) : .chirp(ChirpTransform(length, size))
    }

    /// Room for one line.
    func scratch() -> FourierLine<T> {
        switch self {
        case .factors(let transform):
            FourierLine(
                values: [Complex<T>](repeating: Complex(0), count: transform.length),
                spare: [Complex<T>](repeating: Complex(0), count: transform.length))
        case .chirp(let transform):
            FourierLine(
                values: [Complex<T>](repeating: Complex(0), count: transform.length),
                wide: [Complex<Double>](repeating: Complex(0), count: transform.size),
                wideSpare: [Complex<Double>](repeating: Complex(0), count: transform.size))
        }
    }

    /// Transforms a line in place; the inverse is divided by the length.
    func transform(_ line: inout FourierLine<T>, isInverse: Bool) {
        switch self {
        case .factors(let transform): transform.run(&line.values, &line.spare, isInverse: isInverse)
        case .chirp(let transform): transform.run(&line, isInverse: isInverse)
        }
        if isInverse {
            let scale = 1 / T(line.values.count)
            for i in line.values.indices { line.values[i] = scale * line.values[i] }
        }
    }
}

/// A line to be transformed, and what its transform needs besides.
struct FourierLine<T: Real> {
    var values: [Complex<T>]
    var spare: [Complex<T>] = []
    var wide: [Complex<Double>] = []
    var wideSpare: [Complex<Double>] = []

    /// Makes a real signal's spectrum what it is in exact arithmetic: the second half the conjugate of the first.
    mutating func mirror() {
        let length = values.count
        values[0].imaginary = 0
        if length % 2 == 0 { values[length / 2].imaginary = 0 }
        for k in 1..<max(1, (length + 1) / 2) { values[length - k] = values[k].conjugate }
    }
}

/// One pass for each factor of the length, from one buffer to another, so that the result comes out in order
/// (T. Stockham, "High-speed convolution and correlation", 1966).
struct FactorTransform<T: Real>: Sendable {
    private struct Pass {
        let radix: Int
        /// Transforms of the radix that are next to each other, and groups of them.
        let run: Int
        let groups: Int
        /// What the outputs are multiplied with, `run − 1` for each but the first.
        let twiddles: [Complex<T>]
        /// The roots of one of the radix.
        let roots: [Complex<T>]
    }

    let length: Int
    private let passes: [Pass]

    /// Fours, a two in front, then odd primes.
    static func factors(of length: Int) -> [Int] {
        var factors: [Int] = []
        var rest = length
        while rest % 4 == 0 {
            factors.append(4)
            rest /= 4
        }
        if rest % 2 == 0 {
            factors.insert(2, at: 0)
            rest /= 2
        }
        var prime = 3
        while prime <= rest / prime {
            while rest % prime == 0 {
                factors.append(prime)
                rest /= prime
            }
            prime += 2
        }
        if rest > 1 { factors.append(rest) }
        return factors
    }

    init(_ length: Int, _ factors: [Int]) {
        self.length = length
        var groups = 1
        var passes: [Pass] = []
        for radix in factors {
            let run = length / (groups * radix)
            var twiddles: [Complex<T>] = []
            twiddles.reserveCapacity((radix - 1) * (run - 1))
            for output in 1..<radix {
                for i in 1..<max(1, run) { twiddles.append(Complex(turn: output * groups * i, of: length)) }
            }
            let roots = (0..<radix).map { Complex<T>(turn: $0, of: radix) }
            passes.append(Pass(radix: radix, run: run, groups: groups, twiddles: twiddles, roots: roots))
            groups *= radix
        }
        self.passes = passes
    }

    /// Transforms in place; the inverse isn't divided.
    func run(_ line: inout [Complex<T>], _ spare: inout [Complex<T>], isInverse: Bool) {
        let sign: T = isInverse ? 1 : -1
        for pass in passes {
            line.withUnsafeBufferPointer { from in
                spare.withUnsafeMutableBufferPointer { to in
                    pass.twiddles.withUnsafeBufferPointer { twiddles in
                        switch pass.radix {
                        case 2: halve(pass, from, to, twiddles, sign)
                        case 4: quarter(pass, from, to, twiddles, sign)
                        default: divide(pass, from, to, twiddles, sign)
                        }
                    }
                }
            }
            swap(&line, &spare)
        }
    }

    @inline(__always)
    private func turned(
        _ value: Complex<T>, _ pass: Pass, _ twiddles: UnsafeBufferPointer<Complex<T>>, _ output: Int, _ i: Int,
        _ sign: T
    ) -> Complex<T> {
        if i == 0 { return value }
        let root = twiddles[(output - 1) * (pass.run - 1) + i - 1]
        return value * Complex(root.real, sign * root.imaginary)
    }

    private func halve(
        _ pass: Pass, _ from: UnsafeBufferPointer<Complex<T>>, _ to: UnsafeMutableBufferPointer<Complex<T>>,
        _ twiddles: UnsafeBufferPointer<Complex<T>>, _ sign: T
    ) {
        let (run, groups) = (pass.run, pass.groups)
        for group in 0..<groups {
            for i in 0..<run {
                let a = from[i + run * 2 * group]
                let b = from[i + run * (2 * group + 1)]
                to[i + run * group] = a + b
                to[i + run * (group + groups)] = turned(a - b, pass, twiddles, 1, i, sign)
            }
        }
    }

    private func quarter(
        _ pass: Pass, _ from: UnsafeBufferPointer<Complex<T>>, _ to: UnsafeMutableBufferPointer<Complex<T>>,
        _ twiddles: UnsafeBufferPointer<Complex<T>>, _ sign: T
    ) {
        let (run, groups) = (pass.run, pass.groups)
        for group in 0..<groups {
            for i in 0..<run {
                let start = i + run * 4 * group
                let (a, b, c, d) = (from[start], from[start + run], from[start + 2 * run], from[start + 3 * run])
                let (even, evenRest) = (a + c, a - c)
                let (odd, rest) = (b + d, b - d)
                let oddRest = Complex(-sign * rest.imaginary, sign * rest.real)
                let at = i + run * group
                let step = run * groups
                to[at] = even + odd
                to[at + step] = turned(evenRest + oddRest, pass, twiddles, 1, i, sign)
                to[at + 2 * step] = turned(even - odd, pass, twiddles, 2, i, sign)
                to[at + 3 * step] = turned(evenRest - oddRest, pass, twiddles, 3, i, sign)
            }
        }
    }

    /// Any odd radix: the inputs in pairs, whose sums meet cosines and whose differences meet sines.
    private func divide(
        _ pass: Pass, _ from: UnsafeBufferPointer<Complex<T>>, _ to: UnsafeMutableBufferPointer<Complex<T>>,
        _ twiddles: UnsafeBufferPointer<Complex<T>>, _ sign: T
    ) {
        let (run, groups, radix) = (pass.run, pass.groups, pass.radix)
        let half = (radix - 1) / 2
        for group in 0..<groups {
            for i in 0..<run {
                let start = i + run * radix * group
                let at = i + run * group
                let first = from[start]
                var sum = first
                for j in 1...half { sum = sum + (from[start + j * run] + from[start + (radix - j) * run]) }
                to[at] = sum
                for output in 1...half {
                    var even = first
                    var odd = Complex<T>(0)
                    for j in 1...half {
                        let (a, b) = (from[start + j * run], from[start + (radix - j) * run])
                        let root = pass.roots[j * output % radix]
                        even = even + root.real * (a + b)
                        odd = odd + (sign * root.imaginary) * (a - b)
                    }
                    let turnedOdd = Complex(-odd.imaginary, odd.real)
                    to[at + run * groups * output] = turned(even + turnedOdd, pass, twiddles, output, i, sign)
                    to[at + run * groups * (radix - output)] = turned(
                        even - turnedOdd, pass, twiddles, radix - output, i, sign)
                }
            }
        }
    }
}

/// The transform of a length with a large prime factor, as a convolution of a power of two's length, in double
/// (L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970).
struct ChirpTransform: Sendable {
    let length: Int
    let size: Int
    private let inner: FactorTransform<Double>
    /// e^(−πik² / length).
    private let chirp: [Complex<Double>]
    /// The transform of the chirp's conjugate, over `size`.
    private let filter: [Complex<Double>]

    /// The least power of two that the convolution fits.
    static func size(for length: Int) -> Int {
        var size = 1
        while size < 2 * length - 1 { size *= 2 }
        return size
    }

    init(_ length: Int, _ size: Int) {
        self.length = length
        self.size = size
        inner = FactorTransform(size, FactorTransform<Double>.factors(of: size))
        // k² modulo twice the length, without its overflow.
        var square = 0
        var chirp: [Complex<Double>] = []
        chirp.reserveCapacity(length)
        for k in 0..<length {
            chirp.append(Complex<Double>(turn: square, of: 2 * length).conjugate)
            square = (square + 2 * k + 1) % (2 * length)
        }
        self.chirp = chirp
        var kernel = [Complex<Double>](repeating: Complex(0), count: size)
        for k in 0..<length {
            kernel[k] = chirp[k].conjugate
            if k > 0 { kernel[size - k] = chirp[k].conjugate }
        }
        var spare = kernel
        inner.run(&kernel, &spare, isInverse: false)
        let scale = 1 / Double(size)
        filter = kernel.map { scale * $0 }
    }

    /// The inverse isn't divided.
    func run<T: Real>(_ line: inout FourierLine<T>, isInverse: Bool) {
        for i in 0..<length {
            let value = Complex<Double>(Double(line.values[i].real), Double(line.values[i].imaginary))
            line.wide[i] = (isInverse ? value.conjugate : value) * chirp[i]
        }
        for i in length..<size { line.wide[i] = Complex(0) }
        inner.run(&line.wide, &line.wideSpare, isInverse: false)
        for i in 0..<size { line.wide[i] = line.wide[i] * filter[i] }
        inner.run(&line.wide, &line.wideSpare, isInverse: true)
        for i in 0..<length {
            let value = line.wide[i] * chirp[i]
            line.values[i] = Complex(T(value.real), T(isInverse ? -value.imaginary : value.imaginary))
        }
    }
}
