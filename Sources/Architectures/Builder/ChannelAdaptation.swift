import GraphIR

/// timm's `adapt_input_conv`: the kernels of a first convolution for images of another number of channels.
///
/// For one channel the sum over those that there are; for others they are repeated in turn and scaled by old ÷ new. In
/// float32, in PyTorch's order.
package enum ChannelAdaptation {
    /// - Parameters:
    ///   - kernel: `[out, channels, height, width]`.
    ///   - shape: what the layer needs.
    /// - Returns: `nil` where nothing but the channels may differ and something does, or nothing does.
    package static func adapted(_ kernel: Tensor, to shape: [Int]) throws -> AdaptedWeight? {
        guard kernel.shape.count == 4, shape.count == 4, kernel.shape[0] == shape[0], kernel.shape[2] == shape[2],
            kernel.shape[3] == shape[3], kernel.shape[1] != shape[1], kernel.shape[1] > 0, shape[1] > 0,
            let total = shape.checkedProduct(), total <= PositionResampling.limit
        else { return nil }
        let (old, new, area) = (kernel.shape[1], shape[1], shape[2] * shape[3])
        let values = try kernel.floats()
        let factor = Float(Double(old) / Double(new))
        var result: [Float] = []
        result.reserveCapacity(total)
        for out in 0..<shape[0] {
            func value(_ channel: Int, _ position: Int) -> Float { values[(out * old + channel) * area + position] }
            for channel in 0..<new {
                for position in 0..<area {
                    result.append(
                        new == 1
                            ? (1..<old).reduce(value(0, position)) { $0 + value($1, position) }
                            : value(channel % old, position) * factor)
                }
            }
        }
        return AdaptedWeight(axis: 1, kept: 0..<0, derived: try .of(result, as: kernel.elementType, shape: shape))
    }
}
