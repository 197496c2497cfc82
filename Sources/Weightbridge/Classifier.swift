import OrderedCollections

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Classifies pictures: decodes them, prepares them as the model's preprocessing says, and runs the model.
///
/// Preprocessing is part of the graph that is run, see ``embedPreprocessing(_:in:)``.
public struct Classifier: Sendable {
    /// The names of the classes, where they are known.
    public let labels: [String]?
    /// What was chosen or assumed on the way, for people.
    public let notes: [String]
    private let session: Session
    private let input: String
    private let output: String
    private let channels: Int
    private let batch: Int64

    /// The greatest picture that is decoded: what Pillow refuses as a decompression bomb has more pixels.
    public static let greatestPixelCount = 178_956_970
    /// The greatest file of a picture or of labels that is read.
    public static let greatestFileSize = 1 << 30

    /// - Parameters:
    ///   - loaded: a model with one input. Its preprocessing is built in, or known by `config.json`, the table of
    ///     variants, metadata, or `mapping`.
    ///   - labels: the names of the classes; `nil` takes those in the model's metadata.
    /// - Throws: `usage` where the model takes no pictures or nothing says how they are prepared; whatever `Session`
    ///   throws.
    public init(
        _ loaded: LoadedModel, labels: [String]? = nil, mapping: MappingOptions = MappingOptions(),
        options: SessionOptions = SessionOptions()
    ) throws {
        if loaded.mapping?.hyperparameters.contains(where: { $0 == ("num_classes", "0") }) == true {
            throw FormatError(
                .usage, "the model has no head, so that it gives no scores of classes",
                hint: "'weightbridge run' gives features")
        }
        let takesPictures = loaded.model.pictureInput != nil
        let model = takesPictures ? loaded.model : try loaded.embeddingPreprocessing(mapping)
        guard let picture = model.pictureInput, let output = model.graph.outputs.first else {
            throw FormatError(
                .usage, "the model takes no pictures: an input of uint8 [N, height, width, 3] was expected",
                hint: "'weightbridge inspect' shows the inputs")
        }
        session = try Session(model, options: options)
        input = picture.name
        channels = picture.channels
        batch = picture.batch
        self.output = model.graph[output].name
        self.labels = labels ?? ClassLabels.read(model.metadata)
        notes = loaded.notes
    }

    /// Classifies the picture in a file.
    /// - Throws: ``FormatError`` with the file where it can't be read or is no picture, `limit.memory` where it is too
    ///   large; ``GraphError`` where the model fails or returns no scores.
    public func classify(imageAt path: String) throws -> Classification {
        let image = try locating(file: path) {
            let source = try FileSource(path: path)
            guard source.count <= Self.greatestFileSize else {
                throw FormatError(.limitMemory, "is \(source.count) bytes, pictures may have \(Self.greatestFileSize)")
            }
            let limit = Swift.min(3 * Self.greatestPixelCount, MemoryLimit.bytes)
            return try Bytes(source).withUnsafeBytes { try decodeImage($0, memoryLimit: limit) }
        }
        return try classify(image)
    }

    /// Classifies a picture.
    public func classify(_ image: RGBImage) throws -> Classification {
        guard batch == 1 else {
            throw FormatError(
                .usage, "the model takes \(batch) pictures at a time", hint: "convert it with --batch 1 or without")
        }
        let pixels = channels == 1 ? image.luma : image.pixels
        let picture = try Tensor(
            .uint8, shape: [1, image.height, image.width, channels], bytes: Bytes(pixels))
        guard let scores = try session.run([input: picture])[output] else {
            throw GraphError(.argument, "the model gave no output", argument: output)
        }
        return try Classification(scores: scores, name: output, labels: labels)
    }
}

/// What a model makes of one picture.
public struct Classification: Sendable {
    /// A class and how likely it is.
    public struct Prediction: Sendable {
        /// The class's number, from 0.
        public var index: Int
        /// The class's name, where it is known.
        public var label: String?
        /// From 0 to 1; the softmax of the scores.
        public var probability: Double
        /// What the model says: a logit, most often.
        public var score: Double
    }

    /// Every class, likeliest first.
    public let predictions: [Prediction]

    /// - Parameter scores: `[1, K]`, and axes of size 1.
    /// - Throws: `op.argument` where it is something else or holds no finite numbers.
    init(scores: Tensor, name: String, labels: [String]?) throws {
        let classes = scores.shape.filter { $0 != 1 }
        guard scores.shape.count >= 2, scores.shape[0] == 1, classes.count <= 1, scores.elementType.isFloatingPoint
        else {
            throw GraphError(
                .argument, "is \(scores.elementType.onnxName) \(scores.shape), expected the scores of classes: [1, K]",
                argument: name, hint: "the model must end in its head, and that be its first output")
        }
        let values: [Double] = try scores.widened(to: .float64).array()
        guard values.allSatisfy(\.isFinite), let greatest = values.max() else {
            throw GraphError(.argument, "the scores aren't all finite", argument: name)
        }
        if let labels, labels.count != values.count {
            throw FormatError(
                .usage, "there are names for \(labels.count) classes, the model has \(values.count)",
                hint: "--labels FILE names the classes")
        }
        // A model that ends in Softmax gives probabilities already.
        let sum = values.reduce(0, +)
        let areProbabilities = values.count > 1 && values.allSatisfy { $0 >= 0 } && (sum - 1).magnitude < 1e-3
        let exponentials = values.map { exp($0 - greatest) }
        let total = exponentials.reduce(0, +)
        predictions = values.indices.map { index in
            Prediction(
                index: index, label: labels?[checked: index],
                probability: areProbabilities ? values[index] : exponentials[index] / total, score: values[index])
        }.sorted { ($1.score, $0.index) < ($0.score, $1.index) }
    }

    /// For programs: the likeliest `count` classes.
    public func json(top count: Int) -> JSONValue {
        .array(
            predictions.prefix(count).map { prediction in
                .object([
                    ("index", .number(String(prediction.index))),
                    ("label", prediction.label.map { .string($0) } ?? .null),
                    ("probability", .number(String(prediction.probability))),
                    ("score", .number(String(prediction.score))),
                ])
            })
    }
}

extension Model {
    /// The one input, where it takes pictures as decoders give them: uint8 `[N, height, width, C]`.
    fileprivate var pictureInput: (name: String, channels: Int, batch: Int64)? {
        let inputs = graph.inputs.filter { graph.initializers[$0] == nil }
        guard inputs.count == 1, let type = graph[inputs[0]].type, type.elementType == .uint8,
            let dimensions = type.dimensions, dimensions.count == 4
        else { return nil }
        var batch: Int64 = 1
        if case .size(let size) = dimensions[0] { batch = size }
        guard dimensions[3] == .size(3) || dimensions[3] == .size(1) else { return nil }
        return (graph[inputs[0]].name, dimensions[3] == .size(3) ? 3 : 1, batch)
    }
}
