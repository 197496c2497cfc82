import Architectures
import Formats
import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A weight for another size: a part of the checkpoint's own tensor, and what was computed.
struct ResampledTable {
    var axis: Int
    /// The part of the tensor that stays.
    var kept: Range<Int>
    var derived: Tensor
    /// Whether what stays comes first.
    var keptFirst: Bool
}

extension AtlasRecord {
    /// What becomes of the tensor of a rule, as timm's loader does it; `nil` where the size is that which it is for.
    func resampled(_ rule: Rule, _ table: Tensor, _ choice: AtlasChoice) throws -> ResampledTable? {
        let old = ImageSize(try count(rule.oldHeight, choice), try count(rule.oldWidth, choice))
        let new = ImageSize(try count(rule.newHeight, choice), try count(rule.newWidth, choice))
        guard old != new else { return nil }
        switch rule.kind {
        case .tokens:
            let adapted = try PositionResampling.adapted(table, prefix: rule.prefix, from: old, to: new)
            guard let derived = adapted.derived else { return nil }
            return ResampledTable(axis: adapted.axis, kept: adapted.kept, derived: derived, keptFirst: true)
        case .window: return try WindowResampling.resampled(table, behind: rule.prefix, from: old, to: new)
        case .line: return try LineResampling.resampled(table, from: old.height, to: new.height)
        }
    }
}

/// timm's `resize_rel_pos_bias_table`: biases for the offsets in a window, linear between offsets that grow
/// geometrically, in float32 and in the order in which PyTorch computes them.
enum WindowResampling {
    /// `[(2h − 1)(2w − 1) + extra, heads]` or `[heads, 2h − 1, 2w − 1]` for a window of another size.
    /// - Throws: `tensor.shape` where the table isn't that of the old window.
    static func resampled(
        _ table: Tensor, behind extra: Int, from old: ImageSize, to new: ImageSize
    ) throws -> ResampledTable {
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
        return ResampledTable(
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

/// `torch.nn.functional.interpolate` with `linear` along the first axis, in float32.
enum LineResampling {
    /// `[old, C]` → `[new, C]`.
    /// - Throws: `tensor.shape` where the table has another length.
    static func resampled(_ table: Tensor, from old: Int, to new: Int) throws -> ResampledTable {
        guard old > 0, new > 0, table.shape.count == 2, table.shape[0] == old,
            let total = new.multiplied(checked: table.shape[1]),
            total <= 1 << 28
        else { throw FormatError(.tensorShape, "\(table.shape) is no table of \(old) offsets") }
        let values = try table.floats()
        let columns = table.shape[1]
        let scale = Float(old) / Float(new)
        var result: [Float] = []
        result.reserveCapacity(total)
        for position in 0..<new {
            let at = max(0, Float(-0.5).addingProduct(scale, Float(position) + 0.5))
            let first = min(Int(at), old - 1)
            let second = min(first + 1, old - 1)
            let part = min(max(at - Float(first), 0), 1)
            for column in 0..<columns {
                let (a, b) = (values[first * columns + column], values[second * columns + column])
                result.append((b * part).addingProduct(a, 1 - part))
            }
        }
        return ResampledTable(
            axis: 0, kept: 0..<0, derived: try .of(result, as: table.elementType, shape: [new, columns]),
            keptFirst: false)
    }
}
