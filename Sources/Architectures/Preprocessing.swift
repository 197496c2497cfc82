import Formats
import GraphIR

/// What has to be done to an image before the model sees it (timm's `pretrained_cfg`).
public struct Preprocessing: Sendable, Hashable {
    /// Per channel, for pixels in 0…1.
    public var mean: [Double]
    public var std: [Double]
    /// Channels, height, width.
    public var inputSize: [Int]
    /// The share of the resized short side that the crop keeps.
    public var cropFraction: Double
    public var interpolation: String
    public var cropMode: String

    public init(
        mean: [Double], std: [Double], inputSize: [Int], cropFraction: Double, interpolation: String = "bicubic",
        cropMode: String = "center"
    ) {
        self.mean = mean
        self.std = std
        self.inputSize = inputSize
        self.cropFraction = cropFraction
        self.interpolation = interpolation
        self.cropMode = cropMode
    }

    /// Mean and deviation of ImageNet's pixels.
    public static func imageNet(
        size: Int = 224, cropFraction: Double, interpolation: String = "bicubic"
    ) -> Preprocessing {
        Preprocessing(
            mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], inputSize: [3, size, size],
            cropFraction: cropFraction, interpolation: interpolation)
    }

    /// CLIP's mean and deviation, the whole image.
    public static func clip(size: Int = 224) -> Preprocessing {
        Preprocessing(
            mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711],
            inputSize: [3, size, size], cropFraction: 1)
    }

    /// Pixels from −1 to 1: mean and deviation one half.
    public static func half(size: Int = 224, cropFraction: Double) -> Preprocessing {
        Preprocessing(
            mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], inputSize: [3, size, size], cropFraction: cropFraction)
    }

    /// What `config.json` beside timm's weights says under `pretrained_cfg`; `nil` where it lacks the essentials.
    package init?(config: JSONValue) {
        let part = config.member("pretrained_cfg") ?? config
        guard let mean = part.reals("mean"), let std = part.reals("std"), !mean.isEmpty, mean.count == std.count,
            let size = part.reals("input_size")?.compactMap({ Int(exactly: $0) }), size.count == 3,
            size.allSatisfy({ $0 > 0 })
        else { return nil }
        self.init(
            mean: mean, std: std, inputSize: size, cropFraction: part.real("crop_pct") ?? 0.875,
            interpolation: part.text("interpolation") ?? "bicubic", cropMode: part.text("crop_mode") ?? "center")
    }

    /// The entries of the model's metadata, see ``MetadataKey``.
    public var metadata: [MetadataEntry] {
        let key = MetadataKey.preprocessing
        return [
            MetadataEntry(key + ".mean", mean.map { "\($0)" }.joined(separator: ",")),
            MetadataEntry(key + ".std", std.map { "\($0)" }.joined(separator: ",")),
            MetadataEntry(key + ".input_size", inputSize.map(String.init).joined(separator: ",")),
            MetadataEntry(key + ".crop_pct", "\(cropFraction)"),
            MetadataEntry(key + ".interpolation", interpolation),
            MetadataEntry(key + ".crop_mode", cropMode),
        ]
    }
}
