import ArgumentParser
import Weightbridge

/// How to read a checkpoint.
struct ReadingOptions: ParsableArguments {
    @Flag(help: "Take the exponential moving average of the weights where the checkpoint holds one.")
    var ema = false

    @Option(
        help: ArgumentHelp(
            "Take the weights at this place in the checkpoint, such as 'state_dict'.", valueName: "key.path"))
    var select: String?

    @Option(
        help: ArgumentHelp(
            "Read on although the pickle names this global; it is kept as data and never run. Repeatable.",
            valueName: "name"))
    var allowGlobal: [String] = []

    @Flag(name: .customLong("no-checksums"), help: "Don't verify the checksums of zip entries.")
    var noChecksums = false

    func options() -> ReadOptions {
        var options = ReadOptions()
        options.preferEMA = ema
        options.selectPath = select
        options.allowedGlobals = Set(allowGlobal)
        options.verifyChecksums = !noChecksums
        return options
    }
}

/// How to make a model of a checkpoint.
struct ArchitectureOptions: ParsableArguments {
    @Option(help: "The architecture, where the checkpoint alone doesn't settle it; see 'weightbridge architectures'.")
    var architecture: String?

    @Option(help: ArgumentHelp("The activation, which shapes can't tell: gelu, gelu_tanh, relu …", valueName: "name"))
    var activation: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A hyperparameter that shapes can't tell, by timm's name: num_heads, global_pool, norm_eps … Repeatable.",
            valueName: "name=value"))
    var settings: [String] = []

    @Flag(
        inversion: .prefixedNo, exclusivity: .exclusive,
        help: "Take the graph from the atlas of timm's architectures, or never; else only where it is needed.")
    var atlas: Bool?

    @Flag(help: "Leave the head out and return pooled features.")
    var noHead = false

    @Flag(help: "Return the features before pooling.")
    var features = false

    @Option(
        help: ArgumentHelp(
            "Return what this module makes, such as blocks.3, instead of the head's result. Repeatable.",
            valueName: "name"))
    var module: [String] = []

    @Option(
        help: ArgumentHelp(
            "Channels of the input; the first convolution is adapted to them.", valueName: "n"))
    var inputChannels: Int?

    @Option(
        help: ArgumentHelp(
            "Classes: one fewer than the head has leaves a background class out, 0 the head.", valueName: "n"))
    var classes: Int?

    @Flag(help: "Go on although the checkpoint holds tensors that the architecture doesn't use.")
    var allowUnused = false

    @Option(help: ArgumentHelp("Fix the batch size; dynamic otherwise.", valueName: "n"))
    var batch: Int64?

    @Flag(help: "Let a program that was exported with one sample take any number.")
    var dynamicBatch = false

    @Flag(help: "Compute now what a program computes of weights and constants alone; the weights stay in the file.")
    var fold = false

    @Option(
        help: ArgumentHelp(
            "Input size, 'SIZE' or 'HEIGHTxWIDTH'; the architecture's own otherwise. Tables of positions are resampled. "
                + "Of an exported program it settles dynamic sizes.",
            valueName: "size")
    )
    var imageSize: String?

    @Option(
        name: .customLong("input-shape"),
        help: ArgumentHelp(
            "Sizes of an input that TorchScript doesn't record or that a program leaves open, such as 1,3,224,224. "
                + "Repeatable, in order.",
            valueName: "sizes"))
    var inputShapes: [String] = []

    func options() throws -> MappingOptions {
        var options = MappingOptions()
        options.opensBatch = dynamicBatch
        options.foldsConstants = fold
        options.inputShapes = try inputShapes.map { text in
            let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard sizes.allSatisfy({ $0.map { (1...1 << 31).contains($0) } ?? false }) else {
                throw ValidationError("--input-shape wants sizes above 0, such as 1,3,224,224, not '\(text)'")
            }
            return sizes.compactMap { $0 }
        }
        options.architecture = architecture
        options.activation = activation
        options.allowUnused = allowUnused
        options.atlas = atlas.map { $0 ? .always : .never } ?? .whereNeeded
        options.leavesOutHead = noHead
        options.returnsFeatures = features
        options.modules = module
        for (name, value, range) in [
            ("--input-channels", inputChannels, 1...4096), ("--classes", classes, 0...1_000_000),
        ] {
            if let value, !range.contains(value) {
                throw ValidationError("\(name) wants \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
        }
        options.inputChannels = inputChannels
        options.classes = classes
        for text in settings {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("--set wants NAME=VALUE, such as num_heads=12, not '\(text)'")
            }
            options.settings[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        if let batch {
            guard batch > 0 else { throw ValidationError("--batch wants a number above 0, not \(batch)") }
            options.batch = .size(batch)
        }
        if let imageSize { options.imageSize = try Self.size(imageSize) }
        return options
    }

    private static func size(_ text: String) throws -> (Int, Int) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let wrong = ValidationError("--image-size wants SIZE or HEIGHTxWIDTH in pixels, such as 224, not '\(text)'")
        guard parts.count <= 2, let first = parts[checked: 0] ?? nil, let last = parts[checked: parts.count - 1] ?? nil,
            (1...65536).contains(first), (1...65536).contains(last)
        else { throw wrong }
        return (first, last)
    }
}

/// Whether to print for a person or for a program.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON for programs.")
    var json = false
}
