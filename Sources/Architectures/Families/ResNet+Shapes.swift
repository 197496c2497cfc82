import GraphIR

/// Stages and blocks as names and shapes show them.
extension ResNet {
    /// The blocks of every stage. What is missing among them is taken to be like its neighbours, so that the diagnosis
    /// names it.
    static func stages(_ weights: StateDict, entering stem: Int, outputStride: Int) -> [[Block]] {
        var shortcuts: Set<Substring> = []
        for name in weights.names where name.hasPrefix("layer") {
            // Any key of a shortcut says that there is one.
            guard let dot = name.dropFirst().firstIndex(of: "."),
                let end = name[dot...].dropFirst().firstIndex(of: "."),
                name[end...].hasPrefix(".downsample.")
            else { continue }
            shortcuts.insert(name[..<end])
        }
        let counts = (1...8).map { weights.count(of: "layer\($0)") }
        let last = counts.lastIndex { $0 > 0 } ?? -1
        var stages: [[Block]] = []
        var entering = stem
        for (stage, count) in counts.prefix(last + 1).enumerated() {
            let paths = (0..<max(count, 1)).map { "layer\(stage + 1).\($0)" }
            var found = paths.map { Block(weights, at: $0, hasShortcut: shortcuts.contains($0[...])) }
            let first = found.lazy.compactMap { $0 }.first
            var before = first ?? stages.last?.last?.doubled
            for index in found.indices {
                found[index] = found[index] ?? before
                before = found[index]
                before?.shortcut = nil
            }
            var blocks = found.compactMap { $0 }
            for index in blocks.indices {
                let leaving = blocks[index].widths.last ?? entering
                // Where sizes change there is a shortcut, whether its weights are there or not.
                let isHalved = index == 0 && Step(stage, outputStride: outputStride).stride == 2
                if blocks[index].shortcut == nil, entering != leaving || isHalved {
                    blocks[index].shortcut = 1
                }
                entering = leaving
            }
            stages.append(blocks)
        }
        return stages
    }
}

extension ResNet.Block {
    /// A block of the next stage.
    fileprivate var doubled: Self {
        var block = self
        block.widths = widths.map { $0.multiplied(checked: 2) ?? 0 }
        return block
    }

    /// Widths and groups of the block at this path; `nil` where there is none. A convolution that is missing is taken as
    /// wide as its neighbours.
    fileprivate init?(_ weights: StateDict, at path: String, hasShortcut: Bool) {
        func shape(_ key: String) -> [Int]? { weights["\(path).\(key).weight"]?.shape }
        let hasThird = shape("conv3") != nil || shape("bn3") != nil
        let known = (1...(hasThird ? 3 : 2)).map { shape("conv\($0)")?[checked: 0] ?? shape("bn\($0)")?[checked: 0] }
        guard let some = known.lazy.compactMap({ $0 }).first else { return nil }
        widths = known.map { $0 ?? some }
        let spatial = shape(hasThird ? "conv2" : "conv1")
        let entering = hasThird ? widths[0] : nil
        if let inner = spatial?[checked: 1], inner > 0, let entering, entering % inner == 0 {
            groups = entering / inner
        } else {
            groups = 1
        }
        if hasShortcut {
            shortcut = [shape("downsample.0"), shape("downsample.1")].compactMap { $0?[checked: 2] }.first ?? 1
        }
    }
}
