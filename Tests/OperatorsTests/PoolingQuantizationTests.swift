import CKernels
import Execution
import GraphIR
import Testing

@testable import Operators

private func attribute(_ name: String, _ values: [Int]) -> Attribute {
    Attribute(name, .ints(values.map { Int64($0) }))
}
private func attribute(_ name: String, _ value: Int) -> Attribute { Attribute(name, .int(Int64(value))) }

extension SeededGenerator {
    fileprivate mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    fileprivate mutating func doubles(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double.random(in: -1...1, using: &self) }
    }
}

/// The input elements under a window over two axes, and how many taps lie on the input or its padding.
private func under(
    _ y: Int, _ x: Int, _ size: [Int], _ kernel: [Int], _ strides: [Int], _ dilations: [Int], _ pads: [Int]
) -> (places: [Int], padded: Int) {
    var places: [Int] = []
    var padded = 0
    for tapY in 0..<kernel[0] {
        for tapX in 0..<kernel[1] {
            let row = y * strides[0] + tapY * dilations[0] - pads[0]
            let column = x * strides[1] + tapX * dilations[1] - pads[1]
            if row < size[0] + pads[2] && column < size[1] + pads[3] { padded += 1 }
            if (0..<size[0]).contains(row) && (0..<size[1]).contains(column) { places.append(row * size[1] + column) }
        }
    }
    return (places, padded)
}

@Suite struct PoolingTests {
    @Test("Any pooling is what its definition says", arguments: 0..<100 as Range<UInt64>)
    func matchesDefinition(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let kernel = [random.int(1...4), random.int(1...5)]
        let strides = [random.int(1...3), random.int(1...3)]
        let dilations = [random.int(1...2), random.int(1...3)]
        let pads = [random.int(0...1), random.int(0...1), random.int(0...1), random.int(0...1)]
        let size = (0..<2).map { (kernel[$0] - 1) * dilations[$0] + 1 + random.int(0...9) }
        let planes = random.int(1...3)
        let values = random.doubles(planes * size[0] * size[1])
        let x = try Tensor(values, shape: [1, planes] + size)
        let common = [
            attribute("kernel_shape", kernel), attribute("strides", strides), attribute("dilations", dilations),
            attribute("pads", pads), attribute("ceil_mode", random.int(0...1)),
        ]
        let countsPadding = random.int(0...1)
        let most = try run("MaxPool", [x], common, outputs: 2)
        let mean = try run("AveragePool", [x], common + [attribute("count_include_pad", countsPadding)])[0]
        let norm = try run("LpPool", [x], common + [attribute("p", 2)])[0]
        let shape = most[0].shape
        let found = try (most[0].doubles(), most[1].array(of: Int64.self), mean.doubles(), norm.doubles())
        for at in 0..<most[0].count {
            let plane = at / (shape[2] * shape[3])
            let (places, padded) = under(
                at / shape[3] % shape[2], at % shape[3], size, kernel, strides, dilations, pads)
            let seen = places.map { values[plane * size[0] * size[1] + $0] }
            guard let greatest = seen.max(), let index = seen.firstIndex(of: greatest) else { continue }
            #expect(found.0[at] == greatest)
            #expect(found.1[at] == Int64(plane * size[0] * size[1] + places[index]))
            let count = Double(countsPadding == 1 ? padded : seen.count)
            #expect(abs(found.2[at] - seen.reduce(0, +) / count) < 1e-12)
            #expect(abs(found.3[at] - seen.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-12)
        }
    }

    /// As PyTorch has it with `ceil_mode`, and onnxruntime.
    @Test(
        "With sizes rounded up a window that reaches over the edge makes a position, if need be the only one",
        arguments: [(1, 2, 2), (2, 3, 2), (1, 3, 3)])
    func largerThanTheInput(size: Int, kernel: Int, stride: Int) throws {
        let values = (1...size).map(Double.init)
        let x = try Tensor(values, shape: [1, 1, size, 1])
        let common = [
            attribute("kernel_shape", [kernel, 1]), attribute("strides", [stride, 1]), attribute("ceil_mode", 1),
        ]
        let most = try run("MaxPool", [x], common)[0]
        #expect(try most.shape == [1, 1, 1, 1] && most.doubles() == [Double(size)])
        for counts in 0...1 {
            let mean = try run("AveragePool", [x], common + [attribute("count_include_pad", counts)])[0]
            #expect(try mean.doubles() == [values.reduce(0, +) / Double(size)])
        }
        let none = [attribute("kernel_shape", [size + stride, 1]), attribute("strides", [stride, 1])]
        #expect(throws: GraphError.self) { try run("MaxPool", [x], none + [attribute("ceil_mode", 1)]) }
        #expect(throws: GraphError.self) { try run("MaxPool", [x], Array(common.dropLast())) }
    }

