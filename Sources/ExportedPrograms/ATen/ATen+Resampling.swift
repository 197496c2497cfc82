import GraphIR

extension ATenTable {
    mutating func addResampling() {
        for (name, count) in [
            ("upsample_nearest1d.vec", 1), ("upsample_nearest2d.vec", 2), ("upsample_nearest3d.vec", 3),
            ("upsample_nearest1d", 1), ("upsample_nearest2d", 2),
        ] {
            add(name) { c in
                try c.resized(
                    count, mode: "nearest",
                    [
                        Attribute("coordinate_transformation_mode", .string(Array("asymmetric".utf8))),
                        Attribute("nearest_mode", .string(Array("floor".utf8))),
                    ])
            }
        }
        for (name, count) in [
            ("upsample_linear1d.vec", 1), ("upsample_linear1d", 1), ("upsample_bilinear2d.vec", 2),
            ("upsample_bilinear2d", 2), ("upsample_trilinear3d.vec", 3),
        ] {
            add(name) { c in try c.resized(count, mode: "linear", c.alignment()) }
        }
        add("upsample_bicubic2d.vec", "upsample_bicubic2d") { c in
            try c.resized(2, mode: "cubic", [Attribute("cubic_coeff_a", .float(-0.75))] + c.alignment())
        }
        add("_upsample_bicubic2d_aa.vec", "_upsample_bicubic2d_aa") { c in
            try c.resized(
                2, mode: "cubic",
                [
                    Attribute("antialias", .int(1)), Attribute("cubic_coeff_a", .float(-0.5)),
                    Attribute("exclude_outside", .int(1)),
                ] + c.alignment(), isAntialiased: true)
        }
        add("_upsample_bilinear2d_aa.vec", "_upsample_bilinear2d_aa") { c in
            try c.resized(
                2, mode: "linear",
                [Attribute("antialias", .int(1)), Attribute("exclude_outside", .int(1))] + c.alignment(),
                isAntialiased: true)
        }
        add("grid_sampler", "grid_sampler_2d") { c in
            let x = try c.tensor("input")
            let grid = try c.tensor("grid")
            guard x.rank == 4, grid.rank == 4, x.shape[0].mayBe(grid.shape[0]), grid.shape[3].mayBe(.number(2)),
                let mode = ["linear", "nearest", "cubic"][checked: try c.int("interpolation_mode")],
                let edges = ["zeros", "border", "reflection"][checked: try c.int("padding_mode")]
            else { throw c.net.unsupported("only maps of two dimensions") }
            return try c.net.emit(
                "GridSample", [x, grid],
                [
                    Attribute("align_corners", .int(c.bool("align_corners") ? 1 : 0)),
                    Attribute("mode", .string(Array(mode.utf8))),
                    Attribute("padding_mode", .string(Array(edges.utf8))),
                ], shape: [x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]], type: x.elementType)
        }
    }
}

extension ATenCall {
    fileprivate func alignment() throws -> [Attribute] {
        let mode = try bool("align_corners") ? "align_corners" : "half_pixel"
        return [Attribute("coordinate_transformation_mode", .string(Array(mode.utf8)))]
    }

    /// `interpolate` over the last `count` axes: to a size, or by factors.
    fileprivate func resized(
        _ count: Int, mode: String, _ attributes: [Attribute], isAntialiased: Bool = false
    ) throws -> Wire {
        let x = try tensor(schemaHas("input") ? "input" : "self")
        guard x.rank == count + 2 else { throw net.unsupported("only maps with a batch") }
        try net.keepSamplesApart(x, axes: 2..<x.rank)
        let attributes = attributes + [Attribute("mode", .string(Array(mode.utf8)))]
        let factors: [Double]?
        if schemaHas("scale_factors") {
            factors = try numbers("scale_factors")
        } else {
            // Overloads with a size: factors beside it change where samples are taken.
            let names = ["scales_d", "scales_h", "scales_w", "scales"].filter(schemaHas)
            let given = try names.map { try optionalNumber($0)?.real }
            factors = given.contains { $0 == nil } || given.isEmpty ? nil : given.compactMap { $0 }
        }
        let hasSize = try isRead("output_size", hasValue: true)
        if let factors, factors.count == count {
            guard factors.allSatisfy({ Float($0) > 0 && Float($0).isFinite }) else {
                throw net.invalid("factors \(factors)")
            }
            let sizes = try zip(x.shape[2...], factors).map { size, factor -> SymbolicInt in
                // 1.5 is 3 halves.
                let parts = (1...10).map { Int64(1) << $0 }.first { Int64(exactly: factor * Double($0)) != nil }
                if let parts, let share = Int64(exactly: factor * Double(parts)) {
                    return try size * .number(share) / .number(parts)
                }
                guard let known = size.known, let result = Int64(exactly: (Double(known) * factor).rounded(.down))
                else {
                    throw net.unsupported(
                        "factors of \(factor) need a size that is known", "scale_factors", settling: [size])
                }
                return .number(result)
            }
            if zip(factors, x.shape[2...]).allSatisfy({ $0.0 == 1 }) { return x }
            let scales = try net.constant(Tensor([1, 1] + factors.map { Float($0) }, shape: [x.rank]))
            return try net.emit(
                "Resize", [x, nil, scales], attributes, shape: x.shape[..<2] + sizes, type: x.elementType)
        }
        guard hasSize else { throw net.invalid("neither a size nor factors") }
        let sizes = try dims("output_size")
        guard sizes.count == count else { throw net.invalid("\(sizes.count) sizes for \(count) axes") }
        // At its own size a map stays what it is.
        if sizes == Array(x.shape[2...]) { return x }
        let target = try net.vector(x.shape[..<2] + sizes)
        return try net.emit(
            "Resize", [x, nil, nil, target], attributes, shape: x.shape[..<2] + sizes, type: x.elementType)
    }

    private func isRead(_ name: String, hasValue: Bool) throws -> Bool { try has(name) == hasValue }
}
