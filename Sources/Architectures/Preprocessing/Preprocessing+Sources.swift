import Formats
import GraphIR

/// Where preprocessing is read from: options, then `config.json`, then the table of variants; or an ONNX model's
/// metadata.
extension Preprocessing {
    /// What `--set` takes of preprocessing, by timm's names.
    public static let settingNames: Set<String> = ["mean", "std", "crop_pct", "interpolation", "crop_mode"]

    /// What `config.json` beside timm's weights says under `pretrained_cfg`; `nil` where it lacks the essentials.
    public init?(config: JSONValue) {
        let part = config.member("pretrained_cfg") ?? config
        guard let mean = part.reals("mean"), let std = part.reals("std"), !mean.isEmpty, mean.count == std.count,
            let size = part.reals("input_size")?.compactMap({ Int(exactly: $0) }), size.count == 3,
            size.allSatisfy({ $0 > 0 })
        else { return nil }
        self.init(
            mean: mean, std: std, inputSize: size, cropFraction: part.real("crop_pct") ?? 0.875,
            interpolation: part.text("interpolation") ?? "bicubic", cropMode: part.text("crop_mode") ?? "center")
    }

    /// What a model's metadata says, see ``MetadataKey``; `nil` where it says nothing that makes sense.
    public init?(metadata: [MetadataEntry]) {
        func text(_ name: String) -> String? {
            metadata.first { $0.key == "\(MetadataKey.preprocessing).\(name)" }?.value
        }
        guard let mean = text("mean").flatMap(Self.numbers), let std = text("std").flatMap(Self.numbers),
            mean.count == std.count,
            let size = text("input_size").flatMap(Self.numbers)?.compactMap({ Int(exactly: $0) }), size.count == 3,
            size.allSatisfy({ $0 > 0 }), let crop = text("crop_pct").flatMap({ Double($0) })
        else { return nil }
        self.init(
            mean: mean, std: std, inputSize: size, cropFraction: crop,
            interpolation: text("interpolation") ?? "bicubic", cropMode: text("crop_mode") ?? "center")
        isBlueFirst = text("channel_order") == "bgr"
    }

    /// This preprocessing with what options say of it. Without any, options must give mean and deviation at least.
    /// - Parameters:
    ///   - settings: values by ``settingNames``; other names are passed over.
    ///   - inputSize: channels, height, width where `base` is `nil`.
    /// - Throws: `usage` for a value that is no number.
    public static func changed(
        _ base: Preprocessing?, by settings: [String: String], inputSize: [Int]?
    ) throws -> Preprocessing? {
        func numbers(_ name: String) throws -> [Double]? {
            guard let text = settings[name] else { return nil }
            guard let numbers = Self.numbers(text) else {
                throw MappingError(
                    .option, "\(name) wants numbers separated by commas, not '\(text)'", report: "",
                    hint: "such as --set mean=0.5,0.5,0.5")
            }
            return numbers
        }
        guard !settingNames.isDisjoint(with: settings.keys) else { return base }
        let (mean, std, crop) = (try numbers("mean"), try numbers("std"), try numbers("crop_pct"))
        if let crop, crop.count != 1 || crop.contains(where: { !($0 > 0) || !$0.isFinite }) {
            throw refusal("crop_pct", settings, among: ["one number above 0"])
        }
        if let interpolation = settings["interpolation"], ResamplingFilter(rawValue: interpolation) == nil {
            throw refusal("interpolation", settings, among: ResamplingFilter.allCases.map(\.rawValue))
        }
        if let mode = settings["crop_mode"], !["center", "squash", "border"].contains(mode) {
            throw refusal("crop_mode", settings, among: ["center", "squash", "border"])
        }
        var result: Preprocessing
        if let base {
            result = base
            result.mean = mean ?? base.mean
            result.std = std ?? base.std
        } else {
            guard let mean, let std, let inputSize else { return nil }
            result = Preprocessing(mean: mean, std: std, inputSize: inputSize, cropFraction: 0.875)
        }
        result.cropFraction = crop?.first ?? result.cropFraction
        result.interpolation = settings["interpolation"] ?? result.interpolation
        result.cropMode = settings["crop_mode"] ?? result.cropMode
        return result
    }