    @Test("A transposed convolution is the transpose of the convolution", arguments: 0..<60 as Range<UInt64>)
    func isAdjoint(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let group = random.int(1...3)
        let (channels, filters) = (group * random.int(1...2), group * random.int(1...3))
        let kernel = [random.int(1...3), random.int(1...4)]
        let strides = [random.int(1...3), random.int(1...2)]
        let dilations = [random.int(1...2), random.int(1...2)]
        let pads = (0..<4).map { _ in random.int(0...1) }
        let size = (0..<2).map { (kernel[$0] - 1) * dilations[$0] + 1 + random.int(0...5) }
        let common = [
            attribute("strides", strides), attribute("dilations", dilations), attribute("pads", pads),
            attribute("group", group),
        ]
        let x = try Tensor(random.doubles(channels * size[0] * size[1]), shape: [1, channels] + size)
        let weightShape = [filters, channels / group] + kernel
        let weights = try Tensor(random.doubles(weightShape.reduce(1, *)), shape: weightShape)
        let forward = try run("Conv", [x, weights], common)[0]
        let y = try Tensor(random.doubles(forward.count), shape: forward.shape)
        let rest = (0..<2).map { axis -> Int in
            let reach = (kernel[axis] - 1) * dilations[axis] + 1
            let room: Int = size[axis] + pads[axis] + pads[axis + 2] - reach
            return room % strides[axis]
        }
        let back = try run("ConvTranspose", [y, weights], common + [attribute("output_padding", rest)])[0]
        #expect(back.shape == x.shape)
        let left = try zip(forward.doubles(), y.doubles()).map { $0 * $1 }.reduce(0.0, +)
        let right = try zip(x.doubles(), back.doubles()).map { $0 * $1 }.reduce(0.0, +)
        #expect(abs(left - right) < 1e-9)
    }

    @Test("Equal filters give equal channels, however large the numbers")
    func equalFilters() throws {
        var random = SeededGenerator(seed: 7)
        let x = try floats(random.doubles(300 * 45).map { Float($0) * 1e9 }, [1, 300, 9, 5])
        let filter = random.doubles(300).map { Float($0) }
        let weights = try floats((0..<67).flatMap { _ in filter }, [67, 300, 1, 1])
        let y = try run("Conv", [x, weights])[0].array(of: Float.self)
        for channel in 1..<67 { #expect(y[(channel * 45)..<((channel + 1) * 45)] == y[0..<45]) }
    }
}

@Suite struct QuantizationTests {
    @Test("Rounding goes to the nearest, ties to even, and stays in range", arguments: 0..<20 as Range<UInt64>)
    func rounding(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for type in [ElementType.uint8, .int8, .uint16, .int16, .uint4, .int4, .uint2, .int2] {
            let target = try QuantizedType(type)
            let isSigned = "\(type)".hasPrefix("i")
            let low = isSigned ? -Double(1 << (type.bitWidth - 1)) : 0
            let high = low + Double(1 << type.bitWidth) - 1
            for _ in 0..<200 {
                let value = Double(random.int(-400...400)) / 2 * (random.int(0...9) == 0 ? 1000 : 1)
                let zero = Double(random.int(Int(low)...Int(high)))
                let expected = min(max(value.rounded(.toNearestOrEven) + zero, low), high)
                #expect(Double(target.pattern(of: value, zero: zero)) == expected, "\(type) \(value) \(zero)")
            }
            for (value, expected) in [(Double.infinity, high), (-Double.infinity, low), (.nan, low)] {
                #expect(Double(target.pattern(of: value, zero: 0)) == expected)
            }
        }
    }

