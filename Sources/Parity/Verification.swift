import Execution
import Formats
import GraphIR
import OrderedCollections

/// How to compare a model with golden data.
public struct VerificationOptions: Sendable {
    /// How to run the model; its precision is that of the results that are compared.
    public var session = SessionOptions()
    /// The greatest absolute error of an element. Where this or ``relativeTolerance`` is set, both decide in place of
    /// the measured rounding (the other one then is 0).
    public var absoluteTolerance: Double?
    /// The greatest relative error of an element.
    public var relativeTolerance: Double?
    /// Input names to keys of golden arrays.
    public var inputs: [String: String] = [:]
    /// Output names to keys of golden arrays.
    public var outputs: [String: String] = [:]
    /// Intermediates to expect, by module name; they may hold fewer samples than the inputs, from the first on.
    public var blocks: GoldenData?
    /// Module names of ``blocks`` to names of the graph's values, where they can't be found by themselves.
    public var moduleValues: [String: String] = [:]
    /// Whether the model is run a second time, in the other precision, to measure how much rounding there is. Without
    /// it the verdict rests on a bound that knows less (``RoundingYardstick/unmeasured``).
    public var measuresRounding = true

    public init() {}
}

/// Runs a model on golden inputs and compares its results with golden outputs.
///
/// - Parameters:
///   - model: the model.
///   - golden: inputs, outputs and perhaps labels.
///   - options: pairing, precision, tolerances, intermediates.
/// - Returns: what was found; a mismatch is no error.
/// - Throws: ``FormatError`` where the arrays don't fit the model or can't be read, ``GraphError`` where the model
///   can't be run.
public func verify(
    _ model: Model, golden: GoldenData, options: VerificationOptions = VerificationOptions()
) throws -> ParityReport {
    var report = ParityReport(precision: options.session.precision == .float64 ? "float64" : "native")
    report.notes = golden.notes
    try verify(model, set: golden, blocks: options.blocks, options: options, report: &report)
    for set in golden.furtherSets {
        report.notes += set.notes
        try verify(model, set: set, blocks: nil, options: options, report: &report)
    }
    return report
}

private func verify(
    _ model: Model, set: GoldenData, blocks: GoldenData?, options: VerificationOptions, report: inout ParityReport
) throws {
    let binding = try set.binding(to: model, inputs: options.inputs)
    report.inputs += binding.keys.map { ($0.key, $0.value) }
    report.notes += binding.notes

    var located: (found: [ModuleValue], missing: [String]) = ([], [])
    if let blocks {
        located = model.graph.moduleValues(blocks.arrays.keys.map(\.string), aliases: options.moduleValues)
        for name in located.missing {
            report.notes.append("intermediate '\(name)' has no value in the graph and was not compared")
        }
    }
    let watched = Set(located.found.map { ExactName(model.graph[$0.value].name) })
    let runs = try PairOfRuns(model, inputs: binding.tensors, watched: watched, options: options)

    if runs.weightUnit > 0 {
        report.notes.append(
            "weights are narrower than float32: golden data may come of the weights before they were rounded, and are "
                + "judged by the rounding of the weights' type")
    }

    let usedInputs = Set(binding.keys.values.map { ExactName($0) })
    let paired = try set.outputBinding(to: runs.subject.outputs, usedInputs: usedInputs, pairs: options.outputs)
    for (name, group) in paired.groups {
        for candidate in group.candidates {
            var comparison = try locating(item: candidate.key) {
                try compare(name, candidate.key, candidate.tensor, runs: runs, options: options)
            }
            comparison.set = set.name
            report.outputs.append(comparison)
        }
    }
    report.uncompared += runs.subject.outputs.keys.filter { paired.groups[$0] == nil }
    let labels = try accuracies(set, keys: paired.unused, outputs: runs.subject.outputs)
    report.accuracies += labels
    report.unused += paired.unused.filter { key in !labels.contains { $0.key == key } }

    if let blocks {
        try compareBlocks(
            located.found, blocks, model: model, inputs: binding.tensors, runs: runs, options: options, report: &report)
    }
}

