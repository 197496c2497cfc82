#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import GraphIR

/// What a comparison comes to.
public enum Verdict: String, Sendable {
    /// Every element is the same number.
    case equal
    /// What differs is explained by rounding, or lies within the tolerances that the caller set.
    case rounding
    /// Something other than rounding is at work: another weight, constant, padding or function.
    case mismatch

    /// The worse of two.
    public func combined(with other: Verdict) -> Verdict {
        if self == .mismatch || other == .mismatch { return .mismatch }
        return self == .rounding || other == .rounding ? .rounding : .equal
    }
}

/// Tells rounding from bugs by measuring how much rounding there is.
///
/// A fixed tolerance is too loose to find a bug and too tight for a deep net. Here the model itself says how much
/// rounding its result suffers: it is run once in its own types (`native`) and once in double (`double`). Their
/// difference is a sample of the rounding error of that very computation, on those very inputs.
///
/// 1. Rounding errors of a fixed computation grow in proportion to the unit roundoff u of the type it is done in
///    (Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, section 3.1: to first order the error is
///    u · Σ δᵢcᵢ with |δᵢ| ≤ 1 and coefficients cᵢ that depend on the computation alone). So golden data of a type with
///    unit roundoff u_G is expected to stand at `rms(native − double) · u_G / u_N` from the exact result.
/// 2. Each of the `steps` nodes on the way rounds its result at least once; independent errors of relative size u add
///    up to u·√steps. That, times the scale of the result, is the floor of what is expected: it covers native runs that
///    happen to be lucky. Double precision has a floor of its own, ``doubleFloor``.
/// 3. Another order of summation, fused multiply-adds or another convolution algorithm change the δᵢ, not the cᵢ.
///    PyTorch's and onnxruntime's float32 results for the bundled ConvMixer differ by a factor of up to 4 among
///    themselves (rms 4.9e-7 to 1.9e-6). ``limit`` is twice that. The mildest planted bug, one batch normalisation of
///    nine with another epsilon, gives 1.3e-5; tanh-GELU 2.6e-3.
/// 4. The largest of n normally distributed errors is about √(2 ln 2n) times their rms, which bounds the single element.
/// 5. An rms taken over few elements is unsure by about 1/√n; the expectation is widened by 1 + 4/√n.
///
/// A native run that is itself broken would widen the yardstick. So what it measures counts only up to ``plausible``
/// times the unit roundoff, and no more than ``limit`` times what golden data of the same type shows; beyond that the
/// verdict is a mismatch of our own two runs.
public struct RoundingYardstick: Sendable {
    /// How many times the expected rounding may be seen.
    public static let limit = 8.0
    /// Units of roundoff, relative to the result's scale, up to which a native run may lose precision: ten bits.
    /// Networks in use lose two to five.
    public static let plausible = 1024.0
    /// However narrow the type, an error of an eighth of the result's scale isn't called rounding.
    public static let plausibleRelative = 0.125
    /// The error relative to scale that double-precision results are always granted: exporters and runtimes differ in
    /// the last bits of constants (Erf, exp, folded scales).
    public static let doubleFloor = 0x1p-42
    /// How many times the floor is expected where no native run measures the rounding.
    public static let unmeasured = 16.0

    /// rms and maximum of native − double, where both were run.
    public var measured: (rms: Double, max: Double)?
    /// The unit roundoff of the native run: that of the coarsest type its nodes compute in.
    public var nativeUnit: Double
    /// The unit roundoff of the golden computation: that of its type, or of the weights where theirs is coarser.
    public var goldenUnit: Double
    /// Nodes with a floating-point result.
    public var steps: Int

    public init(measured: (rms: Double, max: Double)?, nativeUnit: Double, goldenUnit: Double, steps: Int) {
        self.measured = measured
        self.nativeUnit = nativeUnit
        self.goldenUnit = goldenUnit
        self.steps = steps
    }

    /// The rounding error that the golden data is expected to have.
    /// - Parameters:
    ///   - scale: root mean square of the result.
    ///   - greatest: largest magnitude of the result.
    public func expected(scale: Double, greatest: Double, count: Int) -> (rms: Double, max: Double) {
        let elements = Double(max(count, 1))
        let widening = 1 + 4 / elements.squareRoot()
        let extreme = (2 * log(2 * elements)).squareRoot()
        var floor = goldenUnit * Double(max(steps, 1)).squareRoot() * scale
        if goldenUnit <= 0x1p-53 { floor = max(floor, Self.doubleFloor * scale) }
        guard let measured else {
            let rms = min(floor * Self.unmeasured, Self.plausibleRelative * scale) * widening
            return (rms, max(rms * extreme, goldenUnit * greatest))
        }
        let factor = goldenUnit / nativeUnit
        let cap = ceiling(scale: scale)
        let rms = max(min(measured.rms, cap) * factor, floor)
        // A narrow golden type must not buy more than the plausible either.
        let bounded = min(rms, Self.plausibleRelative * scale) * widening
        let peak = max(min(measured.max, cap * extreme) * factor, bounded * extreme, goldenUnit * greatest)
        return (bounded, min(peak, max(Self.plausibleRelative * greatest, bounded)))
    }

