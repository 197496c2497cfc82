import GraphIR

/// Resizing and cropping as nodes, with the 8-bit pixels that Pillow 13 makes.
///
/// Pillow resizes by one axis and then by the other, with weights of 22 binary places, and rounds to 8 bits after each.
/// All of that is exact in float64: a pass is a matrix product with the weights of the positions that the crop keeps.
struct Resampling {
    /// One axis of the picture.
    struct Axis {
        /// Pixels of the source, a scalar of float64.
        let source: ValueID
        /// Pixels after resizing and before the crop, a scalar of float64.
        let resized: ValueID
        /// The first pixel of the crop, a scalar of float64; negative where the crop reaches beyond the picture.
        let offset: ValueID
        /// Pixels of the crop.
        let size: Int
    }

    let w: NodeWriter
    let filter: ResamplingFilter
    /// Whether the crop may reach beyond the picture.
    let pads: Bool

    /// Binary places of a weight, Pillow's `PRECISION_BITS`.
    private static let weightScale = Double(1 << 22)

    /// The crop of the resized picture.
    /// - Parameter images: uint8 `[N, H, W, C]`.
    /// - Returns: whole numbers from 0 to 255 as float64, `[N, C, rows.size, columns.size]`.
    func crop(_ images: ValueID, rows: Axis, columns: Axis) throws -> ValueID {
        if filter == .nearest {
            let picked = w.gather(
                w.gather(images, try nearest(rows), axis: 1), try nearest(columns), axis: 2)
            return w.cast(channelsFirst(picked), to: .float64)
        }
        let vertical = try weights(rows, isVertical: true)
        let horizontal = try weights(columns, isVertical: false)
        let window = w(
            "Slice", images,
            w("Concat", vertical.first, horizontal.first, attributes: [Attribute("axis", .int(0))]),
            w("Concat", vertical.end, horizontal.end, attributes: [Attribute("axis", .int(0))]),
            try w.integers([1, 2]))
        let pixels = w.cast(channelsFirst(window), to: .float64)
        return try w.branch(try isVerticalFirst(rows, columns)) { branch in
            let w = branch.writer
            let stretched = try rounded(w, w("MatMul", branch.outer(vertical.matrix), branch.outer(pixels)))
            return try rounded(w, w("MatMul", stretched, branch.outer(horizontal.matrix)))
        } otherwise: { branch in
            let w = branch.writer
            let stretched = try rounded(w, w("MatMul", branch.outer(pixels), branch.outer(horizontal.matrix)))
            return try rounded(w, w("MatMul", branch.outer(vertical.matrix), stretched))
        }
    }

    /// Which pixels of the crop lie within the picture: booleans `[rows.size, 1]` and `[1, columns.size]`, combined.
    func inside(rows: Axis, columns: Axis) throws -> ValueID {
        let parts = try [(rows, [-1, 1]), (columns, [1, -1])].map { axis, shape in
            let position = w("Reshape", try positions(axis), try w.integers(shape))
            return w("And", w("GreaterOrEqual", position, try w.real(0)), w("Less", position, axis.resized))
        }
        return w("And", parts[0], parts[1])
    }

    /// The places of the crop's pixels in the resized picture, a vector of float64.
    private func positions(_ axis: Axis) throws -> ValueID {
        w("Add", axis.offset, w("Range", try w.real(0), try w.real(Double(axis.size)), try w.real(1)))
    }

    /// The same, those beyond the picture at its edge.
    private func clampedPositions(_ axis: Axis) throws -> ValueID {
        guard pads else { return try positions(axis) }
        return w("Max", w("Min", try positions(axis), w("Sub", axis.resized, try w.real(1))), try w.real(0))
    }

    private func channelsFirst(_ images: ValueID) -> ValueID {
        w("Transpose", images, attributes: [Attribute("perm", .ints([0, 3, 1, 2]))])
    }

