import GraphIR

/// Puts preprocessing into a model: its input becomes pictures as decoders give them.
///
/// The new input `images` is uint8 `[N, height, width, C]` of any size. What it computes is timm's transform for
/// evaluation on Pillow images: resize, centre crop, division by 255, mean and deviation; the 8-bit pixels after
/// resizing are Pillow 13's (``Resampling``). What was the input of the model is a value of it now, by the same name.
///
/// - Parameters:
///   - preprocessing: its size gives way to the model's own, where that is fixed.
/// - Throws: `usage` where the preprocessing makes no sense or the model doesn't take pictures, `op.unsupported-argument`
///   for a filter or crop mode that we don't know.
public func embedPreprocessing(_ preprocessing: Preprocessing, in model: Model) throws -> Model {
    guard (model.opsetVersion() ?? 0) >= embeddedPreprocessingOpset else {
        throw GraphError(
            .unsupportedArgument, "preprocessing is written in operators of opset \(embeddedPreprocessingOpset)",
            argument: "opset \(model.opsetVersion() ?? 0)", hint: "convert the model to a newer opset first")
    }
    let target = try PictureInput(of: model, preprocessing)
    let writer = NodeWriter(model.graph, prefix: "preprocessing")
    if case .named(let name)? = target.dimensions[checked: 2] { writer.fix(name, to: target.height) }
    if case .named(let name)? = target.dimensions[checked: 3] { writer.fix(name, to: target.width) }
    var preprocessing = preprocessing
    preprocessing.inputSize = [target.channels, target.height, target.width]

    let images = writer.replaceInput(
        target.id, by: "images",
        type: .tensor(
            .uint8,
            [target.dimensions[0], .named("image_height"), .named("image_width"), .size(Int64(target.channels))]))
    let transform = try Transform(preprocessing, writer)
    let pixels = try transform.pixels(of: images)
    try transform.normalize(pixels, to: target.elementType)

    var result = model
    result.graph = writer.finish(into: target.id)
    result.graph[target.id].type = .tensor(
        target.elementType,
        [target.dimensions[0]] + preprocessing.inputSize.map { .size(Int64($0)) })
    result.metadata.removeAll { $0.key.hasPrefix(MetadataKey.preprocessing) }
    result.metadata += preprocessing.metadata + [MetadataEntry(MetadataKey.embeddedPreprocessing, "true")]
    return result
}

extension MetadataKey {
    /// Present where preprocessing is part of the graph.
    public static let embeddedPreprocessing = preprocessing + ".embedded"
}

/// The first operator set that has all operators of embedded preprocessing in the form that they still have.
public let embeddedPreprocessingOpset: Int64 = 13

/// The one input of a model, as a picture.
private struct PictureInput {
    let id: ValueID
    let elementType: ElementType
    let dimensions: [Dimension]
    let channels: Int, height: Int, width: Int

    init(of model: Model, _ preprocessing: Preprocessing) throws {
        let inputs = model.graph.inputs.filter { model.graph.initializers[$0] == nil }
        guard inputs.count == 1, let id = inputs.first, let type = model.graph[id].type,
            let elementType = type.elementType, let dimensions = type.dimensions, dimensions.count == 4
        else {
            throw FormatError(
                .usage, "preprocessing needs a model with one input of four dimensions: batch, channels, height, width",
                hint: "'weightbridge inspect' shows the inputs")
        }
        guard [.float32, .float64, .float16, .bfloat16].contains(elementType) else {
            throw FormatError(
                .usage, "the input is \(elementType.onnxName): preprocessing ends in floating-point numbers",
                item: model.graph[id].name, hint: "the model may have its preprocessing in the graph already")
        }
        let wanted = preprocessing.inputSize
        guard wanted.count == 3, preprocessing.mean.count == wanted[0], preprocessing.std.count == wanted[0] else {
            throw FormatError(
                .usage, "preprocessing has \(preprocessing.mean.count) means and \(preprocessing.std.count) deviations")
        }
        let sizes = try dimensions.dropFirst().enumerated().map { index, dimension in
            guard case .size(let size) = dimension else { return wanted[index] }
            guard let size = Int(exactly: size), index > 0 || size == wanted[0] else {
                throw FormatError(
                    .usage, "preprocessing is for \(wanted[0]) channels, the model takes \(size)",
                    hint: "give --set mean=… and --set std=… with one number a channel")
            }
            return size
        }
        guard sizes.allSatisfy({ (1...Transform.greatestSize).contains($0) }) else {
            throw FormatError(.usage, "an input of \(sizes) is larger than \(Transform.greatestSize) pixels a side")
        }
        self.id = id
        self.elementType = elementType
        self.dimensions = dimensions
        (channels, height, width) = (sizes[0], sizes[1], sizes[2])
    }
}

/// timm's transform for evaluation (`timm/data/transforms_factory.py`) as nodes.
private struct Transform {
    /// Pixels of a side, before and after the crop.
    static let greatestSize = 1 << 16

    enum CropMode: String, CaseIterable { case center, squash, border }

    let preprocessing: Preprocessing
    let w: NodeWriter
    let filter: ResamplingFilter
    let mode: CropMode
    /// Height and width of the crop.
    let size: (Int, Int)
    /// Height and width that the picture is scaled to: ⌊size ÷ crop fraction⌋.
    let scaleSize: (Int, Int)