    /// The greatest rms error of the native run that is taken for rounding.
    public func ceiling(scale: Double) -> Double {
        min(Self.plausible * nativeUnit, Self.plausibleRelative) * scale
    }

    /// The greatest rms error of the native run that is taken for rounding beside golden data with this error: the
    /// ``ceiling(scale:)``, or less where the golden computation, done in a type that is no finer, stays far closer to
    /// the exact result than ours.
    private func credible(_ golden: ErrorMetrics) -> Double {
        let widening = 1 + 4 / Double(max(golden.count, 1)).squareRoot()
        let most = ceiling(scale: golden.scale) * widening
        guard goldenUnit >= nativeUnit, nativeUnit > 0 else { return most }
        let floor = Self.unmeasured * nativeUnit * Double(max(steps, 1)).squareRoot() * golden.scale
        return min(most, Self.limit * widening * max(golden.rms, floor))
    }

    /// Judges golden data by its distance to our double-precision result.
    public func judge(_ error: ErrorMetrics) -> Judgement {
        if let index = error.firstNonFiniteDisagreement {
            return Judgement(
                .mismatch, ratio: .infinity,
                reason: "\(error.nonFiniteDisagreements) elements are NaN or infinite on one side only, "
                    + "the first at \(index)")
        }
        if let measured, measured.rms > credible(error) {
            return Judgement(
                .mismatch, ratio: .infinity,
                reason: "our own run in the model's types is \(brief(measured.rms)) (rms) from that in float64, "
                    + "more than rounding explains at a scale of \(brief(error.scale))")
        }
        let expected = expected(scale: error.scale, greatest: error.greatest, count: error.count)
        let rmsRatio = ratio(error.rms, expected.rms)
        let maxRatio = ratio(error.maxAbsolute, expected.max)
        let worst = max(rmsRatio, maxRatio)
        let what = rmsRatio >= maxRatio ? "rms" : "largest error"
        let times = "\(what) \(brief(worst)) times the rounding to expect"
        if worst <= Self.limit {
            return Judgement(.rounding, ratio: worst, reason: "\(times) (limit \(brief(Self.limit)))")
        }
        return Judgement(.mismatch, ratio: worst, reason: "\(times) (limit \(brief(Self.limit))): not rounding")
    }

    private func ratio(_ error: Double, _ expected: Double) -> Double {
        error == 0 ? 0 : expected > 0 ? error / expected : .infinity
    }
}

/// A verdict with its grounds.
public struct Judgement: Sendable, Equatable {
    /// Whether they agree.
    public var verdict: Verdict
    /// The error as a multiple of the rounding that was to be expected, or of the tolerance that the caller set.
    public var ratio: Double
    /// Why, in words.
    public var reason: String

    public init(_ verdict: Verdict, ratio: Double, reason: String) {
        self.verdict = verdict
        self.ratio = ratio
        self.reason = reason
    }

    /// Judges by the caller's tolerances: |value − golden| ≤ absolute + relative · |golden| for every element.
    static func within(_ values: [Double], golden: [Double], absolute: Double, relative: Double) -> Judgement {
        var worst = 0.0
        for (value, wanted) in zip(values, golden) {
            if value == wanted || (value.isNaN && wanted.isNaN) { continue }
            guard value.isFinite, wanted.isFinite else {
                return Judgement(.mismatch, ratio: .infinity, reason: "NaN or infinite on one side only")
            }
            let allowed = absolute + relative * wanted.magnitude
            let difference = (value - wanted).magnitude
            worst = max(worst, allowed > 0 ? difference / allowed : .infinity)
        }
        let bound = "the tolerance of \(brief(absolute)) + \(brief(relative)) · |golden|"
        return worst <= 1
            ? Judgement(worst == 0 ? .equal : .rounding, ratio: worst, reason: "within \(bound)")
            : Judgement(.mismatch, ratio: worst, reason: "largest error \(brief(worst)) times \(bound)")
    }
}

/// Three significant digits: `1.77e-06`, `0.125`, `357`.
func brief(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    if value == 0 { return "0" }
    let magnitude = value.magnitude
    var exponent = 0
    var scaled = magnitude
    // Powers of ten by division alone: only digits for people come of it.
    while scaled >= 10 {
        scaled /= 10
        exponent += 1
    }
    while scaled < 1 {
        scaled *= 10
        exponent -= 1
    }
    var digits = Int((scaled * 100).rounded())
    if digits >= 1000 {
        digits = 100
        exponent += 1
    }
    let sign = value < 0 ? "-" : ""
    if (0...5).contains(exponent) || (-3..<0).contains(exponent) {
        var power = 1.0
        for _ in 0..<exponent.magnitude { power = exponent > 0 ? power * 10 : power / 10 }
        let rounded = exponent >= 2 ? magnitude.rounded() : Double(digits) * power / 100
        let text = "\(exponent >= 2 ? rounded : (rounded * 1e6).rounded() / 1e6)"
        return sign + (text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
    let fraction = digits % 100
    let mantissa = fraction == 0 ? "\(digits / 100)" : "\(digits / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(power)"
}