    /// Pillow 13 resizes by rows first where they are reduced by more than twice as many pixels as the columns.
    private func isVerticalFirst(_ rows: Axis, _ columns: Axis) throws -> ValueID {
        let reduced = w("Mul", try w.real(2), w("Sub", columns.source, columns.resized))
        return w("Greater", w("Sub", rows.source, rows.resized), w("Max", reduced, try w.real(0)))
    }

    /// Sums of weighted pixels to 8 bits.
    private func rounded(_ w: NodeWriter, _ sums: ValueID) throws -> ValueID {
        let scaled = w("Mul", sums, try w.real(1 / Self.weightScale))
        return w("Clip", w("Floor", w("Add", scaled, try w.real(0.5))), try w.real(0), try w.real(255))
    }

    /// The weights of the pixels from `first` to before `end` (vectors of one int64), in units of 2⁻²²:
    /// `[crop, pixels]` for the vertical axis, else `[pixels, crop]`.
    private func weights(
        _ axis: Axis, isVertical: Bool
    ) throws -> (matrix: ValueID, first: ValueID, end: ValueID) {
        let (zero, one, half) = (try w.real(0), try w.real(1), try w.real(0.5))
        let scale = w("Div", axis.source, axis.resized)
        let filterScale = w("Max", scale, one)
        let support = w("Mul", try w.real(filter.support), filterScale)
        let center = w("Mul", w("Add", try clampedPositions(axis), half), scale)
        let least = w("Max", w("Floor", w("Add", w("Sub", center, support), half)), zero)
        let end = w("Min", w("Floor", w("Add", w("Add", center, support), half)), axis.source)
        let firstUsed = w("ReduceMin", least, attributes: [Attribute("keepdims", .int(0))])
        let lastUsed = w("ReduceMax", end, attributes: [Attribute("keepdims", .int(0))])

        let pixelShape = try w.integers(isVertical ? [1, -1] : [-1, 1])
        let cropShape = try w.integers(isVertical ? [-1, 1] : [1, -1])
        let pixel = w("Reshape", w("Range", firstUsed, lastUsed, one), pixelShape)
        let inverse = w("Div", one, filterScale)
        let distance = w("Add", w("Sub", pixel, w("Reshape", center, cropShape)), half)
        let inReach = w(
            "And", w("GreaterOrEqual", pixel, w("Reshape", least, cropShape)),
            w("Less", pixel, w("Reshape", end, cropShape)))
        let weights = w("Where", inReach, try filter.weights(w, w("Mul", distance, inverse)), zero)
        // Summed in the order of the pixels, as Pillow does.
        let axisIndex = isVertical ? 1 : 0
        let sums = w("CumSum", weights, try w.integer(axisIndex))
        let total = w.gather(sums, try w.integers([-1]), axis: axisIndex)
        let scaled = w("Mul", w("Div", weights, total), try w.real(Self.weightScale))
        // Rounded to nearest, halves away from zero.
        let matrix = w("Mul", w("Sign", scaled), w("Floor", w("Add", w("Abs", scaled), half)))
        let vector = try w.integers([1])
        return (
            matrix, w("Reshape", w.cast(firstUsed, to: .int64), vector),
            w("Reshape", w.cast(lastUsed, to: .int64), vector)
        )
    }

    /// The source's pixel for each pixel of the crop, int64. Pillow adds up steps, and so does this.
    private func nearest(_ axis: Axis) throws -> ValueID {
        let step = w("Div", axis.source, axis.resized)
        let numbers = w("Range", try w.real(0), axis.resized, try w.real(1))
        let isFirst = w("Equal", numbers, try w.real(0))
        let steps = w("Where", isFirst, w("Mul", step, try w.real(0.5)), step)
        let places = w("CumSum", steps, try w.integer(0))
        let kept = w.gather(places, w.cast(try clampedPositions(axis), to: .int64), axis: 0)
        return w.cast(w("Floor", kept), to: .int64)
    }
}
