import Execution
import GraphIR
import Testing

@testable import Operators

/// Operators that move, pick and place elements: what they refuse.
@Suite struct MovingTests {
    /// One node that must be refused.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let what: String
        let op: String
        let inputs: [Tensor?]
        var attributes: [Attribute] = []
        var opset: Int64 = 20
        var code = GraphError.Code.argument

        init(
            _ what: String, _ op: String, _ inputs: [Tensor?], _ attributes: [Attribute] = [], opset: Int64 = 20,
            code: GraphError.Code = .argument
        ) {
            self.what = what
            self.op = op
            self.inputs = inputs
            self.attributes = attributes
            self.opset = opset
            self.code = code
        }

        var testDescription: String { "\(op): \(what)" }
    }

    static let refusals: [Refusal] = (try? makeRefusals()) ?? []

    private static func makeRefusals() throws -> [Refusal] {
        let x = try floats([1, 2, 3, 4], [2, 2])
        let least = Int64.min
        return try [
            Refusal("an index beyond the axis", "GatherElements", [x, ints([2], [1, 1])]),
            Refusal("the least index", "GatherElements", [x, ints([least], [1, 1])]),
            Refusal("indices of another rank", "GatherElements", [x, ints([0])]),
            Refusal("indices wider than the data", "GatherElements", [x, ints([0, 0, 0], [1, 3])]),
            Refusal("a scalar", "GatherElements", [floats([1], []), ints([0], [])]),
            Refusal("the least axis", "GatherElements", [x, ints([0], [1, 1])], [Attribute("axis", .int(least))]),
            Refusal("tuples longer than the rank", "GatherND", [x, ints([0, 0, 0], [1, 3])]),
            Refusal("other batches", "GatherND", [x, ints([0], [1, 1])], [Attribute("batch_dims", .int(1))]),
            Refusal("batches below zero", "GatherND", [x, ints([0], [1, 1])], [Attribute("batch_dims", .int(least))]),
            Refusal("an index beyond the axis", "GatherND", [x, ints([0, -3], [1, 2])]),
            Refusal("updates of another shape", "ScatterElements", [x, ints([0], [1, 1]), floats([1, 2], [1, 2])]),
            Refusal("updates of another type", "ScatterElements", [x, ints([0], [1, 1]), ints([1], [1, 1])]),
            Refusal(
                "an unknown reduction", "ScatterElements", [x, ints([0], [1, 1]), floats([1], [1, 1])],
                [Attribute("reduction", .string(Array("mean".utf8)))]),
            Refusal(
                "a maximum before version 18", "ScatterND", [x, ints([0], [1, 1]), floats([1, 2], [1, 2])],
                [Attribute("reduction", .string(Array("max".utf8)))], opset: 16),
            Refusal("updates of another shape", "ScatterND", [x, ints([0], [1, 1]), floats([1, 2])]),
            Refusal(
                "writing beyond the cache", "TensorScatter", [x, floats([1, 2], [2, 1]), ints([2, 0])],
                [Attribute("axis", .int(1))], opset: 24),
            Refusal(
                "a start below zero", "TensorScatter", [x, floats([1, 2], [2, 1]), ints([least, 0])],
                [Attribute("axis", .int(1)), Attribute("mode", .string(Array("circular".utf8)))], opset: 24),
            Refusal("the batch for an axis", "TensorScatter", [x, x], [Attribute("axis", .int(0))], opset: 24),
            Refusal(
                "a true beyond the axis", "Compress",
                [x, Tensor(.bool, shape: [3], bytes: Bytes([0, 0, 1]))], [Attribute("axis", .int(1))]),
            Refusal("a scalar for an axis", "Unique", [floats([1], [])], [Attribute("axis", .int(0))]),
            Refusal("a block of zero", "DepthToSpace", [floats([1], [1, 1, 1, 1])], [Attribute("blocksize", .int(0))]),
            Refusal(
                "a block whose square overflows", "SpaceToDepth", [floats([1], [1, 1, 1, 1])],
                [Attribute("blocksize", .int(.max))]),
            Refusal(
                "channels that don't divide", "DepthToSpace", [floats([1, 2], [1, 2, 1, 1])],
                [Attribute("blocksize", .int(2))]),
            Refusal("a length beyond the sequence", "ReverseSequence", [x, ints([3, 0])]),
            Refusal("equal axes", "ReverseSequence", [x, ints([1, 1])], [Attribute("time_axis", .int(1))]),
            Refusal("a size below zero", "CenterCropPad", [x, ints([-1, 2])]),
            Refusal("a size beyond memory", "CenterCropPad", [x, ints([1 << 40, 1 << 10])], code: .memory),
            Refusal("a vector", "Trilu", [floats([1, 2])]),
            Refusal("a depth below zero", "OneHot", [ints([0]), ints([-1]), floats([0, 1])]),
            Refusal("a depth beyond memory", "OneHot", [ints([0]), ints([1 << 40]), floats([0, 1])], code: .memory),
            Refusal("three values", "OneHot", [ints([0]), ints([2]), floats([0, 1, 2])]),
            Refusal("another width", "BitCast", [x], [Attribute("to", .int(7))], opset: 26),
            Refusal("a string", "BitCast", [x], [Attribute("to", .int(8))], opset: 26),
            Refusal("no such type", "EyeLike", [x], [Attribute("dtype", .int(99))]),
            Refusal("neither scales nor sizes", "Resize", [x, nil, nil, nil]),
            Refusal("both scales and sizes", "Resize", [x, nil, floats([1, 1]), ints([2, 2])]),
            Refusal("a scale of zero", "Resize", [x, nil, floats([0, 1])]),
            Refusal("a scale that is no number", "Resize", [x, nil, floats([.nan, 1])]),
            Refusal("scales beyond memory", "Resize", [x, nil, floats([1e5, 1e5])], code: .memory),
            Refusal("an axis twice", "Resize", [x, nil, floats([2, 2])], [Attribute("axes", .ints([0, 0]))]),
            Refusal(
                "a region that is missing", "Resize", [x, nil, floats([2, 2])],
                [Attribute("coordinate_transformation_mode", .string(Array("tf_crop_and_resize".utf8)))]),
            Refusal(
                "cubic strings", "Resize", [Tensor(strings: [[65]], shape: [1]), nil, floats([2])],
                [Attribute("mode", .string(Array("cubic".utf8)))], code: .unsupportedArgument),
            Refusal("shrinking", "Upsample", [x, floats([0.5, 1])], opset: 9),
            Refusal(
                "a grid of another batch", "GridSample",
                [floats([1], [1, 1, 1, 1]), floats([1, 1], [1, 1, 1, 2]).reshaped([1, 1, 2, 1])]),
            Refusal(
                "an unknown padding", "GridSample", [floats([1], [1, 1, 1, 1]), floats([1, 1], [1, 1, 1, 2])],
                [Attribute("padding_mode", .string(Array("wrap".utf8)))]),
            Refusal(
                "an empty image with a border", "GridSample",
                [floats([], [1, 1, 0, 1]), floats([1, 1], [1, 1, 1, 2])],
                [Attribute("padding_mode", .string(Array("border".utf8)))]),
            Refusal(
                "a region without end", "RoiAlign",
                [
                    floats([1], [1, 1, 1, 1]), floats([0, 0, .infinity, 1], [1, 4]), ints([0]),
                ]),
            Refusal(
                "another batch", "RoiAlign", [floats([1], [1, 1, 1, 1]), floats([0, 0, 1, 1], [1, 4]), ints([1])]),
            Refusal(
                "a region with too many samples", "RoiAlign",
                [
                    floats([1], [1, 1, 1, 1]), floats([0, 0, 1e30, 1], [1, 4]), ints([0]),
                ]),
            Refusal(
                "scores of other boxes", "NonMaxSuppression",
                [floats([0, 0, 1, 1], [1, 1, 4]), floats([1, 1], [1, 1, 2])]),
            Refusal("sizes below zero", "AffineGrid", [floats([1, 0, 0, 0, 1, 0], [1, 2, 3]), ints([1, 1, -1, 1])]),
        ]
    }

    @Test("What can't be done is refused with its reason", arguments: refusals)
    func refuses(_ refusal: Refusal) throws {
        let error = #expect(throws: GraphError.self) {
            try run(
                refusal.op, refusal.inputs, refusal.attributes, opset: refusal.opset, memoryLimit: 1 << 30)
        }
        #expect(error?.code == refusal.code, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("All refusals could be made")
    func all() { #expect(Self.refusals.count > 40) }

    @Test("A resized image of ones stays one, whatever the mode", arguments: ["nearest", "linear", "cubic"])
    func ones(mode: String) throws {
        let x = try floats([Float](repeating: 1, count: 35), [5, 7])
        for coordinates in ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"] {
            for antialias in mode == "nearest" ? [0] : [0, 1] {
                for scale in [Float(0.3), 1, 2.7] {
                    let y = try run(
                        "Resize", [x, nil, floats([scale, 1.1])],
                        [
                            Attribute("mode", .string(Array(mode.utf8))),
                            Attribute("antialias", .int(Int64(antialias))),
                            Attribute("coordinate_transformation_mode", .string(Array(coordinates.utf8))),
                        ])
                    #expect(try y[0].array(of: Float.self).allSatisfy { abs($0 - 1) < 1e-6 })
                }
            }
        }
    }

    @Test("Coordinates beyond all bounds read the padding", arguments: ["nearest", "linear", "cubic"])
    func farCoordinates(mode: String) throws {
        let x = try floats([5, 5], [1, 1, 1, 2])
        let grid = try floats([.nan, .infinity, -.infinity, 3e38, -3e38, 1e10], [1, 3, 1, 2])
        for (padding, expected) in [("zeros", Float(0)), ("border", 5), ("reflection", 5)] {
            for corners in [Int64(0), 1] {
                let y = try run(
                    "GridSample", [x, grid],
                    [
                        Attribute("mode", .string(Array(mode.utf8))), Attribute("align_corners", .int(corners)),
                        Attribute("padding_mode", .string(Array(padding.utf8))),
                    ])
                #expect(try y[0].array(of: Float.self).allSatisfy { abs($0 - expected) < 1e-5 })
            }
        }
    }
}
