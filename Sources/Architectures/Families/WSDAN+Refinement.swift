import GraphIR

/// The second look of the authors' evaluation: the part of the image where the attention map is at least a tenth of its
/// maximum, with a margin of a twentieth of the image, is enlarged to the image's size and classified again. The logits
/// are the mean of both looks. (GuYuc's `eval.py` and `batch_augment`; the drop of the paper is for training alone.)
extension WSDAN {
    enum Refinement: String, Sendable, CaseIterable { case none, crop }

    private static let threshold: Float = 0.1
    private static let margin = 0.05
    /// Below this the margin is less than two pixels, and a section could be empty.
    private static let leastSize = 40

    /// The section of each image, enlarged, corners on corners.
    /// - Throws: `tensor.shape` for an image whose size isn't known or is below 40 pixels.
    func crop(_ net: ModelBuilder, _ image: ModelBuilder.Wire, _ map: ModelBuilder.Wire) throws -> ModelBuilder.Wire {
        guard let height = image.shape[checked: 2]?.knownSize, let width = image.shape[checked: 3]?.knownSize,
            let mapHeight = map.shape[checked: 2]?.knownSize, let mapWidth = map.shape[checked: 3]?.knownSize,
            min(height, width) >= Self.leastSize
        else {
            throw GraphError(
                .shape, "\(image.shape): refinement wants a known size of at least \(Self.leastSize) pixels",
                node: net.path(""), hint: "give the image size (--image-size)")
        }
        let large = try net.resampled(
            "", map, rows: enlarging(net, mapHeight, to: height, axis: 2),
            columns: enlarging(net, mapWidth, to: width, axis: 3))
        let greatest = try net.reduced("ReduceMax", map, axes: [1, 2, 3])
        let least = try net.elementwise("Mul", "", greatest, net.number(Self.threshold, at: net.path("")))
        let mask = net.node(
            "GreaterOrEqual", at: net.path(""), [large, least], shape: large.shape, elementType: .bool, isResult: false)
        return try net.resampled(
            "", image, rows: section(net, mask, height, axis: 2), columns: section(net, mask, width, axis: 3))
    }

    /// The matrix that resamples `count` pixels to `size`.
    private func enlarging(
        _ net: ModelBuilder, _ count: Int, to size: Int, axis: Int
    ) throws -> ModelBuilder.Wire {
        let last = try net.number(Float(count - 1), at: net.path(""))
        return try shares(
            net, pixels: net.indices("", shape: line(count, across: axis)), last: last, size: size, axis: axis)
    }

    /// The matrix that takes the section under the mask along an axis and resamples it to `size`.
    private func section(
        _ net: ModelBuilder, _ mask: ModelBuilder.Wire, _ size: Int, axis: Int
    ) throws -> ModelBuilder.Wire {
        func number(_ value: Int) throws -> ModelBuilder.Wire { try net.number(Float(value), at: net.path("")) }
        let indices = try net.indices("", shape: line(size, along: axis))
        func edge(_ type: String, otherwise: Int) throws -> ModelBuilder.Wire {
            let places = net.node(
                "Where", at: net.path(""), [mask, indices, try number(otherwise)], shape: mask.shape, isResult: false)
            return try net.reduced(type, places, axes: [1, 2, 3])
        }
        // Places and sizes are whole numbers, so rounding the margin is rounding the sum.
        let margin = Self.margin * Double(size)
        let first = try net.elementwise(
            "Max", "",
            net.elementwise("Sub", "", edge("ReduceMin", otherwise: size), number(Int(margin.rounded(.up)))),
            number(0))
        let end = try net.elementwise(
            "Min", "",
            net.elementwise("Add", "", edge("ReduceMax", otherwise: 0), number(Int(margin.rounded(.down)))),
            number(size))
        let last = try net.elementwise("Sub", "", net.elementwise("Sub", "", end, first), number(1))
        let pixels = try net.elementwise("Sub", "", net.indices("", shape: line(size, across: axis)), first)
        return try shares(net, pixels: pixels, last: last, size: size, axis: axis)
    }

    /// Position i of `size` lies i · last ÷ (size − 1) pixels in.
    private func shares(
        _ net: ModelBuilder, pixels: ModelBuilder.Wire, last: ModelBuilder.Wire, size: Int, axis: Int
    ) throws -> ModelBuilder.Wire {
        let step = try net.elementwise("Div", "", last, net.number(Float(size - 1), at: net.path("")))
        let positions = try net.elementwise("Mul", "", net.indices("", shape: line(size, along: axis)), step)
        return try net.interpolation("", pixels: pixels, positions: positions)
    }

    /// The shape of a vector that lies along an axis of an image.
    private func line(_ size: Int, along axis: Int) -> [Int] { axis == 2 ? [1, 1, size, 1] : [1, 1, 1, size] }
    /// The shape of a vector that lies across an axis of an image.
    private func line(_ size: Int, across axis: Int) -> [Int] { line(size, along: axis == 2 ? 3 : 2) }
}

extension ModelBuilder {
    /// A reduction over axes that are kept.
    fileprivate func reduced(_ type: String, _ x: Wire, axes: [Int]) throws -> Wire {
        let list = constant(try Tensor(axes.map(Int64.init), shape: [axes.count]), at: path(""))
        return node(
            type, at: path(""), [x, list], attributes: [Attribute("keepdims", .int(1))],
            shape: x.shape.indices.map { axes.contains($0) ? .size(1) : x.shape[$0] }, isResult: false)
    }
}
