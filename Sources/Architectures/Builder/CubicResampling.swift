/// Bicubic interpolation without antialiasing, as `torch.nn.functional.interpolate` does it unless told otherwise: four
/// taps by Keys' kernel with a = −¾, those outside taken from the edge. LV-ViT's authors resample so.
///
/// The arithmetic is PyTorch's to the bit, as its kernel for x86-64 with AVX2 and wider does it, multiply-adds fused
/// where its compiler fuses them.
struct CubicTaps {
    var places: [Int]
    var weights: [Float]

    /// The taps of one new position. `from` and `to` are positive.
    init(at position: Int, from: Int, to: Int) {
        let source = (-0.5 as Float).addingProduct(Float(from) / Float(to), Float(position) + 0.5)
        let whole = source.rounded(.down)
        let fraction = source - whole
        places = (-1...2).map { min(max(Int(whole) + $0, 0), from - 1) }
        weights = [
            Self.outer(fraction + 1), Self.inner(fraction), Self.inner(1 - fraction), Self.outer(1 - fraction + 1),
        ]
    }

    /// The kernel up to a distance of 1.
    private static func inner(_ x: Float) -> Float {
        (1.25 * x - 2.25) * x * x + 1
    }

    /// The kernel from a distance of 1 to 2.
    private static func outer(_ x: Float) -> Float {
        let first = (3.75 as Float).addingProduct(-0.75, x)
        let second = (-6 as Float).addingProduct(first, x)
        return second * x + 3
    }

    /// `[outer, from, inner]` → `[outer, to, inner]`. The caller has checked that the sizes are those of the values.
    static func resampled(_ values: [Float], outer: Int, from: Int, to: Int, inner: Int) -> [Float] {
        let taps = (0..<to).map { CubicTaps(at: $0, from: from, to: to) }
        var result: [Float] = []
        result.reserveCapacity(outer * to * inner)
        for row in 0..<outer {
            for tap in taps {
                let starts = tap.places.map { (row * from + $0) * inner }
                for column in 0..<inner {
                    var sum = values[starts[1] + column] * tap.weights[1]
                    for index in [0, 2, 3] {
                        sum = sum.addingProduct(values[starts[index] + column], tap.weights[index])
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }
}
