import GraphIR
import Testing

@testable import Operators

@Suite struct TypeTests {
    static let smallFloats: [ElementType] = [
        .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float6e2m3, .float6e3m2,
        .float4e2m1,
    ]

    private func patterns(_ type: ElementType) -> ClosedRange<UInt8> {
        switch type {
        case .float4e2m1: 0...15
        case .float6e2m3, .float6e3m2: 0...63
        default: 0...255
        }
    }

    @Test("Every number of a small type is decoded and encoded to itself", arguments: smallFloats)
    func roundTrip(type: ElementType) throws {
        let format = try #require(SmallFloat(type))
        for pattern in patterns(type) {
            let value = format.decode(pattern)
            let back = format.encode(Double(value), saturates: false)
            #expect(value.isNaN ? format.decode(back).isNaN : back == pattern, "pattern \(pattern) is \(value)")
        }
    }

    @Test(
        "What lies between two numbers goes to the nearer, and to the even one from the middle", arguments: smallFloats)
    func rounding(type: ElementType) throws {
        let format = try #require(SmallFloat(type))
        if format.special == .exponentOnly { return }
        let numbers = patterns(type).filter { format.decode($0) > 0 && format.decode($0).isFinite }
        for (low, high) in zip(numbers, numbers.dropFirst()) {
            let (a, b) = (Double(format.decode(low)), Double(format.decode(high)))
            #expect(format.encode(a + (b - a) * 0.49) == low)
            #expect(format.encode(a + (b - a) * 0.51) == high)
            #expect(format.encode((a + b) / 2) == (low % 2 == 0 ? low : high))
        }
    }

    @Test(
        "Beyond the greatest number: it, or infinity, or NaN where there is none",
        arguments: [
            (ElementType.float8e4m3fn, UInt8(0x7E), UInt8(0x7F)), (.float8e4m3fnuz, 0x7F, 0x80),
            (.float8e5m2, 0x7B, 0x7C), (.float8e5m2fnuz, 0x7F, 0x80), (.float8e8m0, 0xFE, 0xFF),
            (.float6e2m3, 0x1F, 0x1F), (.float4e2m1, 0x7, 0x7),
        ])
    func overflow(type: ElementType, saturated: UInt8, unsaturated: UInt8) throws {
        let format = try #require(SmallFloat(type))
        for value in [1e40, .infinity] {
            #expect(format.encode(value) == saturated)
            #expect(format.encode(value, saturates: false) == unsaturated)
        }
    }

    @Test("A bare exponent is rounded as asked", arguments: [("up", 2.0), ("down", 1.0), ("nearest", 2.0)])
    func bareExponent(mode: String, expected: Float) throws {
        let attributes = [Attribute("to", .int(24)), Attribute("round_mode", .string(Array(mode.utf8)))]
        let encoded = try run("Cast", [floats([1.5])], attributes, opset: 24)[0]
        #expect(
            try run("Cast", [encoded], [Attribute("to", .int(1))], opset: 24)[0].array(of: Float.self) == [expected])
    }

    @Test("Inputs of two floating-point types are refused, also where widening makes them one")
    func mixedTypes() throws {
        let single = try floats([1, 2])
        let half = try run("Cast", [single], [Attribute("to", .int(10))])[0]
        for inputs in [[single, half], [half, single]] {
            let error = #expect(throws: GraphError.self) { try run("Add", inputs) }
            #expect(error?.code == .argument)
        }
    }

    @Test("Statistics of their own type don't change the type of a batch normalization's result")
    func batchNormalizationTypes() throws {
        let x = try floats([1, 2], [1, 2])
        let half = try run("Cast", [floats([1, 1])], [Attribute("to", .int(10))])[0]
        let y = try run("BatchNormalization", [x, half, half, half, half], opset: 15)[0]
        #expect(y.elementType == .float32)
    }

    @Test("A window with a billion taps beside the input costs nothing")
    func hugeWindow() throws {
        let image = try floats([3, 4], [1, 1, 2])
        let attributes = [
            Attribute("kernel_shape", .ints([1 << 29])), Attribute("pads", .ints([1 << 28, 1 << 28])),
        ]
        #expect(try run("MaxPool", [image], attributes)[0].array(of: Float.self) == [4, 4, 4])
    }
}
