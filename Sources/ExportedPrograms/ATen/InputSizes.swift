import Formats
import GraphIR

extension ExportedProgram {
    /// What the symbols of dynamic shapes are where the inputs have these sizes.
    ///
    /// - Parameter shapes: sizes for the inputs that the caller gives, in the program's order, for as many as are to be
    ///   settled; `nil` leaves a size to the program.
    /// - Throws: ``FormatError``: `usage` where the program takes no inputs of these sizes.
    public func symbolSizes(ofInputs shapes: [[Int64?]]) throws -> [String: Int64] {
        let declared = userInputs
        guard shapes.count <= declared.count else {
            throw FormatError(.usage, "\(shapes.count) shapes are given, the program has \(declared.count) inputs")
        }
        var values: [String: Int64] = [:]
        for ((name, type), shape) in zip(declared, shapes) {
            let refusal = FormatError(
                .usage, "the program takes '\(name)' as \(type.shape.text), which isn't of shape \(Self.text(shape))",
                hint: symbols.isEmpty ? nil : "the program's symbols are " + ranges)
            guard shape.count == type.shape.count else { throw refusal }
            for (size, wanted) in zip(type.shape, shape) {
                guard let wanted, let (symbol, factor, offset) = size.linear else { continue }
                guard let (value, rest) = wanted.subtracting(checked: offset)?.quotientAndRemainder(dividingBy: factor),
                    rest == 0, value > 0, values.updateValue(value, forKey: symbol) ?? value == value
                else { throw refusal }
            }
            for (size, wanted) in zip(type.shape, shape) {
                guard let wanted, wanted != (try size.substituting { values[$0].map { .number($0) } }.known ?? wanted)
                else { continue }
                throw refusal
            }
            // A range from 2 is how PyTorch says that it looked at no size of 0 or 1.
            let isInRange = values.allSatisfy { symbol, value in
                guard let range = symbols[symbol] else { return true }
                return range.contains(value) || (value == 1 && range.lowerBound == 2)
            }
            guard isInRange else { throw refusal }
        }
        return values
    }

    /// The tensors that the caller gives, with their types, in order.
    public var userInputs: [(name: String, type: ATenTensorType)] {
        zip(graph.inputs, inputs).compactMap { argument, specification in
            guard case .tensor(let value) = argument, case .user(let name) = specification,
                let type = graph.types[value]
            else { return nil }
            return (name, type)
        }
    }

    private static func text(_ shape: [Int64?]) -> String {
        "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
    }

    /// `s39 from 2 to 20`.
    private var ranges: String {
        symbols.sorted { $0.key < $1.key }.map { name, range in
            let start = "\(name) from \(range.lowerBound)"
            return range.upperBound >= .max - 1 ? start : start + " to \(range.upperBound)"
        }.joined(separator: ", ")
    }
}
