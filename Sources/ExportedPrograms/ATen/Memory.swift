import GraphIR

/// A tensor of the program, whose memory may be shared with other tensors and written to.
///
/// ONNX has values and no memory. A write makes a new value, which the names that share the memory mean from then on:
/// a tensor that is part of another (a slice) writes through to it, and one whose whole was written to is taken from it
/// anew when it is read next.
final class Cell {
    /// How a tensor lies in the memory of another.
    struct View {
        /// Takes the tensor out of the whole.
        var take: (_ whole: Wire) throws -> Wire
        /// The whole with the tensor's place filled anew; `nil` where that can't be said.
        var put: ((_ whole: Wire, _ part: Wire) throws -> Wire)?
        /// Whether it is certain that memory is shared; PyTorch's `reshape` and `contiguous` may copy.
        var isCertain: Bool
    }

    private var wire: Wire
    private let whole: Cell?
    private let view: View?
    private let depth: Int
    private var version = 0
    private var versionOfWhole = 0
    /// Why the contents aren't known any more.
    private var doubt: GraphError?

    init(_ wire: Wire) {
        depth = 0
        self.wire = wire
        whole = nil
        view = nil
    }

    /// - Throws: `limit.depth` for views of views without end.
    init(_ wire: Wire, part view: View, of whole: Cell) throws {
        depth = whole.depth + 1
        guard depth <= 512 else { throw GraphError(.depth, "more than 512 views of one another") }
        self.wire = wire
        self.whole = whole
        self.view = view
        versionOfWhole = whole.version
    }

    /// The tensor as it is now.
    func contents() throws -> Wire {
        if let doubt { throw doubt }
        guard let whole, let view else { return wire }
        let current = try whole.contents()
        if whole.version != versionOfWhole {
            guard view.isCertain else { throw Self.uncertain }
            wire = try view.take(current)
            versionOfWhole = whole.version
            version += 1
        }
        return wire
    }

    /// The value as it was read last.
    var currentID: ValueID { wire.id }

    /// Writes to the memory.
    func write(_ new: Wire) throws {
        if let whole, let view {
            if view.isCertain, let put = view.put {
                try whole.write(put(whole.contents(), new))
            } else {
                whole.doubtAll(Self.uncertain)
            }
            versionOfWhole = whole.version
        }
        wire = new
        version += 1
    }

    private func doubtAll(_ error: GraphError) {
        doubt = error
        whole?.doubtAll(error)
    }

    private static let uncertain = GraphError(
        .unsupportedArgument, "a tensor is read after another that may share its memory was overwritten",
        hint: "export the program with its in-place operators replaced: run_decompositions({})")
}

extension ATenTranslator {
    /// Whether the program's name is a tensor's.
    func isTensor(_ name: String) -> Bool { cells[name] != nil || pending[name] != nil }

    /// The tensor of this name; a weight is fetched when it is first read.
    func cell(_ name: String) throws -> Cell {
        if let make = pending.removeValue(forKey: name) { cells[name] = Cell(try make()) }
        guard let cell = cells[name] else {
            throw invalid("nothing makes '\(name)' before it is used, or it is a result that has no translation")
        }
        return cell
    }

    /// The value that the program's name stands for now.
    func wire(named name: String) throws -> Wire {
        do {
            return try cell(name).contents()
        } catch var error as GraphError {
            error.node = error.node ?? place
            throw error
        }
    }
}
