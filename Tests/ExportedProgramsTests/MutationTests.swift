import Execution
import Formats
import Foundation
import GraphIR
import Testing

@testable import ExportedPrograms

/// Whole programs with something in them changed at random. `WEIGHTBRIDGE_MUTANTS` says how many of each file, and has
/// every one announced before it is tried.
@Suite struct MutationTests {
    /// The JSON of an archive: numbers become extreme, arguments of another kind, items vanish or come twice.
    @Test(arguments: [
        "layers-2.13.0.pt2", "tree-2.13.0.pt2", "reshaped-2.13.0.pt2", "wrapped-2.13.0.pt2", "layers-2.1.2.pt2",
        "aten-blocks.pt2", "aten-blocks-dynamic.pt2", "aten-layers.pt2", "aten-indexing.pt2",
    ]) func programsAreModelsOrRefused(_ name: String) throws {
        let original = try ProgramFixtures.archive(name)
        let document = try JSONValue.parse(original.program)
        var tally = Tally()
        for seed in 0..<(Mutation.count ?? 30) {
            var mutation = Mutation(seed: UInt64(seed))
            var archive = original
            Mutation.log { "\(name) \(seed)" }
            var changed = document
            for _ in 0..<Int.random(in: 1...2, using: &mutation) { changed = mutation.mutate(changed) }
            archive.program = Array(changed.serialized().utf8)
            try tally.count("\(name) \(seed)") {
                var program = try ExportedProgram(archive, path: name)
                // Types of values between nodes may be left out; then a change goes farther.
                if Bool.random(using: &mutation) {
                    let inputs = Set(program.graph.inputs.flatMap(\.names))
                    program.graph.types = program.graph.types.filter { inputs.contains($0.key) }
                }
                var options = ExportOptions()
                options.batch = [.asExported, .named("n"), .fixed(2)].randomElement(using: &mutation) ?? .asExported
                if Bool.random(using: &mutation) { options.computeType = .float64 }
                options.foldsConstants = Bool.random(using: &mutation)
                return try model(of: program, options: options)
            }
        }
        tally.check(name)
    }

    /// The code of a TorchScript archive: its numbers, and its words.
    @Test(arguments: [
        ("layers-traced.pt", [2, 3, 8, 8]), ("layers-frozen.pt", [2, 3, 8, 8]), ("attention-traced.pt", [2, 5, 8]),
        ("attention-frozen.pt", [2, 5, 8]), ("scripted.pt", [3, 4]),
    ]) func codeIsUnrolledOrRefused(_ name: String, _ shape: [Int]) throws {
        let folder = try ScratchFolder()
        let path = ProgramFixtures.path(name)
        let zip = try ZipArchive(FileSource(path: path))
        let entries = zip.entries.filter { $0.name.contains("code/") && $0.name.hasSuffix(".py") }
        let sources = try entries.map { try zip.contents(of: $0).array() }
        var tally = Tally()
        for seed in 0..<(Mutation.count ?? 30) {
            var mutation = Mutation(seed: UInt64(seed))
            Mutation.log { "\(name) \(seed)" }
            let place = Int.random(in: entries.indices, using: &mutation)
            let changed = mutation.mutate(code: sources[place])
            try tally.count("\(name) \(seed)") {
                let file = try folder.archive(path, replacing: [entries[place].name: changed])
                let torch = try readTorch(file, format: .torchScript, options: ReadOptions())
                let program = try ExportedProgram(torchScript: torch, inputShapes: [shape])
                return try model(of: program)
            }
        }
        tally.check(name)
    }

    /// What became of a file's mutants.
    private struct Tally {
        private var made = 0
        private var refused = 0

        /// A model has to be valid; any other end is a refusal.
        mutating func count(_ label: String, _ make: () throws -> Model) throws {
            do {
                let model = try make()
                try model.graph.checkInvariants()
                let faults = checkModelFully(model).faults
                #expect(faults.isEmpty, "\(label): \(faults)")
                made += 1
            } catch is any Fault {
                refused += 1
            }
        }

        func check(_ name: String) {
            Mutation.log { "\(name): \(made) models, \(refused) refused" }
            #expect(made > 0 && refused > 0)
        }
    }
}

