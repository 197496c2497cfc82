import Architectures
import Formats
import GraphIR

/// One architecture of the atlas, with its head or without.
public struct AtlasEntry: Sendable {
    /// timm's name: `convnext_tiny`.
    public let name: String
    /// timm's file and class: `convnext.ConvNeXt`.
    public let family: String
    /// Whether it returns features, since it has no classes.
    public let isHeadless: Bool
    /// Which other sizes of image the graph holds for.
    public let sizes: Sizes
    /// Channels, height and width that the graph was made for.
    public let inputShape: [Int]
    /// Elements of all parameters.
    public let parameters: Int
    /// timm's `global_pool`; `nil` where the architecture has no such choice.
    public let pooling: String?
    /// The weights that timm publishes for it.
    public let published: [AtlasModel]

    /// Where the graph lies.
    let group: Int
    let offset: Int
    let length: Int
    /// See ``Fingerprint``.
    let fingerprint: Fingerprint
    /// Forms with the same number compute the same from the same weights.
    let graphHash: UInt64
    /// The tensors whose shapes depend on the number of classes or channels.
    let freeNames: [String]
    /// The graph for other sizes, where there is one beside that for the published size.
    let grid: AtlasGrid?
    /// Why there is none, where that for the published size holds for no other.
    public let sizesReason: String?
}

extension AtlasEntry {
    /// Sizes of image that a graph holds for.
    public enum Sizes: String, Sendable {
        /// That which it was made for.
        case one
        /// Those that differ from it by multiples of 64 pixels: padding depends on what is left over.
        case steps
        /// All: none of its numbers depends on the size.
        case any
        /// Those of a grid, for which there is a graph of its own; see ``AtlasGrid``.
        case grid
    }

    /// Whether the graph holds for images of this height and width.
    public func takes(height: Int, width: Int) -> Bool {
        switch sizes {
        case .one: [height, width] == inputShape.dropFirst()
        case .steps:
            height > 0 && width > 0 && (height - inputShape[1]) % 64 == 0 && (width - inputShape[2]) % 64 == 0
        case .any: true
        case .grid: [height, width] == inputShape.dropFirst() || grid?.takes(height: height, width: width) == true
        }
    }

    /// The size of which the graph takes images that is nearest to one that it doesn't.
    func nearest(height: Int, width: Int) -> (Int, Int) {
        func stepped(_ side: Int, _ base: Int, _ step: Int, _ range: ClosedRange<Int>) -> Int {
            let side = min(max(side, range.lowerBound), range.upperBound)
            return min(base + (side - base + step / 2) / step * step, range.upperBound)
        }
        switch sizes {
        case .one, .any: return (inputShape[1], inputShape[2])
        case .steps:
            func near(_ side: Int, _ published: Int) -> Int {
                let least = published % 64 == 0 ? 64 : published % 64
                return stepped(side, least, 64, least...65536 - (65536 - least) % 64)
            }
            return (near(height, inputShape[1]), near(width, inputShape[2]))
        case .grid:
            guard let grid else { return (inputShape[1], inputShape[2]) }
            var near = (
                stepped(height, grid.height, grid.step, grid.height...grid.last(from: grid.height)),
                stepped(width, grid.width, grid.step, grid.width...grid.last(from: grid.width))
            )
            if grid.isSquare { near.1 = near.0 }
            func distance(_ size: (Int, Int)) -> Int { max(abs(size.0 - height), abs(size.1 - width)) }
            let published = (inputShape[1], inputShape[2])
            return distance(published) <= distance(near) ? published : near
        }
    }
}

/// Sizes for which one graph holds whose numbers depend on them: from the smallest height and width on, in steps.
public struct AtlasGrid: Sendable {
    public let step: Int
    /// The smallest height and width.
    public let height: Int
    public let width: Int
    /// What neither side exceeds: the largest one that was traced.
    public let top: Int
    public let isSquare: Bool
    /// Where the graph lies.
    let group: Int
    let offset: Int
    let length: Int

    init(_ cursor: inout AtlasCursor) throws {
        (group, offset, length) = (try cursor.count(), try cursor.count(), try cursor.count())
        (step, top) = (try cursor.count(), try cursor.count())
        (height, width) = (try cursor.count(), try cursor.count())
        isSquare = try cursor.count() != 0
        guard 1...65536 ~= step, 1...65536 ~= top, 1...top ~= height, 1...top ~= width else {
            throw AtlasCursor.damaged("sizes of \(height)×\(width) to \(top) in steps of \(step)")
        }
    }

    /// Whether the graph holds for images of this height and width.
    public func takes(height: Int, width: Int) -> Bool {
        self.height...top ~= height && self.width...top ~= width && (height - self.height) % step == 0
            && (width - self.width) % step == 0 && (!isSquare || height == width)
    }

    /// The largest side in steps from a smallest one.
    func last(from side: Int) -> Int { side + (top - side) / step * step }
}

/// Weights that timm publishes.
public struct AtlasModel: Sendable {
    /// What stands behind the dot in timm's name: `fb_in22k_ft_in1k`.
    public let tag: String
    public let classes: Int
    public let preprocessing: Preprocessing
}

