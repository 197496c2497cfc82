import GraphIR

/// What happens where an update falls on an element.
enum ScatterReduction: String, Sendable {
    case none, add, mul, max, min

    /// Reads the attribute, which came with version 16; maximum and minimum with 18.
    init(_ binding: inout Binding) throws {
        guard binding.version >= 16 else {
            self = .none
            return
        }
        let name = try binding.string("reduction") ?? "none"
        let known: [ScatterReduction] = binding.version >= 18 ? [.none, .add, .mul, .max, .min] : [.none, .add, .mul]
        guard let found = known.first(where: { $0.rawValue == name }) else {
            let list = known.map(\.rawValue).joined(separator: ", ")
            throw GraphError(.argument, "\"\(name)\" is none of \(list)", argument: "reduction")
        }
        self = found
    }
}

extension Call {
    /// A copy of `data` with the blocks of `updates` folded in where `offsets` say, in order. Half precision is summed
    /// in float32 and rounded once.
    func scattered(
        _ updates: Tensor, into data: Tensor, offsets: [Int], length: Int, _ reduction: ScatterReduction
    ) throws -> Tensor {
        try requireType(data.elementType, updates)
        if reduction == .none { return try placed(updates, into: data, offsets: offsets, length: length) }
        switch data.elementType {
        case .float16, .bfloat16:
            let sums = try scattered(
                updates.widened(to: .float32), into: data.widened(to: .float32), offsets: offsets, length: length,
                reduction)
            return try sums.narrowed(to: data.elementType)
        case .complex64: return try complexScattered(updates, data, offsets, length, reduction, Float.self)
        case .complex128: return try complexScattered(updates, data, offsets, length, reduction, Double.self)
        default:
            let work = ScatterWork(
                call: self, data: data, updates: updates, offsets: offsets, length: length, reduction: reduction)
            return try dispatch(data.elementType, work)
        }
    }

    private func complexScattered<T: Real>(
        _ updates: Tensor, _ data: Tensor, _ offsets: [Int], _ length: Int, _ reduction: ScatterReduction, _: T.Type
    ) throws -> Tensor {
        guard reduction == .add || reduction == .mul else {
            throw GraphError(
                .unsupportedArgument, "complex numbers have no \(reduction.rawValue)", argument: "reduction")
        }
        return try make(data.elementType, data.shape, as: T.self) { out in
            try data.withElements(T.self) { _ = out.update(fromContentsOf: $0) }
            try updates.withElements(T.self) { new in
                for (position, offset) in offsets.enumerated() {
                    for i in 0..<length {
                        let (at, from) = (2 * (offset + i), 2 * (position * length + i))
                        let (real, imaginary) = (out[at], out[at + 1])
                        if reduction == .add {
                            out[at] = real + new[from]
                            out[at + 1] = imaginary + new[from + 1]
                        } else {
                            out[at] = real * new[from] - imaginary * new[from + 1]
                            out[at + 1] = real * new[from + 1] + imaginary * new[from]
                        }
                    }
                }
            }
        }
    }
}

private struct ScatterWork: NumberWork {
    let call: Call
    let data: Tensor
    let updates: Tensor
    let offsets: [Int]
    let length: Int
    let reduction: ScatterReduction

    func run<T: Number>(_: T.Type) throws -> Tensor {
        // Of truth values, the sum is "or" and the product "and".
        let isBool = data.elementType == .bool
        return switch reduction {
        case .none: try fold { (_: T, new: T) in new }
        case .add where isBool: try fold { (old: T, new: T) in Swift.max(old, new) }
        case .add: try fold { (old: T, new: T) in T.sum(old, new) }
        case .mul: try fold { (old: T, new: T) in T.product(old, new) }
        case .max: try fold { (old: T, new: T) in new > old || new.isNotANumber ? new : old }
        case .min: try fold { (old: T, new: T) in new < old || new.isNotANumber ? new : old }
        }
    }

    private func fold<T: Number>(_ function: (T, T) -> T) throws -> Tensor {
        try call.make(data.elementType, data.shape, as: T.self) { out in
            try data.withElements(T.self) { _ = out.update(fromContentsOf: $0) }
            try updates.withElements(T.self) { new in
                for (position, offset) in offsets.enumerated() {
                    for i in 0..<length {
                        out[offset + i] = function(out[offset + i], new[position * length + i])
                    }
                }
            }
        }
    }
}
