#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import Dispatch
import Execution
import GraphIR
import Synchronization

/// A folder of cases in ONNX's test layout, at any depth.
public struct ConformanceSuite: Sendable {
    /// The cases, in order.
    public var cases: [ConformanceCase]

    /// Folders within folders that are looked through.
    public static let maximumDepth = 8

    /// Finds every folder below `path` (itself included) that holds a `model.onnx`.
    /// - Parameter filter: keeps the cases whose name contains it.
    /// - Throws: `io.failed` where a folder can't be listed, `limit.count`.
    public init(path: String, filter: String = "") throws {
        var found: [ConformanceCase] = []
        var pending = [(name: "", depth: 0)]
        while let (name, depth) = pending.popLast() {
            let folder = name.isEmpty ? path : "\(path)/\(name)"
            if fileExists("\(folder)/model.onnx") {
                let label = name.isEmpty ? path.split(separator: "/").last.map(String.init) ?? path : name
                if filter.isEmpty || label.contains(filter) { found.append(ConformanceCase(name: label, path: folder)) }
                continue
            }
            guard depth < Self.maximumDepth else { continue }
            for entry in try GoldenData.entries(of: folder) where GoldenData.isFolder("\(folder)/\(entry)") {
                pending.append((name.isEmpty ? entry : "\(name)/\(entry)", depth + 1))
            }
        }
        cases = found.sorted { $0.name < $1.name }
    }

    /// Runs all cases, several at a time.
    /// - Parameters:
    ///   - opset: the version of ONNX's operator set that each model is converted to first.
    ///   - progress: called after every case with the number of cases done.
    public mutating func run(
        options: SessionOptions, opset: Int64? = nil, progress: @Sendable (Int) -> Void = { _ in }
    ) {
        let results = Mutex<[Int: ConformanceCase]>([:])
        let all = cases
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            var one = all[index]
            one.run(options: options, opset: opset)
            let done = results.withLock { results in
                results[index] = one
                return results.count
            }
            progress(done)
        }
        results.withLock { results in cases = all.indices.map { results[$0] ?? all[$0] } }
    }
}

/// Whether there is a file of this path.
func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
