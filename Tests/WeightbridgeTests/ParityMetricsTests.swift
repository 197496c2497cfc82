import Foundation
import Testing
import Weightbridge

@Suite("Parity: how far two arrays are apart")
struct ParityMetricsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var values: [Double]
        var reference: [Double]
        var maxAbsolute: Double
        var maxRelative: Double
        var maxULP: Double
        var rms: Double
        var cosine: Double
        var disagreements = 0
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "equal", values: [1, -2, 0], reference: [1, -2, 0],
            maxAbsolute: 0, maxRelative: 0, maxULP: 0, rms: 0, cosine: 1),
        Case(
            name: "one unit in the last place above 1", values: [1 + 0x1p-23], reference: [1],
            maxAbsolute: 0x1p-23, maxRelative: 0x1p-23, maxULP: 1, rms: 0x1p-23, cosine: 1),
        Case(
            name: "units grow with the exponent", values: [1024 + 0x1p-13], reference: [1024],
            maxAbsolute: 0x1p-13, maxRelative: 0x1p-23, maxULP: 1, rms: 0x1p-13, cosine: 1),
        Case(
            name: "a reference of zero has no relative error", values: [0x1p-149, 3], reference: [0, 3],
            maxAbsolute: 0x1p-149, maxRelative: 0, maxULP: 1, rms: 0x1p-149 / 2.0.squareRoot(), cosine: 1),
        Case(
            name: "opposite", values: [3, -4], reference: [-3, 4],
            maxAbsolute: 8, maxRelative: 2, maxULP: 6 / 0x1p-22, rms: 50.0.squareRoot(), cosine: -1),
        Case(
            name: "orthogonal", values: [1, 0], reference: [0, 1],
            maxAbsolute: 1, maxRelative: 1, maxULP: 0x1p149, rms: 1, cosine: 0),
        Case(
            name: "NaN and infinity in the same places", values: [.nan, .infinity, 1], reference: [.nan, .infinity, 1],
            maxAbsolute: 0, maxRelative: 0, maxULP: 0, rms: 0, cosine: 1),
        Case(
            name: "NaN on one side", values: [.nan, 1], reference: [2, 1],
            maxAbsolute: 0, maxRelative: 0, maxULP: 0, rms: 0, cosine: 1, disagreements: 1),
        Case(
            name: "infinities of different signs", values: [.infinity], reference: [-.infinity],
            maxAbsolute: 0, maxRelative: 0, maxULP: 0, rms: 0, cosine: 1, disagreements: 1),
        Case(
            name: "squares that would overflow", values: [3e300, 4e300], reference: [3e300, 0],
            maxAbsolute: 4e300, maxRelative: 0, maxULP: 4e300 / 0x1p-149, rms: 4e300 / 2.0.squareRoot(), cosine: 0.6),
        Case(
            name: "nothing", values: [], reference: [],
            maxAbsolute: 0, maxRelative: 0, maxULP: 0, rms: 0, cosine: 1),
    ]

    @Test("measures", arguments: cases)
    func measures(_ item: Case) throws {
        let metrics = try ErrorMetrics(item.values, reference: item.reference, referenceType: .float32)
        let close = { (a: Double, b: Double) in a == b || abs(a - b) <= 1e-12 * max(abs(a), abs(b)) }
        #expect(metrics.count == item.values.count)
        #expect(metrics.maxAbsolute == item.maxAbsolute)
        #expect(close(metrics.maxRelative, item.maxRelative))
        #expect(close(try #require(metrics.maxULP), item.maxULP))
        #expect(close(metrics.rms, item.rms), "\(metrics.rms)")
        #expect(close(metrics.cosine, item.cosine) || abs(metrics.cosine - item.cosine) < 1e-12, "\(metrics.cosine)")
        #expect(metrics.nonFiniteDisagreements == item.disagreements)
        #expect(metrics.isExact == (item.maxAbsolute == 0 && item.disagreements == 0))
    }

    @Test func namesTheWorstElementAndTheFirstThatIsNotFinite() throws {
        let metrics = try ErrorMetrics([1, 2, 9, .nan, .nan], reference: [1, 3, 4, 0, 0])
        #expect(metrics.worstIndex == 2)
        #expect(metrics.firstNonFiniteDisagreement == 3)
        #expect(metrics.maxULP == nil)
    }

    @Test func refusesArraysOfDifferentLength() {
        #expect(throws: FormatError.self) { try ErrorMetrics([1], reference: [1, 2]) }
    }

    @Test("an infinity in float16 golden data is fine where our number overflows float16, else not")
    func overflow() throws {
        let fine = try ErrorMetrics([70000], reference: [.infinity], saturation: 65504)
        #expect(fine.nonFiniteDisagreements == 0)
        let wrong = try ErrorMetrics([7], reference: [.infinity], saturation: 65504)
        #expect(wrong.nonFiniteDisagreements == 1)
        let sign = try ErrorMetrics([-70000], reference: [.infinity], saturation: 65504)
        #expect(sign.nonFiniteDisagreements == 1)
    }

    struct Narrow: Sendable {
        var type: ElementType
        var bits: [UInt8]
        var value: Double
    }

    /// Patterns from the ONNX specification's tables and IEEE 754: smallest, greatest, one and a half.
    static let narrow: [Narrow] = [
        Narrow(type: .float16, bits: [0x00, 0x3E], value: 1.5),
        Narrow(type: .float16, bits: [0x01, 0x00], value: 0x1p-24),
        Narrow(type: .float16, bits: [0xFF, 0x7B], value: 65504),
        Narrow(type: .float16, bits: [0x00, 0xFC], value: -.infinity),
        Narrow(type: .bfloat16, bits: [0xC0, 0x3F], value: 1.5),
        Narrow(type: .bfloat16, bits: [0x01, 0x00], value: 0x1p-133),
        Narrow(type: .float8e4m3fn, bits: [0x7E], value: 448), Narrow(type: .float8e4m3fn, bits: [0x01], value: 0x1p-9),
        Narrow(type: .float8e4m3fnuz, bits: [0x7F], value: 240), Narrow(type: .float8e5m2, bits: [0x7B], value: 57344),
        Narrow(type: .float8e5m2fnuz, bits: [0x7F], value: 57344), Narrow(type: .float6e2m3, bits: [0x1F], value: 7.5),
        Narrow(type: .float6e3m2, bits: [0x1F], value: 28), Narrow(type: .float6e3m2, bits: [0x3F], value: -28),
    ]

    @Test("reads narrow floating-point types exactly", arguments: narrow)
    func readsNarrow(_ item: Narrow) throws {
        let tensor = try Tensor(item.type, shape: [1], bytes: Bytes(item.bits))
        #expect(try tensor.doubles() == [item.value])
    }

    @Test(
        "NaN patterns of the types without infinity",
        arguments: [
            (ElementType.float8e4m3fn, UInt8(0x7F)), (.float8e4m3fnuz, 0x80), (.float8e5m2fnuz, 0x80),
            (.float8e5m2, 0x7D),
        ])
    func readsNaN(_ type: ElementType, _ bits: UInt8) throws {
        #expect(try Tensor(type, shape: [1], bytes: Bytes([bits])).doubles()[0].isNaN)
    }
}
