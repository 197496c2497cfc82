import GraphIR

/// Bilinear resampling written as two matrix products, one for rows and one for columns: unlike `Resize` it takes a
/// section of its own for each image of the batch, and there is no operator set that lacks it.
extension ModelBuilder {
    /// The whole numbers from 0, as many as `shape` holds, at most 65536.
    func indices(_ module: String, shape: [Int]) throws -> Wire {
        guard let count = shape.checkedProduct(), (1...65536).contains(count) else {
            throw GraphError(.shape, "indices of the shape \(shape)", node: path(module))
        }
        return constant(try reals(Tensor((0..<count).map(Float.init), shape: shape)), at: path(module))
    }

    /// The share that each pixel has in a value between pixels: max(0, 1 − |pixel − position|), the two broadcasting.
    func interpolation(_ module: String, pixels: Wire, positions: Wire) throws -> Wire {
        let distance = try function("Abs", module, elementwise("Sub", module, pixels, positions))
        let one = try number(1, at: path(module))
        return try function("Relu", module, elementwise("Sub", module, one, distance))
    }

    /// `rows` `[N|1, 1, H', H]` times every channel of `x` `[N, C, H, W]` times `columns` `[N|1, 1, W, W']`.
    func resampled(_ module: String, _ x: Wire, rows: Wire, columns: Wire) throws -> Wire {
        guard x.shape.count == 4, rows.shape.count == 4, columns.shape.count == 4,
            rows.shape[3].mayEqual(x.shape[2]), columns.shape[2].mayEqual(x.shape[3])
        else {
            throw GraphError(.shape, "\(rows.shape) times \(x.shape) times \(columns.shape)", node: path(module))
        }
        let wide = Array(x.shape[..<3]) + [columns.shape[3]]
        let whole = [x.shape[0], x.shape[1], rows.shape[2], columns.shape[3]]
        count(wide + [x.shape[3]])
        count(whole + [x.shape[2]])
        let narrowed = node("MatMul", at: path(module), [x, columns], shape: wide, isResult: false)
        return node("MatMul", at: path(module), [rows, narrowed], shape: whole, isResult: false)
    }
}
