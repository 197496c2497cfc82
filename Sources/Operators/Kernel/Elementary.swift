#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The C library's functions under names of their own: inside of `extension Operator` theirs are operators.
extension Double {
    static func sine(_ x: Double) -> Double { sin(x) }
    static func cosine(_ x: Double) -> Double { cos(x) }
    static func tangent(_ x: Double) -> Double { tan(x) }
    static func arcSine(_ x: Double) -> Double { asin(x) }
    static func arcCosine(_ x: Double) -> Double { acos(x) }
    static func arcTangent(_ x: Double) -> Double { atan(x) }
    static func hyperbolicSine(_ x: Double) -> Double { sinh(x) }
    static func hyperbolicCosine(_ x: Double) -> Double { cosh(x) }
    static func areaSine(_ x: Double) -> Double { asinh(x) }
    static func areaCosine(_ x: Double) -> Double { acosh(x) }
    static func areaTangent(_ x: Double) -> Double { atanh(x) }
    /// eˣ − 1, exact also near 0.
    static func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }
    /// ln(1 + x), exact also near 0.
    static func logarithmOfOnePlus(_ x: Double) -> Double { log1p(x) }
    /// ln(1 + eˣ), without overflow.
    static func softplus(_ x: Double) -> Double { Swift.max(x, 0) + log1p(exp(-x.magnitude)) }
}