/// Random changes that a seed repeats (SplitMix64).
struct Mutation: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// How many mutants of each file are asked for.
    static let count = ProcessInfo.processInfo.environment["WEIGHTBRIDGE_MUTANTS"].flatMap { Int($0) }

    /// Says what comes next, since a trap leaves no other trace.
    static func log(_ text: () -> String) {
        if count != nil { FileHandle.standardError.write(Data((text() + "\n").utf8)) }
    }

    // MARK: JSON

    private enum Change: CaseIterable {
        case number, kind, item, name
    }

    private static let kinds = [
        "as_none", "as_tensor", "as_tensors", "as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_string",
        "as_sym_int", "as_sym_ints", "as_scalar_type", "as_optional_tensors", "as_expr", "as_graph",
    ]

    private static func suits(_ value: JSONValue, _ change: Change) -> Bool {
        switch (change, value) {
        case (.number, .number): true
        case (.kind, .object(let members)): members.count == 1 && members[0].key.hasPrefix("as_")
        case (.item, .array(let items)): !items.isEmpty
        case (.name, .string(let text)): text.utf8.count < 40
        default: false
        }
    }

    /// The document with one place of it changed.
    mutating func mutate(_ document: JSONValue) -> JSONValue {
        let changes: [Change] = [.number, .number, .number, .kind, .item, .name]
        let change = changes.randomElement(using: &self) ?? .number
        var count = 0
        _ = Self.walk(document) { value in
            count += Self.suits(value, change) ? 1 : 0
            return nil
        }
        guard count > 0 else { return document }
        var left = Int.random(in: 0..<count, using: &self)
        return Self.walk(document) { value in
            guard Self.suits(value, change) else { return nil }
            left -= 1
            return left == -1 ? changed(value, change) : nil
        }
    }

    /// Visits all values, outer ones first; where `visit` gives another value that takes the place.
    private static func walk(_ value: JSONValue, _ visit: (JSONValue) -> JSONValue?) -> JSONValue {
        if let other = visit(value) { return other }
        switch value {
        case .array(let items): return .array(items.map { walk($0, visit) })
        case .object(let members):
            return .object(
                members.map { ($0.key, $0.key == "metadata" ? $0.value : walk($0.value, visit)) })
        default: return value
        }
    }

    private mutating func changed(_ value: JSONValue, _ change: Change) -> JSONValue {
        switch (change, value) {
        case (.kind, .object(let members)):
            let kind = Self.kinds.randomElement(using: &self) ?? "as_int"
            let values: [JSONValue] = [
                members[0].value, .number("7"), .array([]), .array([.number("-1")]), .bool(true), .string("x"),
                .object([("name", .string("x"))]), .object([("as_int", .number("9223372036854775807"))]),
            ]
            return .object([(kind, values.randomElement(using: &self) ?? .null)])
        case (.item, .array(var items)):
            let place = Int.random(in: items.indices, using: &self)
            if Bool.random(using: &self) {
                items.remove(at: place)
            } else {
                items.insert(items[place], at: place)
            }
            return .array(items)
        case (.name, .string): return .string(["x", "", "s0*s0", "s0**8**8**8"].randomElement(using: &self) ?? "")
        default: return .number(String(extreme()))
        }
    }

    private mutating func extreme() -> Int64 {
        HostileNumberTests.extremes.randomElement(using: &self) ?? 0
    }

    // MARK: Code

    /// TorchScript's source with one number or word changed.
    mutating func mutate(code: [UInt8]) -> [UInt8] {
        func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x7A && byte != 0x5B && byte != 0x5D
        }
        var words: [Range<Int>] = []
        var start: Int?
        for (place, byte) in (code + [0]).enumerated() {
            if isWord(byte) {
                start = start ?? place
            } else if let from = start {
                words.append(from..<place)
                start = nil
            }
        }
        let numbers = words.filter { (0x30...0x39).contains(code[$0.lowerBound]) }
        let isNumber = !numbers.isEmpty && Int.random(in: 0..<4, using: &self) > 0
        guard let word = (isNumber ? numbers : words).randomElement(using: &self) else { return code }
        var result = code
        if isNumber {
            result.replaceSubrange(word, with: Array(String(extreme()).utf8))
        } else if let other = words.randomElement(using: &self) {
            result.replaceSubrange(word, with: Bool.random(using: &self) ? Array(code[other]) : [])
        }
        return result
    }
}