    @Test("An integer product is exact", arguments: [1, 2, 257, 258, 259, 1000])
    func integerProduct(depth: Int) throws {
        var random = SeededGenerator(seed: UInt64(depth))
        let a = (0..<(3 * depth)).map { _ in UInt8(random.int(250...255)) }
        let b = (0..<(depth * 5)).map { _ in Int8(random.int(-128...(-120))) }
        let y = try run(
            "MatMulInteger",
            [
                Tensor(a, shape: [3, depth]), Tensor(b, shape: [depth, 5]), Tensor(scalar: 0 as UInt8),
                Tensor(scalar: 127 as Int8),
            ]
        )[0].array(of: Int32.self)
        for row in 0..<3 {
            for column in 0..<5 {
                var sum = 0
                for i in 0..<depth {
                    let left = Int(a[row * depth + i])
                    sum += left * (Int(b[i * 5 + column]) - 127)
                }
                #expect(y[row * 5 + column] == Int32(sum))
            }
        }
    }
}

@Suite struct HostileWindowTests {
    private func image(_ shape: [Int]) throws -> Tensor {
        try floats([Float](repeating: 1, count: shape.reduce(1, *)), shape)
    }

    private func refuses(
        _ code: GraphError.Code, _ op: String, _ inputs: [Tensor?], _ attributes: [Attribute] = [], opset: Int64 = 22,
        memoryLimit: Int? = nil
    ) throws {
        #expect {
            try run(op, inputs, attributes, opset: opset, memoryLimit: memoryLimit)
        } throws: { ($0 as? GraphError)?.code == code }
    }

    @Test("Windows that don't fit are refused with a name")
    func windows() throws {
        let x = try image([1, 1, 4, 4])
        let huge = 1 << 20
        for op in ["MaxPool", "AveragePool", "LpPool"] {
            try refuses(.argument, op, [x], [attribute("kernel_shape", [5, 5])])
            try refuses(.argument, op, [x], [attribute("kernel_shape", [2])])
            try refuses(.argument, op, [x], [attribute("kernel_shape", [2, 0])])
            try refuses(.argument, op, [x], [attribute("kernel_shape", [2, Int.max])])
            try refuses(.argument, op, [x], [attribute("kernel_shape", [2, 2]), attribute("strides", [0, 1])])
            try refuses(.argument, op, [x], [attribute("kernel_shape", [2, 2]), attribute("pads", [-1, 0, 0, 0])])
            try refuses(
                .memory, op, [x], [attribute("kernel_shape", [1, 1]), attribute("pads", [huge, huge, huge, huge])],
                memoryLimit: 1 << 20)
        }
        try refuses(.argument, "GlobalLpPool", [x], [attribute("p", 0)])
        try refuses(.argument, "LRN", [x], [attribute("size", 0)])
        try refuses(.argument, "LpNormalization", [x], [attribute("p", 3)])
        try refuses(.argument, "LpNormalization", [x], [attribute("axis", 4)])
    }

