import GraphIR

/// The sizes that a specification calls by letters, as in "rois: [R, 4]", gathered from the inputs that share them.
struct DimensionLetters {
    private var known: [Substring: Dimension] = [:]

    /// Takes the dimensions of an input for the letters of its form, of which numbers stand for themselves. An input that
    /// is left out or of unknown rank says nothing.
    /// - Throws: `op.argument` where the rank is another or a size contradicts an earlier one.
    mutating func match(_ node: Inference, _ input: Int, _ form: String, _ name: String) throws {
        let letters = form.split(separator: " ")
        guard let shape = try node.shape(input, rank: letters.count...letters.count, name) else { return }
        for (letter, dimension) in zip(letters, shape) { try merge(String(letter), dimension, name) }
    }

    /// Takes a size for a letter.
    /// - Throws: `op.argument` where it contradicts what is known of the letter.
    mutating func merge(_ letter: String, _ dimension: Dimension, _ name: String) throws {
        let key = Substring(letter)
        guard let merged = self[letter].merged(with: dimension) else {
            throw GraphError(
                .argument, "\(dimension.text) for \(letter), found \(self[letter].text) before; expected the same size",
                argument: name)
        }
        known[key] = merged
    }

    /// What is known of a letter.
    subscript(letter: String) -> Dimension {
        known[Substring(letter)] ?? Int64(letter).map { .size($0) } ?? .unknown
    }
}

extension Dimension {
    /// A size that an attribute says.
    /// - Throws: `op.argument` where it is below 0.
    static func size(said number: Int64, _ name: String) throws -> Dimension {
        guard number >= 0 else { throw GraphError(.argument, "\(number) is no dimension", argument: name) }
        return .size(number)
    }
}

extension Inference {
    /// The dimensions of an input that must be a vector.
    /// - Throws: `op.argument` where it is known to have another rank.
    @discardableResult
    func vector(_ input: Int, _ name: String) throws -> [Dimension]? { try shape(input, rank: 1...1, name) }

    /// Whether the node gives an input, known or not.
    func isGiven(_ input: Int) -> Bool { binding.inputs[checked: input] ?? false }

    /// Whether the node wants an output.
    func isWanted(_ output: Int) -> Bool { binding.outputs[checked: output] ?? false }
}
