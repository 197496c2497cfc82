import Execution
import Formats
import GraphIR
import OrderedCollections

/// Compares intermediates in graph order and finds where results part.
///
/// Each is looked at twice. `error` is that of the whole run: it tells where the first wrong value shows. Then every
/// golden intermediate is fed to the nodes that use it, so that each module works on right inputs: what is wrong then is
/// `introduced` by the module itself, and a second defect isn't hidden behind the first.
func compareBlocks(
    _ modules: [ModuleValue], _ golden: GoldenData, model: Model, inputs: OrderedDictionary<String, Tensor>,
    runs: PairOfRuns, options: VerificationOptions, report: inout ParityReport
) throws {
    let graph = model.graph
    let isolated = isolatedResults(modules, golden, model: model, inputs: inputs, options: options, report: &report)
    var agreeing: Set<ValueID> = []
    for module in modules {
        guard let wanted = golden[module.module] else { continue }
        let (node, op) = graph.label(ofNode: module.node)
        let name = ExactName(graph[module.value].name)
        var block = BlockComparison(
            module: module.module, value: name.string, node: node, op: op,
            weights: graph.weights(ofNode: module.node), error: nil, introduced: nil,
            judgement: Judgement(.equal, ratio: 0, reason: "all equal"),
            introducedJudgement: Judgement(.equal, ratio: 0, reason: "all equal"))
        guard let ours = runs.double?.watched[name] ?? runs.subject.watched[name] else {
            report.notes.append("intermediate '\(module.module)' is no result of the run and was not compared")
            continue
        }
        guard let part = leading(ours, like: wanted) else {
            block.judgement = Judgement(
                .mismatch, ratio: .infinity, reason: "the golden shape is \(wanted.shape), ours \(ours.shape)")
            block.introducedJudgement = block.judgement
            report.blocks.append(block)
            continue
        }
        try locating(item: module.module) {
            let reference = try wanted.doubles()
            let type = effectiveType(of: reference, type: wanted.elementType)
            let values = try part.doubles()
            let error = try ErrorMetrics(values, reference: reference, referenceType: type)
            var measured: ErrorMetrics?
            if runs.double != nil, let native = runs.native?.watched[name], let rows = leading(native, like: wanted) {
                measured = try ErrorMetrics(rows.doubles(), reference: values)
            }
            let yardstick = runs.yardstick(
                goldenUnit: type.unitRoundoff ?? 0x1p-53, measured: measured, steps: module.node + 1)
            block.error = error
            if !error.isExact { block.judgement = yardstick.judge(error) }
            block.introducedJudgement = block.judgement
            if let alone = isolated[name], alone.shape == wanted.shape {
                let introduced = try ErrorMetrics(alone.doubles(), reference: reference, referenceType: type)
                block.introduced = introduced
                block.introducedJudgement =
                    introduced.isExact
                    ? Judgement(.equal, ratio: 0, reason: "all equal") : yardstick.judge(introduced)
            }
        }
        if block.judgement.verdict == .mismatch {
            if report.firstDivergence == nil {
                report.firstDivergence = divergence(at: module, block: block, graph: graph, agreeing: agreeing)
            }
        } else {
            agreeing.insert(module.value)
        }
        let isNew = !report.blocks.contains { $0.value == block.value && report.faultyModules.contains($0.module) }
        if block.introduced != nil, block.introducedJudgement.verdict == .mismatch, isNew {
            report.faultyModules.append(block.module)
        }
        report.blocks.append(block)
    }
}

private func divergence(
    at module: ModuleValue, block: BlockComparison, graph: Graph, agreeing: Set<ValueID>
) -> Divergence {
    let suspects = graph.nodes(behind: module.value, upTo: agreeing)
    var weights: [String] = []
    for index in suspects { weights += graph.weights(ofNode: index).filter { !weights.contains($0) } }
    return Divergence(
        module: block.module, value: block.value, node: block.node, op: block.op, weights: weights,
        suspects: suspects.map { index in
            let (name, op) = graph.label(ofNode: index)
            return "\(name) (\(op))"
        },
        judgement: block.judgement)
}

/// As many of the first samples as the golden tensor holds; `nil` where the shapes don't allow it.
private func leading(_ tensor: Tensor, like golden: Tensor) -> Tensor? {
    if tensor.shape == golden.shape { return tensor }
    guard tensor.shape.dropFirst() == golden.shape.dropFirst(), let rows = golden.shape.first else { return nil }
    return try? tensor.prefix(rows: rows)
}

/// Runs the graph in double with every use of a golden intermediate replaced by the golden data.
///
/// Uses within subgraphs keep the run's own values. Where the cut graph can't be run (a fixed batch size other than
/// the golden data's, types that won't mix) the result is empty and a note says so.
private func isolatedResults(
    _ modules: [ModuleValue], _ golden: GoldenData, model: Model, inputs: OrderedDictionary<String, Tensor>,
    options: VerificationOptions, report: inout ParityReport
) -> [ExactName: Tensor] {
    do {
        let rows = Set(modules.compactMap { golden[$0.module]?.shape.first })
        guard let count = rows.first, rows.count == 1 else {
            report.notes.append("modules were not run one by one: the intermediates hold different numbers of samples")
            return [:]
        }
        var cut = model
        // Checks of the uncut graph's value types don't hold for a graph that is fed doubles.
        cut.graph.valueInfo = []
        var fed: OrderedDictionary<String, Tensor> = [:]
        let batch = inputs.values.first?.shape.first
        for (name, tensor) in inputs {
            let isBatched = tensor.shape.first == batch && count <= batch ?? 0
            fed[name] = isBatched ? try tensor.prefix(rows: count) : tensor
        }
        cut.graph.outputs = []
        var replacements: [ValueID: ValueID] = [:]
        for module in modules where module.node >= 0 && replacements[module.value] == nil {
            guard let tensor = golden[module.module], tensor.elementType.isFloatingPoint else { continue }
            let wide = try tensor.converted(to: .float64)
            let input = cut.graph.addValue(
                "golden:\(module.module)", type: .tensor(.float64, wide.shape.map { .size(Int64($0)) }))
            replacements[module.value] = input
            cut.graph.inputs.append(input)
            cut.graph.outputs.append(module.value)
            fed[cut.graph[input].name] = wide
        }
        for index in cut.graph.nodes.indices {
            cut.graph.nodes[index].inputs = cut.graph.nodes[index].inputs.map { $0.map { replacements[$0] ?? $0 } }
        }
        var session = options.session
        session.precision = .float64
        let results = try Session(cut, options: session).run(fed)
        var named: [ExactName: Tensor] = [:]
        for (name, tensor) in results { named[ExactName(name)] = tensor }
        return named
    } catch {
        report.notes.append("modules were not run one by one: \(error)")
        return [:]
    }
}
