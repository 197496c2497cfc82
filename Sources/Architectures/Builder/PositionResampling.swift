import GraphIR

/// A table of positions for a grid of another size, by bicubic interpolation in float32: timm's `resample_abs_pos_embed`
/// with antialiasing (`torch.nn.functional.interpolate`, a = −½), or without it (``CubicTaps``).
///
/// The arithmetic is PyTorch's to the bit, as its kernels for x86-64 with AVX2 and wider do it: first along rows, then
/// along columns; weights by fused multiply-adds; of a sum the products in whole fours are rounded before they are
/// added, the rest are fused.
package enum PositionResampling {
    /// The most elements of a table that is made.
    package static let limit = 1 << 28

    /// The table `[1, prefix + old, D]` for a new grid. The rows of the `prefix` stay as they are.
    /// - Parameter isAntialiased: as timm does it.
    /// - Throws: `tensor.shape` where the table isn't one of the old grid; `tensor.dtype` for narrow types.
    package static func adapted(
        _ table: Tensor, prefix: Int, from old: ImageSize, to new: ImageSize, isAntialiased: Bool = true
    ) throws -> AdaptedWeight {
        guard table.shape.count == 3, table.shape[0] == 1, table.shape[2] > 0, prefix >= 0, old.height > 0,
            old.width > 0,
            let count = old.height.multiplied(checked: old.width), let rows = count.adding(checked: prefix),
            rows == table.shape[1]
        else {
            throw FormatError(.tensorShape, "\(table.shape) is no table of \(old.height)×\(old.width) positions")
        }
        let dim = table.shape[2]
        guard new.height > 0, new.width > 0,
            let size = [new.height, new.width, dim].checkedProduct(), size <= limit,
            let between = [old.height, new.width, dim].checkedProduct(), between <= limit
        else {
            throw FormatError(
                .limitMemory, "a table of \(new.height)×\(new.width) positions is larger than \(limit) elements",
                hint: "give a smaller image size (--image-size)")
        }
        let values = Array(try table.floats().dropFirst(prefix * dim))
        let resampled = isAntialiased ? Self.antialiased : CubicTaps.resampled
        let wide = resampled(values, old.height, old.width, new.width, dim)
        let whole = resampled(wide, 1, old.height, new.height, new.width * dim)
        return AdaptedWeight(
            axis: 1, kept: 0..<prefix,
            derived: try .of(whole, as: table.elementType, shape: [1, new.height * new.width, dim]))
    }

    /// The table that a model with `prefix` rows before those of the grid `old` has for images of another size.
    /// - Parameter new: the grid that `size` makes of patches of `patch` pixels.
    /// - Throws: ``MappingError`` for images without a patch, and what ``adapted(_:prefix:from:to:isAntialiased:)`` does.
    static func resized(
        _ weights: StateDict, prefix: Int, from old: ImageSize, to new: ImageSize, for size: ImageSize, patch: Int,
        isAntialiased: Bool = true
    ) throws -> [(String, AdaptedWeight)] {
        guard new != old else { return [] }
        guard new.height > 0, new.width > 0, let table = weights["pos_embed"] else {
            throw Candidate.refusal(
                "an image of \(size.height)×\(size.width) has no patch of \(patch)",
                hint: "give a larger image size (--image-size)")
        }
        return [
            ("pos_embed", try adapted(table, prefix: prefix, from: old, to: new, isAntialiased: isAntialiased))
        ]
    }

    /// `[outer, from, inner]` → `[outer, to, inner]`. The caller has checked that the sizes are those of the values.
    private static func antialiased(_ values: [Float], outer: Int, from: Int, to: Int, inner: Int) -> [Float] {
        let filters = (0..<to).map { Filter(at: $0, from: from, to: to) }
        var result: [Float] = []
        result.reserveCapacity(outer * to * inner)
        for row in 0..<outer {
            for filter in filters {
                let start = (row * from + filter.first) * inner
                let fused = (filter.weights.count - 1) / 4 * 4
                for column in 0..<inner {
                    var sum = values[start + column] * filter.weights[0]
                    for (tap, weight) in filter.weights.enumerated().dropFirst() {
                        let value = values[start + tap * inner + column]
                        sum = tap > fused ? sum.addingProduct(value, weight) : sum + value * weight
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }

    /// The weights of one new position, of the old ones from `first` on.
    private struct Filter {
        var first: Int
        var weights: [Float]

        init(at position: Int, from: Int, to: Int) {
            let scale = Float(from) / Float(to)
            let support = scale >= 1 ? Float(2 * Double(scale)) : 2
            let inverse = scale >= 1 ? Float(1 / Double(scale)) : 1
            let center = Float(Double(scale) * (Double(position) + 0.5))
            first = max(Int(Double(center - support) + 0.5), 0)
            let end = min(Int(Double(center + support) + 0.5), from)
            weights = []
            var total: Float = 0
            for old in first..<max(end, first + 1) {
                let distance = Float((Double(Float(old) - center) + 0.5) * Double(inverse))
                let weight = Self.cubic(distance.magnitude)
                weights.append(weight)
                total += weight
            }
            for index in weights.indices { weights[index] /= total }
        }

        /// Keys' kernel with a = −½.
        private static func cubic(_ x: Float) -> Float {
            let a: Float = -0.5
            if x < 1 {
                let inner = (-(a + 3)).addingProduct(a + 2, x)
                return Float(1).addingProduct(inner * x, x)
            }
            if x < 2 {
                let first = (-5 * a).addingProduct(a, x)
                let second = (8 * a).addingProduct(first, x)
                return (-4 * a).addingProduct(second, x)
            }
            return 0
        }
    }
}
