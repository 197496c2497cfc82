import Formats
import GraphIR

extension Model {
    /// The model with the outputs at modules that the options ask for: for a model whose graph a file holds, and whose
    /// nodes say by ``MetadataKey/moduleOutputs`` what modules return.
    /// - Throws: ``MappingError`` where a module isn't there, or an option asks for what the graph has settled;
    ///   `graph.invalid` where nothing is known of a module's type.
    public func returning(_ options: MappingOptions) throws -> Model {
        let settled = [
            ("its features", options.returnsFeatures), ("its classes", options.classes != nil),
            ("its channels", options.inputChannels != nil), ("its head", options.leavesOutHead),
            ("its activation", options.activation != nil),
            ("its hyperparameters", !Preprocessing.settingNames.isSuperset(of: options.settings.keys)),
        ]
        if let (what, _) = settled.first(where: \.1) {
            throw Candidate.refusal(
                "the file holds a graph, which settles \(what)", hint: "adapt the checkpoint that it was made of")
        }
        return options.modules.isEmpty ? self : try returning(values(ofModules: options.modules))
    }

    /// The model whose outputs are those of these modules, under the modules' names, and that has only the nodes and
    /// weights that they need.
    /// - Parameter outputs: the name of an output and the value that it is.
    /// - Throws: ``MappingError`` where a module isn't there.
    func returning(_ outputs: [(name: String, value: ValueID)]) throws -> Model {
        var whole = self
        var names: [String] = []
        for (name, value) in outputs {
            let source = whole.graph[value].name
            if ExactName(source) == ExactName(name) {
                names.append(name)
                continue
            }
            // A module that is called more than once: the name stands on what another call returned.
            if let other = whole.graph.id(named: name) {
                guard !whole.graph.inputs.contains(other), whole.graph.initializers[other] == nil else {
                    throw Candidate.refusal("'\(name)' is a weight or an input", hint: "name a module")
                }
                var number = 1
                while whole.graph.id(named: "\(name)_\(number)") != nil { number += 1 }
                whole.graph[other].name = "\(name)_\(number)"
            }
            // The value keeps its own name: it may be asked for under two, and other modules' names stand on nodes.
            let type = whole.graph[value].type
            let made = whole.graph.addNode(
                OperatorName("Identity"), name: "/output/" + name, inputs: [value], outputs: [name], attributes: [])
            if let id = made.first ?? nil { whole.graph[id].type = type }
            names.append(name)
        }
        var part = try whole.extracted(outputs: names).model
        let lost = [MetadataKey.architecture, MetadataKey.family, MetadataKey.hyperparameters, MetadataKey.stateDict]
        part.metadata += metadata.filter { lost.contains($0.key) }
        try part.trimStateDictRecord()
        return part
    }

    /// The values of modules by their names.
    /// - Throws: ``MappingError`` where there is no such module, with the names nearest to it.
    func values(ofModules modules: [String]) throws -> [(name: String, value: ValueID)] {
        let known = graph.moduleOutputs
        var result: [(name: String, value: ValueID)] = []
        for module in modules where !result.contains(where: { ExactName($0.name) == ExactName(module) }) {
            let output = graph.outputs.first { ExactName(graph[$0].name) == ExactName(module) }
            guard let value = known[ExactName(module)] ?? output else {
                let near = nearestNames(to: module, in: known.keys.map(\.string))
                throw MappingError(
                    .option, "the model has no module '\(module)'",
                    report: "modules: "
                        + known.keys.prefix(MappingError.listLimit).map(\.string).joined(separator: ", ")
                        + (known.count > MappingError.listLimit
                            ? " … and \(known.count - MappingError.listLimit) more" : ""),
                    hint: near.isEmpty
                        ? "names are those of the state dict: blocks.3, layer2.0"
                        : "did you mean "
                            + near.map { "'\($0)'" }.joined(separator: ", ") + "?")
            }
            result.append((module, value))
        }
        return result
    }
}