    @Test("Transposed and deformable convolutions refuse what doesn't fit")
    func convolutions() throws {
        let (x, w) = (try image([1, 2, 3, 3]), try image([2, 1, 2, 2]))
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("group", 0)])
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("group", 3)])
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("kernel_shape", [3, 2])])
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("pads", [9, 9, 9, 9])])
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("output_shape", [100, 100])])
        try refuses(.argument, "ConvTranspose", [x, w], [attribute("strides", [Int.max, 1])])
        try refuses(.memory, "ConvTranspose", [x, w], [attribute("strides", [1 << 29, 1 << 29])])
        try refuses(.argument, "ConvTranspose", [x, image([3, 1, 2, 2])])
        let offset = try image([1, 8, 2, 2])
        let weights = try image([1, 2, 2, 2])
        try refuses(.argument, "DeformConv", [x, weights, image([1, 8, 1, 2])])
        try refuses(.argument, "DeformConv", [x, weights, offset], [attribute("offset_group", 0)])
        try refuses(.argument, "DeformConv", [x, weights, offset, nil, image([1, 8, 2, 2])])
        let far = try floats(
            [Float](repeating: .infinity, count: 16) + [Float](repeating: .nan, count: 16), [1, 8, 2, 2])
        #expect(try run("DeformConv", [x, weights, far], opset: 22)[0].array(of: Float.self) == [0, 0, 0, 0])
    }

    @Test("Places and shapes that come as data are checked")
    func places() throws {
        let x = try image([1, 1, 2, 2])
        let window = [attribute("kernel_shape", [2, 2]), attribute("strides", [2, 2])]
        for bad: Int64 in [-1, 16, .max, .min] {
            try refuses(.argument, "MaxUnpool", [x, ints([0, 1, 2, bad], [1, 1, 2, 2])], window)
        }
        try refuses(.argument, "MaxUnpool", [x, ints([0, 1, 2, 3], [1, 1, 2, 2]), ints([1, 1, 2, 2])], window)
        try refuses(
            .memory, "MaxUnpool", [x, ints([0, 1, 2, 3], [1, 1, 2, 2]), ints([1, 1, 1 << 20, 1 << 20])], window,
            memoryLimit: 1 << 20)
        let pooled = [attribute("pooled_shape", [2, 2])]
        for region: [Float] in [[1, 0, 0, 1, 1], [-1, 0, 0, 1, 1], [.nan, 0, 0, 1, 1], [0, .infinity, 0, 1, 1]] {
            try refuses(.argument, "MaxRoiPool", [x, floats(region, [1, 5])], pooled)
        }
        let columns = try image([1, 4, 4])
        try refuses(.argument, "Col2Im", [columns, ints([3, 3]), ints([2, 3])])
        try refuses(.argument, "Col2Im", [columns, ints([4, 3]), ints([2, 2])])
        try refuses(.argument, "Col2Im", [columns, ints([-3, 3]), ints([2, 2])])
        try refuses(.argument, "Col2Im", [columns, ints([3, 3]), ints([0, 2])])
        let rotated = try image([1, 1, 2, 4])
        let cache = try image([3, 2])
        try refuses(.argument, "RotaryEmbedding", [rotated, cache, cache, ints([0, 3], [1, 2])], opset: 23)
        try refuses(.argument, "RotaryEmbedding", [rotated, cache, cache, ints([0, -1], [1, 2])], opset: 23)
        try refuses(
            .argument, "RotaryEmbedding", [rotated, cache, cache, ints([0, 1], [1, 2])],
            [attribute("rotary_embedding_dim", 3)], opset: 23)
    }

    @Test("Scales and zero points must fit")
    func scales() throws {
        let x = try image([2, 3])
        let three = try floats([1, 1, 1])
        try refuses(.argument, "QuantizeLinear", [x, three], [attribute("axis", 0)], opset: 21)
        try refuses(.argument, "QuantizeLinear", [x, three], [attribute("axis", 2)], opset: 21)
        try refuses(.argument, "QuantizeLinear", [x, three], [attribute("block_size", -1)], opset: 21)
        try refuses(.argument, "QuantizeLinear", [x, image([2, 2])], [attribute("block_size", Int.max)], opset: 21)
        try refuses(.argument, "QuantizeLinear", [x, three], [attribute("output_dtype", 1)], opset: 21)
        try refuses(
            .argument, "QuantizeLinear", [x, three, Tensor([0, 0, 0] as [UInt8], shape: [3])],
            [attribute("output_dtype", 3)], opset: 21)
        try refuses(.argument, "QuantizeLinear", [x, three, Tensor([0, 0] as [UInt8], shape: [2])], opset: 21)
        let bytes = try Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [2, 3])
        try refuses(.argument, "DequantizeLinear", [bytes, three, Tensor([0, 0, 0] as [Int8], shape: [3])], opset: 21)
        try refuses(.argument, "DynamicQuantizeLinear", [floats([], [0])], opset: 21)
        try refuses(.argument, "MatMulInteger", [bytes, bytes])
        try refuses(
            .argument, "MatMulInteger", [bytes, bytes.reshaped([3, 2]), Tensor([0, 0, 0] as [UInt8], shape: [3])])
        let pixels = try bytes.reshaped([1, 1, 2, 3])
        try refuses(.argument, "ConvInteger", [pixels, pixels, Tensor([0, 0] as [UInt8], shape: [2])])
        try refuses(.argument, "ConvInteger", [pixels, bytes.reshaped([1, 2, 1, 3])])
    }
}
