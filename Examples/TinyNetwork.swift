import Weightbridge

/// A small network of one's own, from Swift arrays: a convolution that finds vertical edges, ReLU, the mean of each
/// channel, and a linear layer that tells bright-to-dark from dark-to-bright.
public func tinyNetwork() throws -> Model {
    let net = ModelBuilder("tiny")
    try net.parameter(
        "features.0.weight", [-1, 0, 1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0, -1, 1, 0, -1] as [Float],
        shape: [2, 1, 3, 3])
    try net.parameter("features.0.bias", [0, 0] as [Float], shape: [2])
    try net.parameter("head.weight", [1, -1, -1, 1] as [Float], shape: [2, 2])
    try net.parameter("head.bias", [0.5, -0.5] as [Float], shape: [2])

    let image = try net.input("image", [.named("batch"), .size(1), .size(4), .size(4)])
    let features = try net.scope("features") {
        try net.relu("1", net.conv2d("0", image))
    }
    let pooled = try net.flatten("flatten", net.globalAveragePool("pool", features))
    try net.output("scores", net.linear("head", pooled))
    return try net.model()
}

/// Writes it as ONNX for a runtime that knows opset 13.
public func exportTinyNetwork(to path: String) throws {
    try writeModel(convertOpset(tinyNetwork(), to: 13), to: path)
}
