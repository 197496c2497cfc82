import GraphIR

extension Operator {
    /// Triangular filters, spaced evenly on the mel scale 2595 · log₁₀(1 + f / 700): one column for each band, one row for
    /// each bin of a one-sided spectrum.
    /// https://onnx.ai/onnx/operators/onnx__MelWeightMatrix.html, versions 17.
    static let melWeightMatrix = Operator("MelWeightMatrix", accuracy: .rounding(ulps: 1), infer: .melWeights) {
        binding in
        let type = try binding.outputType("output_datatype")
        return { call in
            let bands = try count(call, 0, "num_mel_bins", atLeast: 0)
            let length = try count(call, 1, "dft_length", atLeast: 0)
            let rate = try count(call, 2, "sample_rate", atLeast: 1)
            let lower = try call.real(3, "lower_edge_hertz")
            let upper = try call.real(4, "upper_edge_hertz")
            guard lower >= 0, upper >= lower, upper.isFinite else {
                throw GraphError(
                    .argument, "the band from \(lower) to \(upper) is none", argument: "lower_edge_hertz")
            }
            let bins = length / 2 + 1
            try call.check(.float64, [bins, bands])
            let points = try MelScale(bands: bands, length: length, rate: rate, lower: lower, upper: upper).points(
                bins: bins, call)
            let matrix = try call.make([bins, bands], of: Double.self) { out in
                for band in 0..<bands {
                    let (left, centre, right) = (points[band], points[band + 1], points[band + 2])
                    out[centre * bands + band] = 1
                    for bin in left..<centre { out[bin * bands + band] = Double(bin - left) / Double(centre - left) }
                    for bin in centre..<right { out[bin * bands + band] = Double(right - bin) / Double(right - centre) }
                }
            }
            return [try call.converted(matrix, to: type)]
        }
    }
}

/// The edges of the bands.
private struct MelScale {
    let bands: Int
    let length: Int
    let rate: Int
    let lower: Double
    let upper: Double

    private func mel(_ hertz: Double) -> Double {
        2595 * Double.logarithmOfOnePlus(hertz / 700) / Double.logarithm(10)
    }

    private func hertz(_ mel: Double) -> Double { 700 * Double.exponentialMinusOne(mel / 2595 * Double.logarithm(10)) }

    /// The spectrum's bins that the edges fall into, in order.
    /// - Throws: `op.argument` where one is beyond the spectrum.
    func points(bins: Int, _ call: Call) throws -> [Int] {
        try call.check(.int64, [bands + 2])
        let step = (mel(upper) - mel(lower)) / Double(bands + 2)
        return try (0..<(bands + 2)).map { index in
            let position = (Double(length) + 1) * hertz(Double(index) * step + mel(lower)) / Double(rate)
            guard let bin = Int(exactly: position.rounded(.down)), bin >= 0, bin < bins else {
                throw GraphError(
                    .argument, "the band's edge \(hertz(Double(index) * step + mel(lower))) Hz is beyond the spectrum",
                    argument: "upper_edge_hertz")
            }
            return bin
        }
    }
}

private func count(_ call: Call, _ position: Int, _ name: String, atLeast least: Int) throws -> Int {
    guard let value = try call.integer(position, name), value >= least, value < Int.max - 2 else {
        throw GraphError(.argument, "expected an integer of at least \(least)", argument: name)
    }
    return value
}

extension InferenceRule {
    fileprivate static let melWeights = InferenceRule { node in
        let type = try node.binding.outputType("output_datatype")
        let bins = try node.dimension(1, "dft_length") { $0 / 2 + 1 }
        node.set(0, shape: [bins, try node.dimension(0, "num_mel_bins")], type: type)
    }
}
