import GraphIR

/// Arithmetic on dimensions, of which some are names and some unknown.
extension Dimension {
    /// The size, where it is a number.
    public var known: Int64? {
        if case .size(let size) = self { size } else { nil }
    }

    /// Whether it is the number.
    public func isSize(_ size: Int64) -> Bool { known == size }

    /// The sum as far as it is known.
    public func plus(_ other: Dimension) -> Dimension {
        switch (self, other) {
        case (.size(let a), .size(let b)): a.adding(checked: b).map { .size($0) } ?? .unknown
        case (.size(0), _): other
        case (_, .size(0)): self
        default: .unknown
        }
    }

    /// The difference as far as it is known.
    public func minus(_ other: Dimension) -> Dimension {
        switch (self, other) {
        case (.size(let a), .size(let b)): a.subtracting(checked: b).map { .size($0) } ?? .unknown
        case (_, .size(0)): self
        case (.named(let a), .named(let b)) where ExactName(a) == ExactName(b): .size(0)
        default: .unknown
        }
    }

    /// The product as far as it is known.
    public func times(_ other: Dimension) -> Dimension {
        switch (self, other) {
        case (.size(let a), .size(let b)): a.multiplied(checked: b).map { .size($0) } ?? .unknown
        case (.size(1), _): other
        case (_, .size(1)): self
        case (.size(0), _), (_, .size(0)): .size(0)
        default: .unknown
        }
    }

    /// The quotient of integers, cut towards zero; unknown where the divisor is 0.
    public func divided(by other: Dimension) -> Dimension {
        switch (self, other) {
        case (.size(let a), .size(let b)):
            guard b != 0 else { return .unknown }
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            return overflow ? .unknown : .size(quotient)
        case (_, .size(1)): return self
        // A dimension that is 0 has no quotient with itself, and no element that would show it.
        case (.named(let a), .named(let b)) where ExactName(a) == ExactName(b): return .size(1)
        default: return .unknown
        }
    }

    /// One of `count` equal parts, where that is known to work.
    public func cut(into count: Int?) -> Dimension {
        guard case .size(let size) = self, let count, count > 0, size % Int64(count) == 0 else { return .unknown }
        return .size(size / Int64(count))
    }

    /// The product; 1 of none.
    public static func product(_ dimensions: some Sequence<Dimension>) -> Dimension {
        var numbers = Dimension.size(1)
        var others: [Dimension] = []
        for dimension in dimensions {
            if dimension.known != nil { numbers = numbers.times(dimension) } else { others.append(dimension) }
        }
        if numbers.isSize(0) { return numbers }
        return others.reduce(numbers) { $0.times($1) }
    }

    /// What is known of a dimension of which two things are known; a number tells more than a name. `nil` where the two
    /// contradict each other.
    public func merged(with other: Dimension) -> Dimension? {
        switch (self, other) {
        case (.size(let a), .size(let b)): a == b ? self : nil
        case (.size, _): self
        case (_, .size): other
        case (.unknown, _): other
        default: self
        }
    }
}

extension Inference {
    /// What is known of the dimensions of inputs that must have one shape.
    /// - Throws: `op.argument` where two contradict each other.
    public func unified(_ shapes: [[Dimension]?], _ name: String) throws -> [Dimension]? {
        var result: [Dimension]?
        for case let shape? in shapes {
            guard let known = result else {
                result = shape
                continue
            }
            guard known.count == shape.count else {
                throw GraphError(
                    .argument, "ranks \(known.count) and \(shape.count), expected the same", argument: name)
            }
            result = try zip(known, shape).map { try unified($0, $1, name) }
        }
        return result
    }

    /// What is known of a dimension of which two things are known.
    /// - Throws: `op.argument` where they contradict each other.
    public func unified(_ a: Dimension, _ b: Dimension, _ name: String) throws -> Dimension {
        guard let merged = a.merged(with: b) else {
            throw GraphError(.argument, "\(a.text) and \(b.text), expected the same size", argument: name)
        }
        return merged
    }

    /// The dimensions of an input that must have a certain rank, or at least one.
    /// - Throws: `op.argument` where it is known to have another.
    public func shape(_ input: Int, rank: ClosedRange<Int>, _ name: String) throws -> [Dimension]? {
        guard let shape = shape(input) else { return nil }
        guard rank.contains(shape.count) else {
            let wanted =
                rank.count == 1
                ? "\(rank.lowerBound)"
                : rank.upperBound == .max
                    ? "at least \(rank.lowerBound)" : "\(rank.lowerBound) to \(rank.upperBound)"
            throw GraphError(.argument, "shape \(shape.text), expected rank \(wanted)", argument: name)
        }
        return shape
    }

    /// - Throws: `op.argument` where an input is known to have more or fewer elements than one.
    public func requireScalar(_ input: Int, _ name: String) throws {
        guard let shape = shape(input), let count = Dimension.product(shape).known, count != 1 || shape.count > 1 else {
            return
        }
        throw GraphError(.argument, "shape \(shape.text), expected a scalar", argument: name)
    }
}

extension Dimension {
    /// For messages: the number, the name, or a question mark.
    public var text: String {
        switch self {
        case .size(let size): "\(size)"
        case .named(let name): name
        case .unknown: "?"
        }
    }
}

extension [Dimension] {
    /// For messages: `[2, N, ?]`.
    public var text: String { "[" + map(\.text).joined(separator: ", ") + "]" }

    /// Nothing but the rank.
    public static func unknown(rank: Int) -> [Dimension] { [Dimension](repeating: .unknown, count: Swift.max(rank, 0)) }
}
