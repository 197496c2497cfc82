import Formats
import GraphIR

/// What has to be done to an image before the model sees it (timm's `pretrained_cfg`).
public struct Preprocessing: Sendable, Hashable {
    /// Per channel, for pixels in 0…1.
    public var mean: [Double]
    /// Per channel, for pixels in 0…1: what they are divided by without their mean.
    public var std: [Double]
    /// Channels, height, width.
    public var inputSize: [Int]
    /// The share of the resized short side that the crop keeps.
    public var cropFraction: Double
    /// `bicubic`, `bilinear`, `nearest`, `box`, `hamming` or `lanczos`: Pillow's filters.
    public var interpolation: String
    /// `center`: the short side is resized and the centre cut out; `squash`: both sides are resized, then the centre is
    /// cut out; `border`: the long side is resized and the rest filled with the mean.
    public var cropMode: String
    /// Whether the model wants blue first; mean and deviation are those of red, green and blue all the same.
    public var isBlueFirst = false

    /// - Parameter inputSize: channels, height, width.
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
        size: Int = 224, cropFraction: Double, interpolation: String = "bicubic", cropMode: String = "center"
    ) -> Preprocessing {
        Preprocessing(
            mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], inputSize: [3, size, size],
            cropFraction: cropFraction, interpolation: interpolation, cropMode: cropMode)
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

    /// The entries of the model's metadata, see ``MetadataKey``.
    public var metadata: [MetadataEntry] {
        let key = MetadataKey.preprocessing
        let order = isBlueFirst ? [MetadataEntry(key + ".channel_order", "bgr")] : []
        return [
            MetadataEntry(key + ".mean", mean.map { "\($0)" }.joined(separator: ",")),
            MetadataEntry(key + ".std", std.map { "\($0)" }.joined(separator: ",")),
            MetadataEntry(key + ".input_size", inputSize.map(String.init).joined(separator: ",")),
            MetadataEntry(key + ".crop_pct", "\(cropFraction)"),
            MetadataEntry(key + ".interpolation", interpolation),
            MetadataEntry(key + ".crop_mode", cropMode),
        ] + order
    }

    /// One line for people: `224×224, bicubic, crop 0.96 (center), mean …, std …`.
    public var summary: String {
        func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }
        let size = inputSize.dropFirst().map(String.init).joined(separator: "×")
        return "\(size), \(interpolation), crop \(cropFraction) (\(cropMode)), mean \(list(mean)), std \(list(std))"
            + (isBlueFirst ? ", blue first" : "")
    }
}
