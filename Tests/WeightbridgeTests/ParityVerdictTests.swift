import Foundation
import Testing
import Weightbridge

/// A generator whose seed can be printed (SplitMix64, Steele et al. 2014).
private struct Generator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func normal() -> Double {
        (-2 * log(max(uniform(), 1e-300))).squareRoot() * cos(2 * Double.pi * uniform())
    }
    mutating func normals(_ count: Int, _ scale: Double) -> [Double] { (0..<count).map { _ in scale * normal() } }
}

@Suite("Parity: rounding or a bug")
struct ParityVerdictTests {
    /// Judges golden results that have `goldenError` (rms) beside a native float32 run that has `nativeError`.
    private func judge(
        seed: UInt64, count: Int, nativeError: Double, goldenError: Double, goldenUnit: Double = 0x1p-24,
        nativeUnit: Double = 0x1p-24, spike: Double = 0
    ) throws -> Judgement {
        var generator = Generator(state: seed)
        let exact = generator.normals(count, 2)
        let native = zip(exact, generator.normals(count, nativeError)).map { $0 + $1 }
        var golden = zip(exact, generator.normals(count, goldenError)).map { $0 + $1 }
        golden[count / 2] += spike
        let measured = try ErrorMetrics(native, reference: exact)
        let yardstick = RoundingYardstick(
            measured: (measured.rms, measured.maxAbsolute), nativeUnit: nativeUnit, goldenUnit: goldenUnit, steps: 25)
        return yardstick.judge(try ErrorMetrics(exact, reference: golden))
    }

    @Test("golden data with four times our own rounding passes, whatever the size", arguments: [4, 32, 320, 20_000])
    func rounding(_ count: Int) throws {
        for seed in UInt64(1)...20 {
            let judgement = try judge(seed: seed, count: count, nativeError: 1e-6, goldenError: 4e-6)
            #expect(judgement.verdict == .rounding, "seed \(seed): \(judgement.reason)")
        }
    }

    @Test("an error of fifty times our own rounding is a bug", arguments: [320, 20_000])
    func bug(_ count: Int) throws {
        for seed in UInt64(1)...20 {
            let judgement = try judge(seed: seed, count: count, nativeError: 1e-6, goldenError: 5e-5)
            #expect(judgement.verdict == .mismatch, "seed \(seed): \(judgement.reason)")
        }
    }

    @Test("one wrong element among many is a bug although the rms hardly sees it")
    func spike() throws {
        let judgement = try judge(seed: 7, count: 200_000, nativeError: 1e-6, goldenError: 1e-6, spike: 1e-3)
        #expect(judgement.verdict == .mismatch)
        #expect(judgement.reason.contains("largest error"))
    }

    @Test("float16 golden data is granted float16's rounding, not more")
    func half() throws {
        let fine = try judge(seed: 1, count: 320, nativeError: 1e-6, goldenError: 5e-3, goldenUnit: 0x1p-11)
        #expect(fine.verdict == .rounding, "\(fine.reason)")
        let wrong = try judge(seed: 1, count: 320, nativeError: 1e-6, goldenError: 1, goldenUnit: 0x1p-11)
        #expect(wrong.verdict == .mismatch, "\(wrong.reason)")
        let same = try judge(seed: 1, count: 320, nativeError: 1e-6, goldenError: 5e-3)
        #expect(same.verdict == .mismatch, "float32 golden data isn't granted that")
    }

    @Test("float64 golden data is held to float64's rounding although we also ran in float32")
    func double() throws {
        let fine = try judge(seed: 1, count: 320, nativeError: 1e-6, goldenError: 5e-15, goldenUnit: 0x1p-53)
        #expect(fine.verdict == .rounding, "\(fine.reason)")
        let wrong = try judge(seed: 1, count: 320, nativeError: 1e-6, goldenError: 1e-9, goldenUnit: 0x1p-53)
        #expect(wrong.verdict == .mismatch)
    }

    @Test("a broken float32 run of ours is a mismatch and doesn't widen what golden data may do")
    func brokenNative() throws {
        let judgement = try judge(seed: 1, count: 320, nativeError: 0.5, goldenError: 0.4)
        #expect(judgement.verdict == .mismatch)
        #expect(judgement.reason.contains("our own run"))
    }

    @Test("a float32 run of ours that is far worse than golden float32 data is a mismatch")
    func sloppyNative() throws {
        let judgement = try judge(seed: 1, count: 320, nativeError: 1e-3, goldenError: 1e-6)
        #expect(judgement.verdict == .mismatch)
        #expect(judgement.reason.contains("our own run"))
    }

    @Test("a lucky native run leaves room for honest rounding")
    func lucky() throws {
        let judgement = try judge(seed: 3, count: 320, nativeError: 0, goldenError: 5e-7)
        #expect(judgement.verdict == .rounding, "\(judgement.reason)")
    }

    @Test("NaN on one side is a mismatch")
    func nan() throws {
        let yardstick = RoundingYardstick(measured: (1, 1), nativeUnit: 0x1p-24, goldenUnit: 0x1p-24, steps: 1)
        let judgement = yardstick.judge(try ErrorMetrics([1, .nan], reference: [1, 1]))
        #expect(judgement.verdict == .mismatch)
        #expect(judgement.reason.contains("NaN"))
    }

    @Test("without a second run the bound is wider, and a gross error is still a bug")
    func unmeasured() throws {
        let yardstick = RoundingYardstick(measured: nil, nativeUnit: 0x1p-24, goldenUnit: 0x1p-24, steps: 25)
        #expect(yardstick.judge(try ErrorMetrics([1, 2.000001, 3, 4], reference: [1, 2, 3, 4])).verdict == .rounding)
        #expect(yardstick.judge(try ErrorMetrics([1, 2.01, 3, 4], reference: [1, 2, 3, 4])).verdict == .mismatch)
    }

    @Test(
        "verdicts combine to the worse",
        arguments: [
            (Verdict.equal, Verdict.equal, Verdict.equal), (.equal, .rounding, .rounding),
            (.mismatch, .equal, .mismatch),
            (.rounding, .mismatch, .mismatch),
        ])
    func combines(_ a: Verdict, _ b: Verdict, _ wanted: Verdict) {
        #expect(a.combined(with: b) == wanted)
        #expect(b.combined(with: a) == wanted)
    }
}
