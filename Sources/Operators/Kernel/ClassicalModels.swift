import GraphIR

/// What ai.onnx.ml's models do with their scores at the end.
enum PostTransform: String, Sendable {
    case none = "NONE"
    case softmax = "SOFTMAX"
    case logistic = "LOGISTIC"
    case softmaxZero = "SOFTMAX_ZERO"
    case probit = "PROBIT"

    init(_ binding: inout Binding) throws {
        let name = try binding.string("post_transform") ?? PostTransform.none.rawValue
        guard let found = PostTransform(rawValue: name) else {
            throw GraphError(
                .argument, "\"\(name)\" is none of NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT",
                argument: "post_transform")
        }
        self = found
    }

    /// The scores of one row, transformed.
    func apply(_ scores: [Double]) -> [Double] {
        switch self {
        case .none: return scores
        case .logistic: return scores.map(PostTransform.logistic)
        case .probit: return scores.map(PostTransform.probit)
        case .softmax:
            let greatest = scores.max() ?? 0
            return normalized(scores.map { Double.exponential($0 - greatest) })
        case .softmaxZero:
            // Scores next to zero stay next to zero.
            let greatest = scores.max() ?? 0
            return normalized(
                scores.map {
                    $0.magnitude > 1e-7
                        ? Double.exponential($0 - greatest) : $0 * Double.exponential(-greatest)
                })
        }
    }

    private func normalized(_ values: [Double]) -> [Double] {
        let sum = values.reduce(0, +)
        return values.map { sum == 0 ? 0.5 : $0 / sum }
    }

    static func logistic(_ x: Double) -> Double {
        let value = 1 / (1 + Double.exponential(-x.magnitude))
        return x < 0 ? 1 - value : value
    }

    /// √2 erf⁻¹(2x − 1), with Winitzki's formula for erf⁻¹ as ONNX's reference and ONNX Runtime have it.
    private static func probit(_ x: Double) -> Double {
        let y = 2 * x - 1
        let log = Double.logarithm((1 - y) * (1 + y))
        let v = 2 / (Double.pi * 0.147) + 0.5 * log
        let root = (-v + (v * v - log / 0.147).squareRoot()).squareRoot()
        return (y < 0 ? -1.41421356 : 1.41421356) * root
    }
}

/// The names of classes: integers or strings.
enum ClassLabels: Sendable {
    case integers([Int64])
    case strings([[UInt8]])

    /// - Parameter ints: the attribute that holds integers.
    /// - Throws: `op.argument` unless exactly one of the two attributes is given.
    init(_ binding: inout Binding, ints: String) throws {
        let integers = try binding.ints(ints) ?? []
        let strings = try binding.strings("classlabels_strings") ?? []
        guard integers.isEmpty != strings.isEmpty else {
            throw GraphError(
                .argument, "expected one of \(ints) and classlabels_strings, not both", argument: ints)
        }
        self = strings.isEmpty ? .integers(integers) : .strings(strings)
    }

    var count: Int {
        switch self {
        case .integers(let values): values.count
        case .strings(let values): values.count
        }
    }

    var elementType: ElementType {
        if case .integers = self { .int64 } else { .string }
    }

    /// The labels of these classes; `nil` stands for none of them, 0 or the empty string.
    func tensor(_ classes: [Int?], _ call: Call) throws -> Tensor {
        try call.check(elementType, [classes.count])
        switch self {
        case .integers(let values):
            return try Tensor(classes.map { $0.flatMap { values[checked: $0] } ?? 0 }, shape: [classes.count])
        case .strings(let values):
            return try Tensor(
                strings: classes.map { $0.flatMap { values[checked: $0] } ?? [] }, shape: [classes.count])
        }
    }
}

/// A batch of examples, one to a row.
struct Features: Sendable {
    let rows: Int
    let columns: Int
    let values: [Double]

    func row(_ index: Int) -> ArraySlice<Double> { values[(index * columns)..<((index + 1) * columns)] }
}

extension Call {
    /// An input of numbers as rows of features: `[N, F]`, or `[F]` for one row.
    /// - Throws: `op.argument` for other ranks, `limit.memory`.
    func features(_ input: Int = 0) throws -> Features {
        let x = try self.input(input)
        guard x.shape.count == 1 || x.shape.count == 2, let columns = x.shape.last else {
            throw GraphError(.argument, "expected shape [N, F] or [F], found \(x.shape)", argument: "X")
        }
        let rows = x.shape.count == 2 ? x.shape[0] : 1
        try check(.float64, [2, rows, columns])
        return Features(rows: rows, columns: columns, values: try doubles(x))
    }

    /// The numbers of a tensor of any number type.
    func doubles(_ x: Tensor) throws -> [Double] { try converted(x, to: .float64).array(of: Double.self) }

    /// Rows of equal length as float32, or as float64 in a session that computes in it.
    func rows(_ rows: [[Double]], columns: Int, inDouble: Bool) throws -> Tensor {
        try real(shape: [rows.count, columns], rows.flatMap { $0 }, inDouble: inDouble)
    }

    /// Numbers as float32, or as float64 in a session that computes in it.
    func real(shape: [Int], _ values: [Double], inDouble: Bool) throws -> Tensor {
        if inDouble { return try make(shape, of: Double.self) { out in for i in out.indices { out[i] = values[i] } } }
        return try make(shape, of: Float.self) { out in for i in out.indices { out[i] = Float(values[i]) } }
    }
}

/// The position of the greatest of some numbers, the first where there are several.
func firstMaximum(_ values: [Double]) -> Int {
    var best = 0
    for index in values.indices where values[index] > values[best] { best = index }
    return best
}

extension Inference {
    /// How many rows of features an input holds.
    func batch(_ input: Int = 0) -> Dimension {
        guard let shape = shape(input) else { return .unknown }
        return shape.count == 1 ? .size(1) : shape.first ?? .unknown
    }
}
