import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The attributes of Resize, in today's form.
struct ResizeRule: Sendable {
    enum Mode: String, Sendable { case nearest, linear, cubic }
    enum Nearest: String, Sendable {
        case preferFloor = "round_prefer_floor"
        case preferCeil = "round_prefer_ceil"
        case floor, ceil
        /// What version 10 and Upsample do: down when enlarging, up when shrinking.
        case byScale = ""
    }
    enum Coordinates: String, Sendable {
        case halfPixel = "half_pixel"
        case halfPixelSymmetric = "half_pixel_symmetric"
        case pytorchHalfPixel = "pytorch_half_pixel"
        case alignCorners = "align_corners"
        case asymmetric
        case cropAndResize = "tf_crop_and_resize"
        /// Only in version 11.
        case halfPixelForNearest = "tf_half_pixel_for_nn"
    }
    enum AspectRatio: String, Sendable {
        case stretch
        case notLarger = "not_larger"
        case notSmaller = "not_smaller"
    }

    var mode: Mode
    var nearest = Nearest.byScale
    var coordinates = Coordinates.asymmetric
    var cubicCoefficient = -0.75
    var excludesOutside = false
    var extrapolation = 0.0
    var antialiases = false
    var axes: [Int]?
    var aspectRatio = AspectRatio.stretch

    /// Resize of version 10 and Upsample know a mode only; the rest came with 11, and with 18 antialiasing, axes and
    /// the aspect ratio.
    init(_ binding: inout Binding, isUpsample: Bool) throws {
        func choice<T: RawRepresentable & Sendable>(
            _ name: String, _ fallback: T, except: [String] = []
        ) throws -> T where T.RawValue == String {
            guard let text = try binding.string(name) else { return fallback }
            guard !text.isEmpty, !except.contains(text), let value = T(rawValue: text) else {
                throw GraphError(.argument, "\"\(text)\" is none of the known values", argument: name)
            }
            return value
        }
        let hasCubic = !isUpsample && binding.version >= 11
        // The first Upsample called its linear mode "bilinear".
        if isUpsample, binding.version < 7, try binding.string("mode") == "bilinear" {
            mode = .linear
        } else {
            mode = try choice("mode", .nearest, except: hasCubic ? [] : ["cubic"])
        }
        guard hasCubic else { return }
        nearest = try choice("nearest_mode", .preferFloor)
        let later = binding.version < 19 ? ["half_pixel_symmetric"] : []
        let only11 = binding.version == 11 ? [] : ["tf_half_pixel_for_nn"]
        coordinates = try choice("coordinate_transformation_mode", .halfPixel, except: later + only11)
        cubicCoefficient = try binding.real("cubic_coeff_a", default: -0.75)
        excludesOutside = try binding.flag("exclude_outside")
        extrapolation = try binding.real("extrapolation_value", default: 0)
        guard binding.version >= 18 else { return }
        antialiases = try binding.flag("antialias")
        axes = try binding.ints("axes")?.map { Int($0) }
        aspectRatio = try choice("keep_aspect_ratio_policy", .stretch)
        if antialiases && mode == .nearest {
            throw GraphError(.argument, "nearest has no filter to smooth with", argument: "antialias")
        }
    }

    /// How one axis is resized.
    struct Axis: Sendable {
        var input: Int
        var output: Int
        var scale: Double
        /// Where the region begins and ends, of 0...1; only for `tf_crop_and_resize`.
        var region = (start: 0.0, end: 1.0)

        /// Whether nothing changes along the axis.
        var isIdentity: Bool {
            input == output && (scale - 1).magnitude <= 1e-9 && region == (0, 1)
        }
    }