    init(_ preprocessing: Preprocessing, _ writer: NodeWriter) throws {
        guard let filter = ResamplingFilter(rawValue: preprocessing.interpolation) else {
            throw Self.unknown("interpolation", preprocessing.interpolation, ResamplingFilter.allCases.map(\.rawValue))
        }
        guard let mode = CropMode(rawValue: preprocessing.cropMode) else {
            throw Self.unknown("crop mode", preprocessing.cropMode, CropMode.allCases.map(\.rawValue))
        }
        let numbers = preprocessing.mean + preprocessing.std
        guard numbers.allSatisfy({ $0.isFinite && $0.magnitude < 1e6 }), !preprocessing.std.contains(0) else {
            throw FormatError(.usage, "mean \(preprocessing.mean) and deviation \(preprocessing.std) can't be used")
        }
        func scaled(_ side: Int) throws -> Int {
            let size = (Double(side) / preprocessing.cropFraction).rounded(.down)
            guard preprocessing.cropFraction > 0, size >= 1, size <= Double(Self.greatestSize) else {
                throw FormatError(
                    .usage, "a crop fraction of \(preprocessing.cropFraction) for \(side) pixels can't be used",
                    hint: "give --set crop_pct=… between 0 and 1")
            }
            return Int(size)
        }
        self.preprocessing = preprocessing
        self.w = writer
        self.filter = filter
        self.mode = mode
        size = (preprocessing.inputSize[1], preprocessing.inputSize[2])
        scaleSize = (try scaled(size.0), try scaled(size.1))
    }

    private static func unknown(_ what: String, _ value: String, _ known: [String]) -> GraphError {
        GraphError(
            .unsupportedArgument, "the \(what) '\(value)' can't be put into a graph", argument: "preprocessing",
            hint: "known: " + known.joined(separator: ", "))
    }

    /// The pixels that the model sees, 0 to 255 as float64 `[N, C, height, width]`.
    func pixels(of images: ValueID) throws -> ValueID {
        let shape = w("Shape", images)
        let (height, width) = try (w.gather(shape, w.integer(1), axis: 0), w.gather(shape, w.integer(2), axis: 0))
        let (resizedHeight, resizedWidth) = try resizedSize(height, width)
        let rows = Resampling.Axis(
            source: w.cast(height, to: .float64), resized: resizedHeight, offset: try offset(resizedHeight, size.0),
            size: size.0)
        let columns = Resampling.Axis(
            source: w.cast(width, to: .float64), resized: resizedWidth, offset: try offset(resizedWidth, size.1),
            size: size.1)
        let resampling = Resampling(w: w, filter: filter, pads: pads)
        let pixels = try resampling.crop(images, rows: rows, columns: columns)
        guard pads else { return pixels }
        return w("Where", try resampling.inside(rows: rows, columns: columns), pixels, try fill())
    }

    /// Whether the crop may be larger than the resized picture.
    private var pads: Bool { mode == .border || scaleSize.0 < size.0 || scaleSize.1 < size.1 }

    /// What stands around a picture: the mean with `border`, else black.
    private func fill() throws -> ValueID {
        let colors = preprocessing.mean.map { mean in
            mode == .border ? Swift.min(Swift.max((255 * mean).rounded(.toNearestOrEven), 0), 255) : 0
        }
        return w.constant(try Tensor(colors, shape: [colors.count, 1, 1]))
    }

    /// Height and width after resizing, scalars of float64.
    private func resizedSize(_ height: ValueID, _ width: ValueID) throws -> (ValueID, ValueID) {
        if mode == .squash { return (try w.real(Double(scaleSize.0)), try w.real(Double(scaleSize.1))) }
        if mode == .center, scaleSize.0 == scaleSize.1 {
            // torchvision's Resize: the short side to the size, the long side truncated.
            let short = w("Min", height, width)
            let target = try w.integer(scaleSize.0)
            func scaled(_ side: ValueID) -> ValueID { w.cast(w("Div", w("Mul", side, target), short), to: .float64) }
            return (scaled(height), scaled(width))
        }
        // timm's ResizeKeepRatio; where nothing would be left of a side, one pixel.
        let (tall, wide) = (w.cast(height, to: .float64), w.cast(width, to: .float64))
        let ratios = (w("Div", tall, try w.real(Double(scaleSize.0))), w("Div", wide, try w.real(Double(scaleSize.1))))
        let ratio = w(mode == .border ? "Max" : "Min", ratios.0, ratios.1)
        let one = try w.real(1)
        return (w("Max", w("Round", w("Div", tall, ratio)), one), w("Max", w("Round", w("Div", wide, ratio)), one))
    }

    /// Where a centred crop begins: half of what is over, rounded to even; half of what is missing, rounded down.
    private func offset(_ resized: ValueID, _ size: Int) throws -> ValueID {
        let half = w("Div", w("Sub", resized, try w.real(Double(size))), try w.real(2))
        guard pads else { return w("Round", half) }
        return w("Where", w("Less", half, try w.real(0)), w("Ceil", half), w("Round", half))
    }

    /// `((pixels ÷ 255) - mean) ÷ deviation` in float32, then the model's type, by the last node.
    func normalize(_ pixels: ValueID, to type: ElementType) throws {
        func vector(_ values: [Double]) throws -> ValueID {
            w.constant(try Tensor(values.map { Float($0) }, shape: [values.count, 1, 1]))
        }
        var value = w("Div", w.cast(pixels, to: .float32), w.constant(try Tensor(scalar: Float(255))))
        value = w("Div", w("Sub", value, try vector(preprocessing.mean)), try vector(preprocessing.std))
        if preprocessing.isBlueFirst {
            let order = Array((0..<preprocessing.mean.count).reversed())
            value = w.gather(value, try w.integers(order), axis: 1)
        }
        if type != .float32 { _ = w.cast(value, to: type) }
    }
}
