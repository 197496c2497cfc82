import Formats

/// How many patches an image has along height and width.
extension Hints {
    /// The grid of a position table of so many rows, and whether it has rows for the `prefix` tokens; `nil` where it is
    /// that of no image. Square, where nothing says the image's size.
    /// - Throws: ``MappingError`` where an `img_size` is stated that can't be one, or isn't that of the table.
    func grid(ofRows rows: Int, prefix: Int, patch: Int) throws -> (ImageSize, includesPrefix: Bool)? {
        let tables = [(rows - prefix, true), (rows, false)].filter { $0.0 > 0 }
        // What the model was trained with, where that accounts for every position.
        let stated = try statedGrids(patch: patch)
        for (count, includes) in tables {
            for grid in stated where grid.height > 0 && grid.height.multiplied(checked: grid.width) == count {
                return (grid, includes)
            }
        }
        for (count, includes) in tables {
            let side = Int(Double(count).squareRoot().rounded())
            if side.multiplied(checked: side) == count {
                try refuseImageSize(for: ImageSize(side, side), patch: patch)
                return (ImageSize(side, side), includes)
            }
        }
        for (count, includes) in tables {
            if let asked = options.imageSize, asked.0 > 0, asked.1 > 0, prefix == 0 || includes {
                // A table that isn't square belongs to an image that has to be told.
                let ratio = (Double(count) * Double(asked.0) / Double(asked.1)).squareRoot().rounded()
                if let height = Int(exactly: ratio), height > 0, count % height == 0,
                    height.multiplied(checked: asked.1) == (count / height).multiplied(checked: asked.0)
                {
                    let grid = ImageSize(height, count / height)
                    try refuseImageSize(for: grid, patch: patch)
                    return (grid, includes)
                }
            }
        }
        return nil
    }

    /// The grid of a model whose weights don't show it: as it is stated, else that of a published model, else that of
    /// 224 pixels.
    /// - Throws: ``MappingError`` where a size is stated that can't be one.
    func grid(patch: Int, published: ImageSize?) throws -> ImageSize? {
        let isPossible = { (grid: ImageSize) in (1...65536).contains(grid.height) && (1...65536).contains(grid.width) }
        if let stated = try statedGrids(patch: patch).first(where: isPossible) { return stated }
        if let size = stated("img_size") { throw size.refusal(wants: "1 to 65536 patches of \(patch) pixels") }
        if let published { return published }
        let usual = ImageSize(224 / patch, 224 / patch)
        guard isPossible(usual) else { return nil }
        if options.imageSize == nil { note("img_size 224: usual; no weight shows it (--image-size)") }
        return usual
    }

    /// Refuses an `img_size`, where one is stated: the weights have a table for this grid, which isn't that size's.
    func refuseImageSize(for grid: ImageSize, patch: Int) throws {
        guard let size = stated("img_size") else { return }
        let (height, width) = (grid.height * patch, grid.width * patch)
        var error = size.refusal(
            wants: (height == width ? "\(height)" : "\(height),\(width)") + ", of which the weights' table is")
        error.hint = "--image-size resamples the table for images of another size"
        throw error
    }

    /// The grids of the image sizes that `img_size` and `config.json` state.
    private func statedGrids(patch: Int) throws -> [ImageSize] {
        let config = config?.member("pretrained_cfg") ?? config
        let sizes = try counts("img_size", wants: "a size, or height and width in pixels") {
            $0.count == 1 || $0.count == 2
        }
        let stated = [sizes, config?.reals("input_size")?.suffix(2).compactMap { Int(exactly: $0) }].compactMap { $0 }
        return stated.compactMap { size in
            guard let first = size.first, let last = size.last, patch > 0 else { return nil }
            return ImageSize(first / patch, last / patch)
        }
    }
}
