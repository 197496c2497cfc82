extension LoadedModel {
    /// The model with its preprocessing in the graph.
    ///
    /// The preprocessing is the model's own: of `config.json`, of the table of variants, or of an ONNX model's
    /// metadata; options change it.
    /// - Throws: `usage` where nothing says how pictures are prepared; whatever ``embedPreprocessing(_:in:)`` throws.
    func embeddingPreprocessing(_ mapping: MappingOptions) throws -> Model {
        if model.metadata.contains(where: { $0.key == MetadataKey.embeddedPreprocessing }) {
            throw FormatError(.usage, "the model has its preprocessing in the graph already")
        }
        let recent = try model.atLeast(opset: embeddedPreprocessingOpset)
        return try embedPreprocessing(preprocessing(mapping), in: recent)
    }

    /// How pictures are prepared for the model.
    private func preprocessing(_ mapping: MappingOptions) throws -> Preprocessing {
        // The mapping has followed the options already.
        if let known = self.mapping?.preprocessing { return known }
        let base =
            Preprocessing(metadata: model.metadata) ?? checkpoint?.config.flatMap { Preprocessing(config: $0) }
        var result = try Preprocessing.changed(
            base, by: mapping.settings, inputSize: model.pictureSize(mapping.imageSize))
        if let size = mapping.imageSize { result?.inputSize.replaceSubrange(1..., with: [size.0, size.1]) }
        guard let result else {
            throw FormatError(
                .usage, "nothing says how pictures are prepared for this model",
                hint:
                    "give --set mean=0.485,0.456,0.406 --set std=0.229,0.224,0.225 and, where they differ from 0.875, "
                    + "bicubic and center, crop_pct, interpolation, crop_mode; --image-size where the input's is dynamic"
            )
        }
        return result
    }
}

extension Model {
    /// The model in an operator set that is no older.
    func atLeast(opset: Int64) throws -> Model {
        (opsetVersion() ?? 0) >= opset ? self : try convertOpset(self, to: opset)
    }

    /// Channels, height and width of the one input, `size` where height and width are dynamic.
    fileprivate func pictureSize(_ size: (Int, Int)?) -> [Int]? {
        let inputs = graph.inputs.filter { graph.initializers[$0] == nil }
        guard inputs.count == 1, let dimensions = graph[inputs[0]].type?.dimensions, dimensions.count == 4 else {
            return nil
        }
        let given: [Int?] = [nil, size?.0, size?.1]
        let sizes = zip(dimensions.dropFirst(), given).compactMap { dimension, given -> Int? in
            if case .size(let known) = dimension { return Int(exactly: known) }
            return given
        }
        return sizes.count == 3 ? sizes : nil
    }
}
