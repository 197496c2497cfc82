import Architectures
import Formats
import GraphIR

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
        case .window:
            let adapted = try WindowResampling.adapted(table, behind: rule.prefix, from: old, to: new)
            guard let derived = adapted.derived else { return nil }
            return ResampledTable(
                axis: adapted.axis, kept: adapted.kept, derived: derived, keptFirst: adapted.keptFirst)
        case .line: return try LineResampling.resampled(table, from: old.height, to: new.height)
        }
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
