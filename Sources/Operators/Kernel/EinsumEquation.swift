import GraphIR

/// An equation of Einsum: `ij,jk->ik`.
struct EinsumEquation: Sendable, Hashable {
    enum Symbol: Sendable, Hashable {
        case letter(UInt8)
        case ellipsis
    }

    let inputs: [[Symbol]]
    /// `nil` where the equation has no arrow: then all letters that occur once, sorted, behind the ellipsis.
    let output: [Symbol]?

    /// - Throws: `op.argument` where the text is no equation.
    init(parsing text: [UInt8]) throws {
        let bytes = text.filter { $0 != UInt8(ascii: " ") }
        var sides: [ArraySlice<UInt8>] = [bytes[...]]
        if let arrow = bytes.indices.first(where: {
            bytes[$0] == UInt8(ascii: "-") && bytes[checked: $0 + 1] == UInt8(ascii: ">")
        }) {
            sides = [bytes[..<arrow], bytes[(arrow + 2)...]]
        }
        inputs = try sides[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            try EinsumEquation.symbols($0)
        }
        output = try sides[checked: 1].map { try EinsumEquation.symbols($0) }
        if let output, Set(output).count != output.count {
            throw EinsumEquation.error("a letter comes twice behind the arrow")
        }
    }

    private static func symbols(_ term: ArraySlice<UInt8>) throws -> [Symbol] {
        var symbols: [Symbol] = []
        var rest = term
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                symbols.append(.letter(byte))
            case UInt8(ascii: "."):
                guard rest.popFirst() == byte, rest.popFirst() == byte, !symbols.contains(.ellipsis) else {
                    throw error("an ellipsis is three dots, once in a term")
                }
                symbols.append(.ellipsis)
            default:
                throw error("\"\(String(decoding: [byte], as: UTF8.self))\" is no letter")
            }
        }
        return symbols
    }

    static func error(_ message: String) -> GraphError { GraphError(.argument, message, argument: "equation") }

    /// The labels of all axes, one number each: a letter's code, or from ``firstOfEllipsis`` on for the axes under an
    /// ellipsis.
    struct Labels: Sendable {
        var inputs: [[Int]]
        var output: [Int]
    }

    static let firstOfEllipsis = 256

    /// - Throws: `op.argument` where the ranks don't fit the terms.
    func labels(ranks: [Int]) throws -> Labels {
        guard ranks.count == inputs.count else {
            throw EinsumEquation.error("\(inputs.count) terms for \(ranks.count) inputs")
        }
        var covered: Int?
        for (term, rank) in zip(inputs, ranks) {
            let letters = term.count - (term.contains(.ellipsis) ? 1 : 0)
            guard term.contains(.ellipsis) ? rank >= letters : rank == letters else {
                throw EinsumEquation.error("a term of \(letters) letters for an input of rank \(rank)")
            }
            guard term.contains(.ellipsis) else { continue }
            guard covered ?? (rank - letters) == rank - letters else {
                throw EinsumEquation.error("the ellipsis stands for \(covered ?? 0) axes and for \(rank - letters)")
            }
            covered = rank - letters
        }
        let ellipsis = (0..<(covered ?? 0)).map { EinsumEquation.firstOfEllipsis + $0 }
        func expanded(_ term: [Symbol]) -> [Int] {
            term.flatMap { symbol in
                switch symbol {
                case .letter(let code): [Int(code)]
                case .ellipsis: ellipsis
                }
            }
        }
        let terms = inputs.map(expanded)
        let used = Set(terms.joined())
        if let output {
            for case .letter(let code) in output where !used.contains(Int(code)) {
                throw EinsumEquation.error("\"\(Unicode.Scalar(code))\" is in no input")
            }
            guard !output.contains(.ellipsis) || covered != nil else {
                throw EinsumEquation.error("the output has an ellipsis, no input has")
            }
            return Labels(inputs: terms, output: expanded(output))
        }
        var counts: [Int: Int] = [:]
        for label in terms.joined() where label < EinsumEquation.firstOfEllipsis { counts[label, default: 0] += 1 }
        return Labels(inputs: terms, output: ellipsis + counts.filter { $0.value == 1 }.keys.sorted())
    }
}
