import CKernels
import Execution
import Foundation
import GraphIR
import Testing

@testable import Operators

/// Convolution by its definition, in double.
private func definition(
    _ x: [Double], _ shape: [Int], _ w: [Double], _ filters: Int, _ kernel: [Int], _ bias: [Double], group: Int,
    strides: [Int], dilations: [Int], pads: [Int]
) -> (values: [Double], shape: [Int]) {
    let (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    let outHeight = (height + pads[0] + pads[2] - (kernel[0] - 1) * dilations[0] - 1) / strides[0] + 1
    let outWidth = (width + pads[1] + pads[3] - (kernel[1] - 1) * dilations[1] - 1) / strides[1] + 1
    let perGroup = channels / group
    var out: [Double] = []
    for n in 0..<batch {
        for f in 0..<filters {
            for oy in 0..<outHeight {
                for ox in 0..<outWidth {
                    var sum = bias[f]
                    for c in 0..<perGroup {
                        for ky in 0..<kernel[0] {
                            for kx in 0..<kernel[1] {
                                let y = oy * strides[0] + ky * dilations[0] - pads[0]
                                let xx = ox * strides[1] + kx * dilations[1] - pads[1]
                                guard y >= 0, y < height, xx >= 0, xx < width else { continue }
                                let channel = f / (filters / group) * perGroup + c
                                sum +=
                                    x[((n * channels + channel) * height + y) * width + xx]
                                    * w[((f * perGroup + c) * kernel[0] + ky) * kernel[1] + kx]
                            }
                        }
                    }
                    out.append(sum)
                }
            }
        }
    }
    return (out, [batch, filters, outHeight, outWidth])
}

@Suite(.serialized) struct ConvolutionTests {
    @Test("Any convolution is what its definition says", arguments: 0..<150 as Range<UInt64>)
    func matchesDefinition(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        let group = random(1...4)
        let isDepthwise = seed % 2 == 0
        let channels = group * (isDepthwise ? 1 : random(1...3))
        let filters = group * random(1...3)
        let kernel = [random(1...5), random(1...9)]
        let strides = [random(1...3), random(1...3)]
        let dilations = [random(1...2), random(1...3)]
        let pads = (0..<4).map { _ in random(0...4) }
        let height = max((kernel[0] - 1) * dilations[0] + 1 - pads[0] - pads[2], 1) + random(0...9)
        let width = max((kernel[1] - 1) * dilations[1] + 1 - pads[1] - pads[3], 1) + random(0...40)
        let shape = [random(1...2), channels, height, width]
        let x = (0..<shape.reduce(1, *)).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
        let depth = channels / group * kernel[0] * kernel[1]
        let w = (0..<(filters * depth)).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
        let bias = (0..<filters).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
        let expected = definition(
            x, shape, w, filters, kernel, bias, group: group, strides: strides, dilations: dilations, pads: pads)
        let attributes = [
            Attribute("group", .int(Int64(group))), Attribute("strides", .ints(strides.map { Int64($0) })),
            Attribute("dilations", .ints(dilations.map { Int64($0) })),
            Attribute("pads", .ints(pads.map { Int64($0) })),
        ]
        let weightShape = [filters, channels / group] + kernel
        defer { wb_force_kernel_form(-1) }
        for form in 0...2 as ClosedRange<Int32> {
            wb_force_kernel_form(form)
            let single = try run(
                "Conv",
                [
                    floats(x.map { Float($0) }, shape), floats(w.map { Float($0) }, weightShape),
                    floats(bias.map { Float($0) }),
                ],
                attributes)[0]
            let double = try run(
                "Conv", [Tensor(x, shape: shape), Tensor(w, shape: weightShape), Tensor(bias, shape: [filters])],
                attributes)[0]
            #expect(single.shape == expected.shape, "seed \(seed)")
            // All terms are at most 1 in size, so a sum of K has an error of at most about K² u.
            let terms = Double(depth + 1)
            for (index, value) in try single.array(of: Float.self).enumerated() {
                let bound = terms * terms * 0x1p-24
                #expect(abs(Double(value) - expected.values[index]) <= bound, "seed \(seed), form \(form), \(index)")
            }
            for (index, value) in try double.array(of: Double.self).enumerated() {
                let bound = terms * terms * 0x1p-53
                #expect(abs(value - expected.values[index]) <= bound, "seed \(seed), form \(form), \(index)")
            }
        }
    }

    @Test("Automatic padding puts the odd element where its name says")
    func automaticPadding() throws {
        let x = try floats([1, 2, 3, 4], [1, 1, 4])
        let w = try floats([1, 10], [1, 1, 2])
        let upper = try run("Conv", [x, w], [Attribute("auto_pad", .string(Array("SAME_UPPER".utf8)))])[0]
        let lower = try run("Conv", [x, w], [Attribute("auto_pad", .string(Array("SAME_LOWER".utf8)))])[0]
        let valid = try run("Conv", [x, w], [Attribute("auto_pad", .string(Array("VALID".utf8)))])[0]
        #expect(try upper.array(of: Float.self) == [21, 32, 43, 4])
        #expect(try lower.array(of: Float.self) == [10, 21, 32, 43])
        #expect(try valid.array(of: Float.self) == [21, 32, 43])
    }

    @Test("A convolution over three axes")
    func threeAxes() throws {
        let x = try floats((0..<27).map { Float($0) }, [1, 1, 3, 3, 3])
        let w = try floats([Float](repeating: 1, count: 8), [1, 1, 2, 2, 2])
        let y = try run("Conv", [x, w])[0]
        #expect(y.shape == [1, 1, 2, 2, 2])
        #expect(try y.array(of: Float.self) == [52, 60, 76, 84, 124, 132, 148, 156])
    }

    @Test(
        "Attributes that don't fit are refused",
        arguments: [
            [Attribute("strides", .ints([-1, 1]))], [Attribute("dilations", .ints([0, 1]))],
            [Attribute("dilations", .ints([1 << 62, 1]))], [Attribute("group", .int(3))], [Attribute("group", .int(0))],
            [Attribute("kernel_shape", .ints([3, 3]))], [Attribute("pads", .ints([0, 0, 0]))],
            [Attribute("pads", .ints([0, 0, 0, -1]))], [Attribute("auto_pad", .string(Array("SAME".utf8)))],
            [Attribute("unheard", .int(1))],
        ])
    func refusesAttributes(attributes: [Attribute]) throws {
        let x = try floats([Float](repeating: 1, count: 32), [1, 2, 4, 4])
        let w = try floats([Float](repeating: 1, count: 16), [2, 2, 2, 2])
        let error = #expect(throws: GraphError.self) { try run("Conv", [x, w], attributes) }
        #expect(error?.code == .argument)
        #expect(error?.node == "node (Conv)")
    }
}
