import OrderedCollections

extension LoadedModel {
    /// The model of a checkpoint: that of its program where it carries one in PyTorch's operators (`.pt2`, TorchScript),
    /// else of the architecture that its weights are recognised as. `--architecture` takes the weights alone.
    init(_ checkpoint: Checkpoint, reading: ReadOptions, mapping: MappingOptions) throws {
        guard mapping.architecture == nil, mapping.atlas != .always, checkpoint.format.carriesProgram else {
            self = try Self.recognised(checkpoint, mapping)
            return
        }
        let program: ExportedProgram
        do {
            guard let found = try carriedProgram(of: checkpoint, reading: reading, mapping: mapping) else {
                self = try Self.recognised(checkpoint, mapping)
                return
            }
            program = found
        } catch let refusal as FormatError where refusal.faultClass == .unsupported {
            // The weights may still be of an architecture that is known.
            guard var loaded = try? Self.recognised(checkpoint, mapping) else { throw refusal }
            loaded.programNotes = ["the program of the file wasn't taken: \(refusal.description)"]
            self = loaded
            return
        }
        try self.init(checkpoint, program, mapping)
    }

    private init(_ checkpoint: Checkpoint, _ program: ExportedProgram, _ mapping: MappingOptions) throws {
        var options = ExportOptions()
        options.computeType = mapping.computeType
        options.foldsConstants = mapping.foldsConstants
        var notes: [String] = []
        try program.refuse(mapping, of: checkpoint)
        if checkpoint.format == .torchScript {
            // Such archives are unrolled for one sample; mostly the number can be left open.
            if case .named(let name) = mapping.batch, mapping.inputShapes.isEmpty { options.batch = .named(name) }
        } else {
            if case .size(let batch) = mapping.batch, let batch = Int(exactly: batch) { options.batch = .fixed(batch) }
            if case .named(let name) = mapping.batch, mapping.opensBatch { options.batch = .named(name) }
            options.sizes = try locating(file: checkpoint.path) {
                try program.symbolSizes(ofInputs: program.shapes(mapping))
            }
        }
        let model: Model
        do {
            model = try ExportedPrograms.model(of: program, options: options)
        } catch let refusal as GraphError where options.batch != .asExported && checkpoint.format == .torchScript {
            options.batch = .asExported
            do {
                model = try ExportedPrograms.model(of: program, options: options)
            } catch var error as GraphError {
                error.hint =
                    error.hint ?? "are these the sizes of its inputs? --image-size or --input-shape gives others"
                throw error
            }
            notes = ["the number of samples is fixed: \(refusal.problem)"]
        }
        self.init(model: try model.returning(mapping), checkpoint: checkpoint, program: program)
        programNotes = notes
    }

    private static func recognised(_ checkpoint: Checkpoint, _ mapping: MappingOptions) throws -> LoadedModel {
        guard mapping.inputShapes.isEmpty else {
            throw FormatError(
                .usage, "--input-shape is for the inputs of a program, and weights alone are taken of the file",
                file: checkpoint.path,
                hint: "--image-size and --input-channels give the size of an image, --batch how many")
        }
        guard !mapping.opensBatch else {
            throw FormatError(
                .usage, "--dynamic-batch is for a program that was exported with one sample", file: checkpoint.path,
                hint: "models of weights take any number of samples; --batch fixes it")
        }
        let mapped = try mapWeights(checkpoint.stateDict, config: checkpoint.config, options: mapping)
        return LoadedModel(model: mapped.model, checkpoint: checkpoint, mapping: mapped)
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

extension FileFormat {
    /// Whether files of this format hold a graph in PyTorch's operators beside the weights.
    var carriesProgram: Bool { self == .pt2 || self == .torchScript }
}

/// The program that a file of weights carries beside them; `nil` where it holds weights only.
/// - Throws: ``FormatError`` where there is one that can't be read.
func carriedProgram(
    of checkpoint: Checkpoint, reading: ReadOptions, mapping: MappingOptions = MappingOptions()
) throws -> ExportedProgram? {
    let file = try FileSource(path: checkpoint.path)
    do {
        switch checkpoint.format {
        case .pt2: return try ExportedProgram(pt2: file, options: reading)
        case .torchScript:
            let torch = try readTorch(file, format: .torchScript, options: reading)
            return try locating(file: checkpoint.path) {
                try ExportedProgram(torchScript: torch, inputShapes: try inputShapes(mapping, torch))
            }
        default: return nil
        }
    } catch var error as FormatError {
        error.hint = error.hint ?? "--architecture NAME takes the weights alone"
        throw error
    }
}

/// The shapes that a TorchScript archive is unrolled for.
private func inputShapes(_ mapping: MappingOptions, _ torch: TorchFile) throws -> [[Int]] {
    if !mapping.inputShapes.isEmpty { return mapping.inputShapes }
    var batch = 1
    if case .size(let size) = mapping.batch { batch = Int(clamping: size) }
    guard let (height, width) = mapping.imageSize else {
        return batch == 1 ? [] : [[batch, ExportedProgram.channels(of: torch), 224, 224]]
    }
    return [[batch, ExportedProgram.channels(of: torch), height, width]]
}

extension ExportedProgram {
    /// The sizes that the options ask for, input by input; those of an image are the last two of the first map.
    fileprivate func shapes(_ mapping: MappingOptions) throws -> [[Int64?]] {
        if !mapping.inputShapes.isEmpty { return mapping.inputShapes.map { $0.map { Int64($0) } } }
        guard let (height, width) = mapping.imageSize else { return [] }
        let shapes = userInputs.map(\.type.shape)
        guard let image = shapes.firstIndex(where: { $0.count == 4 }) else {
            throw FormatError(
                .usage, "the program takes no image", hint: "--input-shape gives the shapes of its inputs")
        }
        return shapes[..<image].map { $0.map { _ in nil } } + [[nil, nil, Int64(height), Int64(width)]]
    }

    /// - Throws: `usage` for options that the graph has settled.
    fileprivate func refuse(_ mapping: MappingOptions, of checkpoint: Checkpoint) throws {
        let settled = [
            ("the activation", mapping.activation != nil),
            ("hyperparameters", !Preprocessing.settingNames.isSuperset(of: mapping.settings.keys)),
            ("whether there is a head", mapping.leavesOutHead || mapping.returnsFeatures),
            ("the number of classes", mapping.classes != nil), ("the channels", mapping.inputChannels != nil),
        ]
        guard let (what, _) = settled.first(where: \.1) else { return }
        let asksForFeatures = mapping.leavesOutHead || mapping.returnsFeatures
        throw FormatError(
            .usage, "the program of the file settles \(what)", file: checkpoint.path,
            hint: (asksForFeatures ? "--output NAME returns what a module makes; else " : "")
                + "export it anew from PyTorch, or take the weights alone with --architecture")
    }
}