    /// The places in the input that the positions of a resized axis fall on, between its elements.
    func coordinate(_ position: Int, _ axis: Axis) -> Double {
        let x = Double(position)
        let (input, width) = (Double(axis.input), axis.scale * Double(axis.input))
        switch coordinates {
        case .halfPixel: return (x + 0.5) / axis.scale - 0.5
        case .halfPixelForNearest: return (x + 0.5) / axis.scale
        case .pytorchHalfPixel: return axis.output > 1 ? (x + 0.5) / axis.scale - 0.5 : 0
        case .halfPixelSymmetric:
            let adjustment = Double(axis.output) / width
            return input / 2 * (1 - adjustment) + (x + 0.5) / axis.scale - 0.5
        case .asymmetric: return x / axis.scale
        case .alignCorners: return width == 1 ? 0 : x * (input - 1) / (width - 1)
        case .cropAndResize:
            let extent = (axis.region.end - axis.region.start) * (input - 1)
            let step = width == 1 ? extent / 2 : x * extent / (width - 1)
            return axis.region.start * (input - 1) + step
        }
    }

    private func isOutside(_ x: Double, _ axis: Axis) -> Bool {
        coordinates == .cropAndResize && !(x >= 0 && x <= Double(axis.input - 1))
    }

    /// The nearest element for each position; -1 outside.
    func places(_ axis: Axis) throws -> [Int] {
        try (0..<axis.output).map { position in
            let x = try finite(coordinate(position, axis))
            if isOutside(x, axis) { return -1 }
            let down = x.rounded(.down)
            let ratio = x - down
            let up: Bool =
                switch nearest {
                case .preferFloor: ratio > 0.5
                case .preferCeil: ratio >= 0.5
                case .floor: false
                case .ceil: ratio > 0
                case .byScale: ratio > 0 && axis.scale < 1
                }
            return clamped(down + (up ? 1 : 0), axis)
        }
    }

    /// The weighted elements for each position, of the linear or cubic filter.
    func taps(_ axis: Axis, call: Call) throws -> Taps {
        let stretch = antialiases ? Swift.min(axis.scale, 1) : 1
        let reach = mode == .cubic ? 2.0 : 1.0
        let half = (reach / stretch).rounded(.up)
        // A filter wider than anything in memory is refused by the check.
        guard half < 0x1p40 else { throw GraphError(.argument, "a scale of \(axis.scale)", argument: "scales") }
        let width = 2 * Int(half)
        guard let total = width.multiplied(checked: axis.output) else {
            throw GraphError(.memory, "\(axis.output) filters of \(width) weights", argument: "scales")
        }
        try call.check(.float64, [total, 2])
        var taps = Taps(width: width)
        for position in 0..<axis.output {
            if position % 256 == 0 { try call.checkTime() }
            let x = try finite(coordinate(position, axis))
            // A whole number is the right neighbour of the one before, so that filters lie the same way everywhere.
            let base = x == x.rounded(.down) ? x - 1 : x.rounded(.down)
            let first = base - half + 1
            var weights = (0..<width).map { weight((first + Double($0) - x) * stretch) }
            if excludesOutside {
                for tap in 0..<width where first + Double(tap) < 0 || first + Double(tap) >= Double(axis.input) {
                    weights[tap] = 0
                }
            }
            let sum = weights.reduce(0, +)
            if (excludesOutside || antialiases) && sum != 0 { weights = weights.map { $0 / sum } }
            taps.weights += weights
            taps.places += (0..<width).map { clamped(first + Double($0), axis) }
            taps.outside.append(isOutside(x, axis))
        }
        return taps
    }

    /// The filter's weight at a distance. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981.
    private func weight(_ distance: Double) -> Double {
        let d = distance.magnitude
        if mode == .linear { return Swift.max(1 - d, 0) }
        let a = cubicCoefficient
        if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
        return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0
    }

    private func clamped(_ x: Double, _ axis: Axis) -> Int {
        Int(Swift.min(Swift.max(x, 0), Double(axis.input - 1)))
    }

    private func finite(_ x: Double) throws -> Double {
        guard x.isFinite else {
            throw GraphError(.argument, "scale or region give the coordinate \(x)", argument: "scales")
        }
        return x
    }
}