/// The model run in its own types and in double.
struct PairOfRuns {
    struct Run {
        var outputs: OrderedDictionary<String, Tensor>
        var watched: [ExactName: Tensor] = [:]
    }
    private(set) var native: Run?
    private(set) var double: Run?
    /// The run whose results are compared.
    let subject: Run
    /// Nodes with a floating-point result.
    private(set) var steps = 0
    /// The unit roundoff of the coarsest floating-point type that a node of the native run gives.
    private(set) var nativeUnit = 0x1p-24
    /// The unit roundoff of the coarsest weights where they are narrower than float32: golden data may come of the
    /// weights before they were rounded.
    private(set) var weightUnit = 0.0

    init(
        _ model: Model, inputs: OrderedDictionary<String, Tensor>, watched: Set<ExactName>, options: VerificationOptions
    ) throws {
        let wantsDouble = options.session.precision == .float64
        var steps = 0
        var coarsest = 0.0
        if !wantsDouble || options.measuresRounding {
            native = try Self.run(model, inputs, watched, options.session, .native) { tensor in
                guard let unit = tensor.elementType.unitRoundoff else { return }
                steps += 1
                coarsest = max(coarsest, unit)
            }
            if coarsest > 0 { nativeUnit = coarsest }
        }
        if wantsDouble || options.measuresRounding {
            var doubleSteps = 0
            double = try Self.run(model, inputs, watched, options.session, .float64) { tensor in
                if tensor.elementType.isFloatingPoint { doubleSteps += 1 }
            }
            steps = max(steps, doubleSteps)
        }
        self.steps = steps
        for record in model.graph.initializers.values {
            if let unit = record.tensor.elementType.unitRoundoff, unit > 0x1p-24 { weightUnit = max(weightUnit, unit) }
        }
        guard let subject = wantsDouble ? double : native else {
            throw FormatError(.usage, "the model was not run in the precision asked for")
        }
        self.subject = subject
    }

    private static func run(
        _ model: Model, _ inputs: OrderedDictionary<String, Tensor>, _ watched: Set<ExactName>,
        _ session: SessionOptions,
        _ precision: SessionOptions.Precision, seen: (Tensor) -> Void
    ) throws -> Run {
        var options = session
        options.precision = precision
        var kept: [ExactName: Tensor] = [:]
        let session = try Session(model, options: options)
        let outputs = try withoutActuallyEscaping(seen) { seen in
            try session.run(inputs) { name, _, tensor in
                seen(tensor)
                if watched.contains(ExactName(name)) { kept[ExactName(name)] = tensor }
            }
        }
        for (name, tensor) in inputs where watched.contains(ExactName(name)) { kept[ExactName(name)] = tensor }
        return Run(outputs: outputs, watched: kept)
    }

    /// How much rounding golden data of this kind is expected to have.
    func yardstick(goldenUnit: Double, measured: ErrorMetrics?, steps: Int? = nil) -> RoundingYardstick {
        RoundingYardstick(
            measured: measured.map { ($0.rms, $0.maxAbsolute) }, nativeUnit: nativeUnit,
            goldenUnit: max(goldenUnit, weightUnit), steps: steps ?? self.steps)
    }
}

/// The narrowest floating-point type that all the values are numbers of: what golden data was computed in, also where
/// it was widened afterwards. The array's own type where there are too few values that tell.
func effectiveType(of values: [Double], type: ElementType) -> ElementType {
    /// Fewer values could be numbers of a narrow type by chance.
    let enough = 16
    let telling = values.filter { $0.isFinite && $0 != $0.rounded() }
    guard telling.count >= enough, telling.count * 2 >= values.count, let own = type.floatFormat else { return type }
    for narrow in [ElementType.float16, .bfloat16, .float32] {
        guard let format = narrow.floatFormat, format.fractionBits < own.fractionBits else { continue }
        if telling.allSatisfy({ format.rounded($0) == $0 }) { return narrow }
    }
    return type
}

