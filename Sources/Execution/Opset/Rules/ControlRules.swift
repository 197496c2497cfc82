import GraphIR

/// Scan, which went through a batch of sequences before opset 9, and SequenceMap, which is a loop.
extension OpsetRule {
    static let control: Table = [
        rule("Scan", version: 9, downgrade: scanOfBatch, upgrade: scanOfEach),
        rule("SequenceMap", version: 17, downgrade: sequenceMap),
    ]

    /// A Scan (9) as one over a batch of one.
    private static let scanOfBatch: Rewrite = { rewriter, node in
        for name in ["scan_input_axes", "scan_output_axes", "scan_output_directions"] {
            guard node.integers(name)?.allSatisfy({ $0 == 0 }) ?? true else {
                throw rewriter.refusal("others than 0 have no older form", name)
            }
        }
        var attributes = node.attributes(
            without: "scan_input_axes", "scan_output_axes", "scan_output_directions", "scan_input_directions")
        if let directions = node.integers("scan_input_directions") {
            attributes.append(.ints("directions", directions))
        }
        let inputs = try node.inputs.map { try rewriter.unsqueeze($0, [0]) }
        let outputs = node.outputs.map { id in
            id.map { rewriter.newValue(rewriter.graph[$0].name + "/batch") }
        }
        try rewriter.step("Scan", [nil] + inputs, attributes, outputs: outputs)
        for (position, output) in outputs.enumerated() where output != nil {
            try rewriter.finish("Squeeze", [output], [.ints("axes", [0])], output: position)
        }
    }

    /// A Scan (8) as a Scan (9) over the batch, whose body is the Scan over one sequence.
    private static let scanOfEach: Rewrite = { rewriter, node in
        guard node.input(0) == nil else {
            throw rewriter.refusal("sequences of unequal lengths have no newer form", "sequence_lens")
        }
        guard let count = node.integer("num_scan_inputs"), count >= 0, count <= Int64(node.inputs.count) else {
            throw GraphError(.argument, "the attribute is required", node: node.label, argument: "num_scan_inputs")
        }
        var body = Graph(name: "\(node.label)/sequence")
        func inner(_ id: ValueID?) -> ValueID {
            let outer = id.map { rewriter.graph[$0] }
            let type = outer?.type.flatMap { type in
                type.elementType.map { ValueType.tensor($0, type.dimensions.map { Array($0.dropFirst()) }) }
            }
            return body.addValue(
                rewriter.conversion.unusedName((outer?.name ?? node.label) + "/sequence"), type: type)
        }
        body.inputs = node.inputs.dropFirst().map(inner)
        body.outputs = node.outputs.map(inner)
        var attributes = node.attributes(without: "directions")
        if let directions = node.integers("directions") {
            attributes.append(.ints("scan_input_directions", directions))
        }
        body.nodes = [
            Node(
                OperatorName("Scan"), name: "\(node.label)/sequence", inputs: body.inputs, outputs: body.outputs,
                attributes: attributes)
        ]
        let inputs = Array(node.inputs.dropFirst())
        try rewriter.replace(
            inputs: inputs,
            attributes: [.int("num_scan_inputs", Int64(inputs.count)), Attribute("body", .graph(body))])
    }

    /// SequenceMap (17): a Loop that takes the items one by one and puts the results into new sequences.
    private static let sequenceMap: Rewrite = { rewriter, node in
        guard case .graph(let given)? = node.attribute("body") else {
            throw GraphError(.argument, "the attribute is required", node: node.label, argument: "body")
        }
        guard given.inputs.count == node.inputs.count, given.outputs.count == node.outputs.count else {
            throw GraphError(.argument, "inputs or outputs don't fit", node: node.label, argument: "body")
        }
        var body = given
        func named(_ name: String) -> String { rewriter.conversion.unusedName("\(node.label)/\(name)") }
        let step = body.addValue(named("step"), type: .tensor(.int64, []))
        let goesOn = body.addValue(named("goes_on"), type: .tensor(.bool, []))
        var before: [ValueID] = []
        var after: [ValueID] = []
        var initial: [ValueID?] = []
        for (position, id) in given.outputs.enumerated() {
            guard let type = body[id].type, let element = type.elementType else {
                throw rewriter.refusal("the type of the body's output isn't known, the conversion needs it")
            }
            // What a sequence holds may be of any shape.
            let sequence = ValueType(.sequence(.tensor(element, nil)))
            before.append(body.addValue(named("before_\(position)"), type: sequence))
            after.append(body.addValue(named("after_\(position)"), type: sequence))
            initial.append(
                try rewriter.step(
                    "SequenceEmpty", [], [.int("dtype", Int64(element.rawValue))], as: sequence))
        }
        // The items are what the body's inputs were, taken from sequences of the enclosing graph.
        var taken: [Node] = []
        for (inner, outer) in zip(given.inputs, node.inputs) {
            guard let outer else { continue }
            let value = rewriter.graph[outer]
            let source = body.value(named: value.name)
            body[source].type = value.type
            if case .sequence? = value.type?.kind {
                taken.append(Node(OperatorName("SequenceAt"), inputs: [source, step], outputs: [inner]))
            } else {
                taken.append(Node(OperatorName("Identity"), inputs: [source], outputs: [inner]))
            }
        }
        let stays = body.addValue(named("stays"), type: .tensor(.bool, []))
        taken.append(Node(OperatorName("Identity"), inputs: [goesOn], outputs: [stays]))
        body.nodes = taken + body.nodes
        for (position, id) in given.outputs.enumerated() {
            body.nodes.append(
                Node(
                    OperatorName("SequenceInsert"), inputs: [before[position], id],
                    outputs: [after[position]]))
        }
        for (index, node) in body.nodes.enumerated() where node.name.isEmpty {
            body.nodes[index].name = named(node.op.type)
        }
        body.inputs = [step, goesOn] + before
        body.outputs = [stays] + after
        let count = try rewriter("SequenceLength", node.input(0))
        var loop = node
        loop.op.type = "Loop"
        loop.inputs = [count, try rewriter.truth(true)] + initial
        loop.attributes = [Attribute("body", .graph(body))]
        try rewriter.append(loop)
    }
}
