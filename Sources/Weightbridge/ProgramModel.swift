import OrderedCollections

extension LoadedModel {
    /// The model of a checkpoint: that of its program where it carries one in PyTorch's operators (`.pt2`), else of the
    /// architecture that its weights are recognised as. `--architecture` takes the weights alone.
    init(_ checkpoint: Checkpoint, reading: ReadOptions, mapping: MappingOptions) throws {
        if mapping.architecture == nil, let program = try carriedProgram(of: checkpoint, reading: reading) {
            let model = try locating(file: checkpoint.path) {
                try ExportedPrograms.model(of: program, options: try exportOptions(mapping, program))
            }
            self.init(model: model, checkpoint: checkpoint, program: program)
            return
        }
        let mapped = try mapArchitecture(checkpoint.stateDict, config: checkpoint.config, options: mapping)
        self.init(model: mapped.model, checkpoint: checkpoint, mapping: mapped)
    }

    /// The weights that the model was made of, under the names of the file.
    var source: StateDict? { program?.stateDict ?? checkpoint?.stateDict }

    /// The inputs that an exported program was saved with, and the outputs to expect of them where the archive has any.
    public var sample: GoldenData? {
        guard let program, !program.sampleInputs.isEmpty else { return nil }
        var data = GoldenData()
        for (place, tensor) in program.sampleInputs.enumerated() { data.inputsByPosition[place] = tensor }
        var place = 0
        for case .user(let name) in program.outputs {
            data.outputsByPosition[place] = program.expected[name]
            place += 1
        }
        return data
    }
}

/// The program that a file of weights carries beside them; `nil` where the format has none.
/// - Throws: ``FormatError`` where there is one that can't be read.
func carriedProgram(of checkpoint: Checkpoint, reading: ReadOptions) throws -> ExportedProgram? {
    guard checkpoint.format == .pt2 else { return nil }
    do {
        return try ExportedProgram(pt2: FileSource(path: checkpoint.path), options: reading)
    } catch var error as FormatError {
        error.hint = error.hint ?? "--architecture NAME takes the weights alone"
        throw error
    }
}

/// What of the options of an architecture a program can follow.
/// - Throws: `usage` for what its graph has settled.
private func exportOptions(_ mapping: MappingOptions, _ program: ExportedProgram) throws -> ExportOptions {
    let settled = [
        ("the activation", mapping.activation != nil), ("the image size", mapping.imageSize != nil),
        ("hyperparameters", !Preprocessing.settingNames.isSuperset(of: mapping.settings.keys)),
        ("whether there is a head", mapping.leavesOutHead),
    ]
    if let (what, _) = settled.first(where: \.1) {
        throw FormatError(
            .usage, "the program of the file settles \(what)",
            hint: "export it anew from PyTorch, or take the weights alone with --architecture")
    }
    var options = ExportOptions()
    options.computeType = mapping.computeType
    if case .size(let batch) = mapping.batch, let batch = Int(exactly: batch) { options.batch = .fixed(batch) }
    return options
}