private func compare(
    _ name: String, _ key: String, _ golden: Tensor, runs: PairOfRuns, options: VerificationOptions
) throws -> OutputComparison {
    guard let ours = runs.subject.outputs[name] else {
        throw FormatError(.tensorMissing, "the model gave no output '\(name)'")
    }
    var result = OutputComparison(
        set: "", output: name, key: key, elementType: ours.elementType, goldenType: golden.elementType,
        shape: ours.shape, goldenShape: golden.shape, judgement: Judgement(.equal, ratio: 0, reason: "all equal"))
    guard ours.shape == golden.shape else {
        result.judgement = Judgement(
            .mismatch, ratio: .infinity, reason: "the golden shape is \(golden.shape), ours \(ours.shape)")
        return result
    }
    let tolerance = options.absoluteTolerance != nil || options.relativeTolerance != nil
    guard ours.elementType.floatFormat != nil, golden.elementType.floatFormat != nil else {
        let differing = try differingElements(ours, golden)
        result.differing = differing
        if differing > 0 {
            result.judgement = Judgement(
                .mismatch, ratio: .infinity,
                reason: "\(differing) of \(ours.count) elements differ; this type is compared exactly")
            if tolerance, let values = try? ours.doubles(), let wanted = try? golden.doubles() {
                result.judgement = .within(
                    values, golden: wanted, absolute: options.absoluteTolerance ?? 0,
                    relative: options.relativeTolerance ?? 0)
            }
        }
        return result
    }
    let values = try ours.doubles()
    let wanted = try golden.doubles()
    let type = effectiveType(of: wanted, type: golden.elementType)
    let saturation = type.floatFormat.map { $0.greatest } ?? .infinity
    let error = try ErrorMetrics(values, reference: wanted, referenceType: type, saturation: saturation)
    result.error = error
    if ours.shape.count == 2, let classes = ours.shape.last, classes >= 2 {
        result.classifier = ClassifierAgreement(ours: values, golden: wanted, classes: classes)
    }
    let exact = try runs.double?.outputs[name]?.doubles()
    let native = try runs.native?.outputs[name]?.doubles()
    if let exact {
        result.goldenToDouble = try ErrorMetrics(exact, reference: wanted, referenceType: type, saturation: saturation)
        if let native {
            // Measured from the double result, which is the exact one of the two.
            let format = ours.elementType == .float64 ? .float32 : ours.elementType
            result.nativeToDouble = try ErrorMetrics(native, reference: exact, referenceType: format)
        }
    }
    if tolerance {
        result.judgement = .within(
            values, golden: wanted, absolute: options.absoluteTolerance ?? 0, relative: options.relativeTolerance ?? 0)
    } else if !error.isExact {
        let yardstick = runs.yardstick(
            goldenUnit: type.unitRoundoff ?? 0, measured: result.nativeToDouble)
        result.judgement = yardstick.judge(result.goldenToDouble ?? error)
        if type != golden.elementType { result.judgement.reason += "; the golden values are all \(type.onnxName)" }
    }
    return result
}

/// Elements that aren't the same, bit for bit; all of them where the types differ.
private func differingElements(_ left: Tensor, _ right: Tensor) throws -> Int {
    guard left.elementType == right.elementType else { return left.count }
    if case .strings(let ours) = left.contents, case .strings(let wanted) = right.contents {
        return zip(ours, wanted).count { $0 != $1 }
    }
    let size = max(left.elementType.bitWidth / 8, 1)
    let ours = try left.bytes().array()
    let wanted = try right.bytes().array()
    return stride(from: 0, to: min(ours.count, wanted.count), by: size).count { start in
        ours[start..<min(start + size, ours.count)] != wanted[start..<min(start + size, wanted.count)]
    }
}

/// Counts right answers for each unused array that is named like labels and holds one class a sample.
private func accuracies(
    _ golden: GoldenData, keys: [String], outputs: OrderedDictionary<String, Tensor>
) throws -> [Accuracy] {
    var result: [Accuracy] = []
    for key in keys where GoldenData.isLabelName(key) {
        guard let labels = golden[key], !labels.elementType.isFloatingPoint, labels.shape.count == 1,
            let wanted = try? labels.doubles()
        else { continue }
        for (name, tensor) in outputs where tensor.elementType.isFloatingPoint && tensor.shape.count == 2 {
            guard tensor.shape.first == wanted.count, let classes = tensor.shape.last, classes >= 2 else { continue }
            let scores = try tensor.doubles()
            let right = wanted.indices.count { sample in
                let row = scores[(sample * classes)..<((sample + 1) * classes)]
                return ClassifierAgreement.best(row, 1).first.map(Double.init) == wanted[sample]
            }
            result.append(Accuracy(key: key, output: name, right: right, samples: wanted.count))
        }
    }
    return result
}
