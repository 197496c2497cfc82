import Execution
import ExportedPrograms
import Formats
import GraphIR
import OrderedCollections
import Testing

/// Single operators against PyTorch: fixtures/exported_programs/make_aten.py.
@Suite struct ATenTests {
    static let folder = "fixtures/exported_programs"

    static func program(_ theme: String) throws -> ExportedProgram {
        try ExportedProgram(pt2: FileSource(path: "\(folder)/aten-\(theme).pt2"), options: ReadOptions())
    }

    static func arrays(_ theme: String, prefix: String = "aten-") throws -> StateDict {
        guard
            case .checkpoint(let file) = try WeightFile.open(
                "\(folder)/\(prefix)\(theme).npz", options: ReadOptions())
        else { throw FormatError(.formatMismatch, "is no file of arrays") }
        return file.stateDict
    }

    static func inputs(_ arrays: StateDict) -> OrderedDictionary<String, Tensor> {
        var result: OrderedDictionary<String, Tensor> = [:]
        for (name, tensor) in arrays.tensors where !name.string.hasPrefix("output") { result[name.string] = tensor }
        return result
    }

    /// The largest difference, and the largest magnitude beside it; numbers that aren't finite must be the same.
    static func difference(_ a: Tensor, _ b: Tensor) throws -> (error: Double, scale: Double) {
        let pairs = zip(try numbers(a), try numbers(b))
        var (error, scale) = (0.0, 0.0)
        for (x, y) in pairs where !(x == y || (x.isNaN && y.isNaN)) {
            error = max(error, (x - y).isNaN ? .infinity : (x - y).magnitude)
        }
        for (_, y) in pairs where y.isFinite { scale = max(scale, y.magnitude) }
        return (error, scale)
    }

    static func numbers(_ tensor: Tensor) throws -> [Double] {
        switch tensor.elementType {
        case .float32: try tensor.array(of: Float.self).map { Double($0) }
        case .float64: try tensor.array(of: Double.self)
        case .int64: try tensor.array(of: Int64.self).map { Double($0) }
        case .int32: try tensor.array(of: Int32.self).map { Double($0) }
        default: try tensor.bytes().array().map { Double($0) }
        }
    }

    @Test(arguments: [
        ("elementwise", 88), ("activations", 27), ("shapes", 69), ("indexing", 22), ("reductions", 44), ("layers", 48),
        ("products", 24), ("creation", 25), ("recurrent", 6), ("blocks", 1), ("blocks-dynamic", 1),
    ])
    func agreesWithPyTorch(theme: String, count: Int) throws {
        let model = try model(of: Self.program(theme))
        let arrays = try Self.arrays(theme)
        let single = try Session(model).run(Self.inputs(arrays))
        #expect(single.count == count)
        for (place, (_, found)) in single.enumerated() {
            let wanted = try #require(arrays["output.\(place)"])
            #expect(found.shape == wanted.shape && found.elementType == wanted.elementType, "output \(place)")
            guard found.shape == wanted.shape else { continue }
            let (error, scale) = try Self.difference(found, wanted)
            #expect(error <= 20 * 0x1p-24 * scale, "output \(place) in float32: \(error) of \(scale)")
        }
        var options = SessionOptions()
        options.precision = .float64
        let double = try Session(model, options: options).run(Self.inputs(arrays))
        for (place, (_, found)) in double.enumerated() {
            guard let wanted = arrays["output64.\(place)"], found.shape == wanted.shape else { continue }
            let (error, _) = try Self.difference(found, wanted)
            #expect(error <= 1e-10, "output \(place) in float64: \(error)")
        }
    }

    @Test(arguments: ["layers", "products", "recurrent", "indexing"])
    func foldingChangesNoBit(theme: String) throws {
        let program = try Self.program(theme)
        var options = ExportOptions()
        options.foldsConstants = true
        let (plain, folded) = try (model(of: program), model(of: program, options: options))
        #expect(folded.graph.nodes.count <= plain.graph.nodes.count)
        let inputs = try Self.inputs(Self.arrays(theme))
        let (a, b) = try (Session(plain).run(inputs), Session(folded).run(inputs))
        for (name, tensor) in a { #expect(try tensor.bytes().array() == b[name]?.bytes().array(), "\(name)") }
        #expect(folded.graph.initializers.values.map(\.name) == plain.graph.initializers.values.map(\.name))
    }
}
