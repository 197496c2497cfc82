import GraphIR

/// How far one array of numbers is from another.
public struct ErrorMetrics: Sendable, Equatable {
    /// The number of elements.
    public var count: Int
    /// The largest |value − reference|, in the unit of the values.
    public var maxAbsolute: Double
    /// The largest |value − reference| ÷ |reference|, over references that aren't zero.
    public var maxRelative: Double
    /// The largest |value − reference| in units in the last place of the reference's type; `nil` where it has none.
    public var maxULP: Double?
    /// The root of the mean squared difference.
    public var rms: Double
    /// The cosine of the angle between both; 1 where both are all zeros, `nan` where just one is.
    public var cosine: Double
    /// The root of the references' mean square: what the errors are to be measured against.
    public var scale: Double
    /// The largest reference magnitude.
    public var greatest: Double
    /// The position (row-major) of the largest difference; `nil` where there is none.
    public var worstIndex: Int?
    /// Elements where just one side is NaN or infinite, or both are infinite with different signs.
    public var nonFiniteDisagreements: Int
    /// The position of the first of those.
    public var firstNonFiniteDisagreement: Int?
    /// Whether all elements are the same number, NaN in the same places.
    public var isExact: Bool { maxAbsolute == 0 && nonFiniteDisagreements == 0 }

    /// Measures `values` against `reference`. Elements where a side isn't finite count in the disagreements alone.
    ///
    /// - Parameters:
    ///   - referenceType: the type whose units in the last place are counted.
    ///   - saturation: magnitudes of `values` from which an infinite reference is no disagreement: what overflows in a
    ///     narrower type.
    /// - Throws: `tensor.shape` where there are not as many of both.
    public init(
        _ values: [Double], reference: [Double], referenceType: ElementType? = nil, saturation: Double = .infinity
    ) throws {
        guard values.count == reference.count else {
            throw FormatError(.tensorShape, "\(values.count) elements can't be compared with \(reference.count)")
        }
        count = values.count
        let format = referenceType?.floatFormat
        var maxAbsolute = 0.0
        var maxRelative = 0.0
        var maxULP = 0.0
        var worst: Int?
        var disagreements = 0
        var firstDisagreement: Int?
        var finite = 0
        // Sums are taken of numbers divided by these, so that squares can't overflow.
        var largest = 0.0
        var largestDifference = 0.0
        for (value, wanted) in zip(values, reference) where value.isFinite && wanted.isFinite {
            largest = max(largest, value.magnitude, wanted.magnitude)
            largestDifference = max(largestDifference, (value - wanted).magnitude)
        }
        let unit = largest > 0 ? largest : 1
        let differenceUnit = largestDifference > 0 && largestDifference.isFinite ? largestDifference : 1
        var squares = 0.0
        var valueSquares = 0.0
        var referenceSquares = 0.0
        var product = 0.0
        var greatest = 0.0
        for (index, (value, wanted)) in zip(values, reference).enumerated() {
            guard value.isFinite, wanted.isFinite else {
                let bothNaN = value.isNaN && wanted.isNaN
                let overflow = wanted.isInfinite && value.magnitude >= saturation && value.sign == wanted.sign
                if !bothNaN && value != wanted && !overflow {
                    disagreements += 1
                    firstDisagreement = firstDisagreement ?? index
                }
                continue
            }
            finite += 1
            let difference = (value - wanted).magnitude
            if difference > maxAbsolute {
                maxAbsolute = difference
                worst = index
            }
            if wanted != 0 { maxRelative = max(maxRelative, difference / wanted.magnitude) }
            if let format { maxULP = max(maxULP, difference / format.ulp(of: wanted)) }
            greatest = max(greatest, wanted.magnitude)
            squares += (difference / differenceUnit) * (difference / differenceUnit)
            valueSquares += (value / unit) * (value / unit)
            referenceSquares += (wanted / unit) * (wanted / unit)
            product += (value / unit) * (wanted / unit)
        }
        let total = Double(max(finite, 1))
        self.maxAbsolute = maxAbsolute
        self.maxRelative = maxRelative
        self.maxULP = format == nil ? nil : maxULP
        rms = differenceUnit * (squares / total).squareRoot()
        scale = unit * (referenceSquares / total).squareRoot()
        self.greatest = greatest
        let lengths = valueSquares.squareRoot() * referenceSquares.squareRoot()
        cosine = maxAbsolute == 0 ? 1 : lengths > 0 ? min(1, max(-1, product / lengths)) : .nan
        worstIndex = worst
        nonFiniteDisagreements = disagreements
        firstNonFiniteDisagreement = firstDisagreement
    }
}

/// How often two classifiers choose alike, and how often the first is right where labels are known.
public struct ClassifierAgreement: Sendable, Equatable {
    /// How many samples were compared.
    public var samples: Int
    /// Samples where both give the highest score to the same class; the lower number wins ties.
    public var top1: Int
    /// Samples where our first choice is among the golden's five best (all classes where there are fewer).
    public var top5: Int

    /// - Parameters:
    ///   - ours: scores, row-major, `classes` to a sample.
    ///   - golden: as many.
    init(ours: [Double], golden: [Double], classes: Int) {
        samples = classes > 0 ? min(ours.count, golden.count) / classes : 0
        top1 = 0
        top5 = 0
        for sample in 0..<samples {
            let range = (sample * classes)..<((sample + 1) * classes)
            let choice = Self.best(ours[range], 1)
            let wanted = Self.best(golden[range], 5)
            if choice.first == wanted.first { top1 += 1 }
            if let first = choice.first, wanted.contains(first) { top5 += 1 }
        }
    }

    /// The positions of the highest scores within a row, best first; NaN is lowest.
    static func best(_ row: ArraySlice<Double>, _ count: Int) -> [Int] {
        var chosen: [Int] = []
        for _ in 0..<min(count, row.count) {
            var best: (position: Int, score: Double)?
            for (position, score) in row.enumerated() where !chosen.contains(position) {
                let value = score.isNaN ? -Double.infinity : score
                if let current = best, value <= current.score { continue }
                best = (position, value)
            }
            if let best { chosen.append(best.position) }
        }
        return chosen
    }
}

/// How many samples a classifier gets right.
public struct Accuracy: Sendable, Equatable {
    /// The array that holds the labels.
    public var key: String
    /// The output that holds the scores.
    public var output: String
    /// Samples whose label has the highest score.
    public var right: Int
    /// How many samples were counted.
    public var samples: Int
}