/// An operator of ATen and the names of its arguments.
struct AtlasOperator: Sendable {
    let name: String
    let arguments: [String]
}

/// What the atlas says of all architectures, without their graphs.
struct AtlasIndex {
    static let format = 2
    let timmVersion: String
    let torchVersion: String
    let operators: [AtlasOperator]
    var entries: [AtlasEntry] = []

    init(_ cursor: inout AtlasCursor) throws {
        let format = try cursor.count()
        guard format == Self.format else {
            throw FormatError(.containerUnsupported, "the atlas has form \(format), expected \(Self.format)")
        }
        timmVersion = try cursor.text()
        torchVersion = try cursor.text()
        let families = try cursor.list { try $0.text() }
        let freeNames = try cursor.list { try $0.text() }
        let recipes = try cursor.list { try Self.preprocessing($0.text()) }
        let reasons = try cursor.list { try $0.text() }
        let poolings = try cursor.list { try $0.text() }
        operators = try cursor.list { cursor in
            AtlasOperator(name: try cursor.text(), arguments: try cursor.list { try $0.text() })
        }
        entries = try cursor.list { cursor in
            let name = try cursor.text()
            let family = try Self.item(cursor.count(), of: families)
            let flags = try cursor.count()
            let shape = [try cursor.count(), try cursor.count(), try cursor.count()]
            guard shape.allSatisfy({ 1...65536 ~= $0 }) else { throw AtlasCursor.damaged("an input of \(shape)") }
            let parameters = try cursor.count()
            let place = (try cursor.count(), try cursor.count(), try cursor.count())
            let fingerprint = Fingerprint(names: try cursor.uint64(), shapes: try cursor.uint64())
            let graphHash = try cursor.uint64()
            let pooling = try Self.item(cursor.count(), of: poolings)
            let free = try cursor.list { try Self.item($0.count(), of: freeNames) }
            let published = try cursor.list { cursor in
                AtlasModel(
                    tag: try cursor.text(), classes: try cursor.count(),
                    preprocessing: try Self.item(cursor.count(), of: recipes))
            }
            let grid = flags & 8 == 0 ? nil : try AtlasGrid(&cursor)
            let reason = flags & 10 == 0 ? try Self.item(cursor.count(), of: reasons) : nil
            return AtlasEntry(
                name: name, family: family, isHeadless: flags & 1 != 0,
                sizes: grid != nil ? .grid : flags & 2 == 0 ? .one : flags & 4 == 0 ? .steps : .any, inputShape: shape,
                parameters: parameters, pooling: pooling.isEmpty ? nil : pooling, published: published, group: place.0,
                offset: place.1,
                length: place.2, fingerprint: fingerprint, graphHash: graphHash, freeNames: free, grid: grid,
                sizesReason: reason)
        }
        guard cursor.isAtEnd else { throw AtlasCursor.damaged("its index goes on after the last entry") }
    }

    private static func item<Item>(_ index: Int, of items: [Item]) throws -> Item {
        guard let item = items[checked: index] else { throw AtlasCursor.damaged("its index names item \(index)") }
        return item
    }

    /// Mean, deviation, size, crop fraction, interpolation, crop mode.
    private static func preprocessing(_ text: String) throws -> Preprocessing {
        guard case .array(let items) = try JSONValue.parse(Array(text.utf8)), items.count == 6,
            let mean = items[0].reals, let std = items[1].reals,
            let size = items[2].reals?.compactMap({ Int(exactly: $0) }), size.count == 3,
            case .number(let crop) = items[3], let fraction = Double(crop), case .string(let filter) = items[4],
            case .string(let mode) = items[5]
        else { throw AtlasCursor.damaged("the preprocessing \(text) isn't one") }
        return Preprocessing(
            mean: mean, std: std, inputSize: size, cropFraction: fraction, interpolation: filter, cropMode: mode)
    }
}

extension AtlasEntry {
    /// For programs.
    public func json() -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("family", .string(family)), ("source", .string("atlas")),
            ("parameters", .number(String(parameters))),
            ("input_shape", .array(inputShape.map { .number(String($0)) })), ("sizes", .string(sizes.rawValue)),
        ]
        if let grid {
            func number(_ value: Int) -> JSONValue { .number(String(value)) }
            members.append(
                (
                    "size_grid",
                    .object([
                        ("step", number(grid.step)), ("from", .array([number(grid.height), number(grid.width)])),
                        ("to", number(grid.top)), ("square", .bool(grid.isSquare)),
                    ])
                ))
        }
        if let sizesReason { members.append(("sizes_reason", .string(sizesReason))) }
        members += [
            ("head", .bool(!isHeadless)),
            (
                "published",
                .array(
                    published.map { model in
                        .object([
                            ("tag", .string(model.tag)), ("num_classes", .number(String(model.classes))),
                            (
                                "preprocessing",
                                .object(
                                    model.preprocessing.metadata.map {
                                        (
                                            String($0.key.dropFirst(MetadataKey.preprocessing.count + 1)),
                                            .string($0.value)
                                        )
                                    })
                            ),
                        ])
                    })
            ),
        ]
        return .object(members)
    }
}
