import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// timm's `resize_rel_pos_bias_table`: biases for the offsets in a window, linear between offsets that grow
/// geometrically, in float32 and in the order in which PyTorch computes them.
package enum WindowResampling {
    /// `[(2h − 1)(2w − 1) + extra, heads]` or `[heads, 2h − 1, 2w − 1]` for a window of another size.
    /// - Throws: `tensor.shape` where the table isn't that of the old window.
    package static func adapted(
        _ table: Tensor, behind extra: Int, from old: ImageSize, to new: ImageSize
    ) throws -> AdaptedWeight {
        let isFlat = table.shape.count == 2
        guard let source = offsets(of: old), let target = offsets(of: new),
            let count = source.height.multiplied(checked: source.width), let rows = count.adding(checked: extra),
            isFlat ? table.shape[0] == rows : table.shape.dropFirst() == [source.height, source.width],
            let heads = isFlat ? table.shape.last : table.shape.first,
            let total = [target.height, target.width, heads].checkedProduct(), total <= 1 << 28
        else {
            throw FormatError(
                .tensorShape, "\(table.shape) is no table for windows of \(old.height)×\(old.width)",
                hint: "leave --image-size out")
        }
        let values = try table.floats()
        let (down, across) = (Axis(from: source.height, to: target.height), Axis(from: source.width, to: target.width))
        var result = [Float](repeating: 0, count: total)
        for head in 0..<heads {
            func value(_ row: Int, _ column: Int) -> Float {
                let place = row * source.width + column
                return isFlat ? values[place * heads + head] : values[head * count + place]
            }
            for (row, y) in down.points.enumerated() {
                for (column, x) in across.points.enumerated() {
                    var sum = value(y.left, x.left) * (y.toRight * x.toRight)
                    sum += value(y.left, x.right) * (y.toRight * x.toLeft)
                    sum += value(y.right, x.left) * (y.toLeft * x.toRight)
                    sum += value(y.right, x.right) * (y.toLeft * x.toLeft)
                    let place = row * target.width + column
                    let mean = sum / ((y.toLeft + y.toRight) * (x.toLeft + x.toRight))
                    result[isFlat ? place * heads + head : head * target.height * target.width + place] = mean
                }
            }
        }
        let shape = isFlat ? [target.height * target.width, heads] : [heads, target.height, target.width]
        return AdaptedWeight(
            axis: 0, kept: isFlat ? count..<rows : 0..<0, derived: try .of(result, as: table.elementType, shape: shape),
            keptFirst: false)
    }

    /// Offsets along both axes of a window.
    private static func offsets(of window: ImageSize) -> ImageSize? {
        guard window.height > 0, window.width > 0, let height = window.height.multiplied(checked: 2),
            let width = window.width.multiplied(checked: 2)
        else { return nil }
        return ImageSize(height - 1, width - 1)
    }

    /// Where the new offsets lie among the old ones.
    private struct Axis {
        struct Point {
            var left, right: Int
            var toLeft, toRight: Float
        }
        var points: [Point] = []

        init(from: Int, to: Int) {
            let positions = Self.positions(from: from, to: to)
            for step in 0..<to {
                let x = Float(step - to / 2)
                let right = min(positions.firstIndex { $0 >= x } ?? from - 1, from - 1)
                let left = max(right - 1, 0)
                var (toLeft, toRight) = (x - positions[left], positions[right] - x)
                if toLeft < 0 { toLeft = 0 }
                if toRight < 0 { toRight = 0 }
                if toLeft == 0, toRight == 0 { (toLeft, toRight) = (1, 1) }
                points.append(Point(left: left, right: right, toLeft: toLeft, toRight: toRight))
            }
        }

        /// The old offsets, spread so that the outermost meet the new ones.
        private static func positions(from: Int, to: Int) -> [Float] {
            var (left, right, ratio) = (1.01, 1.5, 0.0)
            while right - left > 1e-6 {
                ratio = (left + right) / 2
                if (1 - power(ratio, from / 2)) / (1 - ratio) > Double(to / 2) { right = ratio } else { left = ratio }
            }
            var positive: [Double] = []
            var current = 1.0
            for step in 0..<from / 2 {
                positive.append(current)
                current += power(ratio, step + 1)
            }
            return positive.reversed().map { Float(-$0) } + [0] + positive.map { Float($0) }
        }

        private static func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
    }
}
