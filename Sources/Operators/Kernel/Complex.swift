/// A complex number.
struct Complex<T: Real>: Sendable {
    var real: T
    var imaginary: T

    @inline(__always)
    init(_ real: T, _ imaginary: T = 0) {
        self.real = real
        self.imaginary = imaginary
    }

    /// e^(2πi · part / whole).
    init(turn part: Int, of whole: Int) {
        let angle = 2 * Double.pi * Double(part) / Double(whole)
        self.init(T(Double.cosine(angle)), T(Double.sine(angle)))
    }

    var conjugate: Complex { Complex(real, -imaginary) }

    @inline(__always)
    static func * (a: Complex, b: Complex) -> Complex {
        Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
    }
    @inline(__always)
    static func * (a: T, b: Complex) -> Complex { Complex(a * b.real, a * b.imaginary) }
    @inline(__always)
    static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
    @inline(__always)
    static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
}