    private static func refusal(_ name: String, _ settings: [String: String], among known: [String]) -> MappingError {
        MappingError(
            .option, "--set \(name)=\(settings[name] ?? ""), expected \(known.joined(separator: ", "))", report: "")
    }

    private static func numbers(_ text: String) -> [Double]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        let numbers = parts.compactMap { $0 }
        return !numbers.isEmpty && numbers.count == parts.count ? numbers : nil
    }
}

extension Hints {
    /// How pictures are prepared for a model.
    /// - Parameters:
    ///   - variant: name and preprocessing of the published model.
    ///   - twins: published models that differ in preprocessing alone.
    ///   - channels: what the weights take.
    ///   - size: height and width, where they are settled.
    func preprocessing(
        variant: (name: String, preprocessing: Preprocessing)?, twins: [String] = [], channels: Int, size: ImageSize?
    ) throws -> Preprocessing? {
        let stated = config.flatMap { Preprocessing(config: $0) }
        if let stated {
            var note = "preprocessing: config.json says so"
            if let variant, stated != variant.preprocessing {
                note += "; the table of variants has \(variant.preprocessing.summary) for \(variant.name)"
            }
            self.note(note)
        } else if let variant {
            note(
                "preprocessing: that of \(variant.name)"
                    + (twins.isEmpty
                        ? ""
                        : "; \(twins.listed(most: 3)), of the same shapes, "
                            + (twins.count == 1 ? "has another" : "have others") + " (--architecture settles it)"))
        }
        guard
            var result = try (stated ?? variant?.preprocessing).adapted(
                by: options.settings, channels: channels, size: size, note: note)
        else { return nil }
        if keyFormat == "pycls" {
            result.isBlueFirst = true
            note("preprocessing: channels in the order blue, green, red, as pycls trains")
        }
        return result
    }
}

extension Preprocessing? {
    /// What is known of preprocessing as options have it, for a model's channels and size.
    /// - Parameters:
    ///   - settings: values by ``Preprocessing/settingNames``; other names are passed over.
    ///   - size: height and width of the model's input, where they are settled.
    ///   - note: told what options changed, and that preprocessing for other channels is left out.
    /// - Throws: `usage` for a value that is no number.
    public func adapted(
        by settings: [String: String], channels: Int, size: ImageSize?, note: (String) -> Void
    ) throws -> Preprocessing? {
        let given = size.map { [channels, $0.height, $0.width] }
        let changed = Preprocessing.settingNames.intersection(settings.keys).sorted().joined(separator: ", ")
        guard var result = try Preprocessing.changed(self, by: settings, inputSize: given) else {
            if !changed.isEmpty {
                note(
                    "preprocessing: \(changed) by option alone, it wants mean, std and a known image size (--image-size)"
                )
            }
            return nil
        }
        guard result.mean.count == channels, result.std.count == channels else {
            let given = ["mean", "std"].filter { settings[$0] != nil }
            let wanted = channels == 1 ? "one value" : "\(channels) values"
            let way = "--set mean=… --set std=… with \(wanted) each"
            guard given.isEmpty else {
                throw MappingError(
                    .option,
                    "the model has \(channels) channels, but mean has \(result.mean.count) values and std "
                        + "\(result.std.count)", report: "", hint: "give \(way)")
            }
            note("preprocessing: left out, it is for \(result.mean.count) channels; \(way) settles it")
            return nil
        }
        if !changed.isEmpty { note("preprocessing: \(changed) by option") }
        result.inputSize = given ?? [channels] + result.inputSize.dropFirst()
        return result
    }
}
