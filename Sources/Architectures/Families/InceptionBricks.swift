import GraphIR

/// Inception-v3: "Rethinking the Inception Architecture for Computer Vision", C. Szegedy et al., 2015 (arXiv:1512.00567),
/// with torchvision's names. The blocks are here as bricks, since WS-DAN is built on them too.
///
/// Convolutions have no bias; their norms have an epsilon of 0.001.
struct InceptionBricks {
    let net: ModelBuilder
    typealias Wire = ModelBuilder.Wire

    /// Convolution, norm, ReLU.
    func convolution(
        _ name: String, _ x: Wire, _ out: Int, _ kernel: (Int, Int) = (1, 1), stride: Int = 1, padded: Bool = true
    ) throws -> Wire {
        try net.scope(name) {
            let y = try net.conv2d(
                "conv", x, out: out, kernel: kernel, stride: stride,
                padding: padded ? (kernel.0 / 2, kernel.1 / 2) : (0, 0), bias: false)
            return try net.relu("relu", net.batchNorm("bn", y, epsilon: 1e-3))
        }
    }

    private func averaged(_ x: Wire) throws -> Wire {
        try net.averagePool("pool", x, kernel: 3, stride: 1, padding: 1, countsPadding: true)
    }

    func blockA(_ name: String, _ x: Wire, pool: Int) throws -> Wire {
        try net.scope(name) {
            let wide = try convolution("branch5x5_2", convolution("branch5x5_1", x, 48), 64, (5, 5))
            let double = try convolution(
                "branch3x3dbl_3",
                convolution("branch3x3dbl_2", convolution("branch3x3dbl_1", x, 64), 96, (3, 3)), 96, (3, 3))
            return try net.concat(
                "", [convolution("branch1x1", x, 64), wide, double, convolution("branch_pool", averaged(x), pool)],
                axis: 1)
        }
    }

    func blockB(_ name: String, _ x: Wire) throws -> Wire {
        try net.scope(name) {
            let double = try convolution(
                "branch3x3dbl_3",
                convolution("branch3x3dbl_2", convolution("branch3x3dbl_1", x, 64), 96, (3, 3)), 96, (3, 3),
                stride: 2, padded: false)
            return try net.concat(
                "",
                [
                    convolution("branch3x3", x, 384, (3, 3), stride: 2, padded: false), double,
                    net.maxPool("pool", x, kernel: 3, stride: 2),
                ], axis: 1)
        }
    }

    func blockC(_ name: String, _ x: Wire, _ width: Int) throws -> Wire {
        func chain(_ names: String, _ shapes: [(Int, (Int, Int))]) throws -> Wire {
            var y = x
            for (index, (out, kernel)) in shapes.enumerated() {
                y = try convolution("\(names)_\(index + 1)", y, out, kernel)
            }
            return y
        }
        return try net.scope(name) {
            let single = try chain("branch7x7", [(width, (1, 1)), (width, (1, 7)), (192, (7, 1))])
            let double = try chain(
                "branch7x7dbl",
                [(width, (1, 1)), (width, (7, 1)), (width, (1, 7)), (width, (7, 1)), (192, (1, 7))])
            return try net.concat(
                "", [convolution("branch1x1", x, 192), single, double, convolution("branch_pool", averaged(x), 192)],
                axis: 1)
        }
    }

    func blockD(_ name: String, _ x: Wire) throws -> Wire {
        try net.scope(name) {
            let narrow = try convolution(
                "branch3x3_2", convolution("branch3x3_1", x, 192), 320, (3, 3), stride: 2, padded: false)
            var wide = try convolution("branch7x7x3_1", x, 192)
            wide = try convolution("branch7x7x3_2", wide, 192, (1, 7))
            wide = try convolution("branch7x7x3_3", wide, 192, (7, 1))
            wide = try convolution("branch7x7x3_4", wide, 192, (3, 3), stride: 2, padded: false)
            return try net.concat("", [narrow, wide, net.maxPool("pool", x, kernel: 3, stride: 2)], axis: 1)
        }
    }

    func blockE(_ name: String, _ x: Wire) throws -> Wire {
        func fork(_ names: String, _ y: Wire) throws -> Wire {
            try net.concat(
                "", [convolution("\(names)a", y, 384, (1, 3)), convolution("\(names)b", y, 384, (3, 1))], axis: 1)
        }
        return try net.scope(name) {
            let narrow = try fork("branch3x3_2", convolution("branch3x3_1", x, 384))
            let double = try fork(
                "branch3x3dbl_3", convolution("branch3x3dbl_2", convolution("branch3x3dbl_1", x, 448), 384, (3, 3)))
            return try net.concat(
                "", [convolution("branch1x1", x, 320), narrow, double, convolution("branch_pool", averaged(x), 192)],
                axis: 1)
        }
    }

    /// The modules up to `Mixed_6e` or, where `isWhole`, `Mixed_7c`; `name` gives each module its path.
    func features(_ image: Wire, isWhole: Bool, name: (String) -> String) throws -> Wire {
        var x = try convolution(name("Conv2d_1a_3x3"), image, 32, (3, 3), stride: 2, padded: false)
        x = try convolution(name("Conv2d_2a_3x3"), x, 32, (3, 3), padded: false)
        x = try convolution(name("Conv2d_2b_3x3"), x, 64, (3, 3))
        x = try net.maxPool(name("maxpool1"), x, kernel: 3, stride: 2)
        x = try convolution(name("Conv2d_3b_1x1"), x, 80)
        x = try convolution(name("Conv2d_4a_3x3"), x, 192, (3, 3), padded: false)
        x = try net.maxPool(name("maxpool2"), x, kernel: 3, stride: 2)
        for (module, pool) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
            x = try blockA(name(module), x, pool: pool)
        }
        x = try blockB(name("Mixed_6a"), x)
        for (module, width) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
            x = try blockC(name(module), x, width)
        }
        guard isWhole else { return x }
        x = try blockD(name("Mixed_7a"), x)
        return try blockE(name("Mixed_7c"), blockE(name("Mixed_7b"), x))
    }
}
