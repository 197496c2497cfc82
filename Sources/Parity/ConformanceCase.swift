import Execution
import Formats
import GraphIR
import Operators
import OrderedCollections

/// One case of a suite in ONNX's test layout: `model.onnx` beside `test_data_set_0/` … with inputs and expected outputs.
public struct ConformanceCase: Sendable {
    /// What came of a case.
    public enum Outcome: Sendable {
        /// All outputs are within the tolerance.
        case passed
        /// The operator draws random numbers: type, shape, values and rate are right.
        case passedAsRandom
        /// An output differs, or the model can't be read or run although all in it is supported.
        case failed(String)
        /// The model has something that we don't support.
        case excluded(String)
        /// The model has no exact form in the operator set that it was to be converted to.
        case refused(String)
    }

    /// The path of its folder below the suite's.
    public var name: String
    /// The folder's path.
    public var path: String
    /// The operators in the model, functions and subgraphs included, sorted.
    public private(set) var operators: [String] = []
    /// What came of the case.
    public private(set) var outcome = Outcome.excluded("not run")
    /// How long it ran.
    public private(set) var duration = Duration.zero

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// Counts the case as excluded after all.
    mutating func exclude(_ reason: String) { outcome = .excluded(reason) }

    /// Runs the case by a normal session; the expected outputs are read for comparing only.
    /// - Parameter opset: the version of ONNX's operator set that the model is converted to first.
    public mutating func run(options: SessionOptions, opset: Int64? = nil) {
        let start = ContinuousClock.now
        do {
            outcome = try result(options: options, opset: opset)
        } catch let error as any Fault {
            outcome = error.faultClass == .unsupported ? .excluded(error.description) : .failed(error.description)
        } catch {
            outcome = .failed("\(error)")
        }
        duration = ContinuousClock.now - start
    }

    private mutating func result(options: SessionOptions, opset: Int64?) throws -> Outcome {
        var model = try readModel(FileSource(path: "\(path)/model.onnx"))
        operators = operatorNames(of: model)
        if let opset {
            let isValid = checkModel(model).isEmpty
            do {
                model = try convertOpset(model, to: opset)
            } catch let error as GraphError where error.faultClass == .unsupported {
                return .refused(error.description)
            }
            if isValid, let fault = checkModel(model).first {
                return .failed("not valid any more in opset \(opset): \(fault.description)")
            }
        }
        let session = try Session(model, options: options)
        let tolerance = try Tolerance(path: "\(path)/tolerance.json")
        let sets = try dataSets()
        guard !sets.isEmpty else { throw FormatError(.tensorMissing, "has no test_data_set_0", file: path) }
        let isRandom = operators.contains("Bernoulli") || operators.contains { $0.hasPrefix("Random") }
        for folder in sets {
            let types = model.graph.inputs.filter { model.graph.initializers[$0] == nil }
            var inputs: OrderedDictionary<String, RuntimeValue> = [:]
            for (position, id) in types.enumerated() {
                let value = model.graph[id]
                let file = "\(folder)/input_\(position).pb"
                guard fileExists(file) else { continue }
                inputs[value.name] = try Self.value(file, of: value.type)
            }
            let outputs = try session.run(values: inputs)
            for (position, id) in model.graph.outputs.enumerated() {
                let value = model.graph[id]
                let file = "\(folder)/output_\(position).pb"
                guard fileExists(file) else { return .failed("\(value.name): the suite doesn't say what to expect") }
                let expected = try Self.value(file, of: value.type)
                guard let found = outputs[value.name] else {
                    return .failed("the output \"\(value.name)\" was not made")
                }
                if let difference = try tolerance.difference(found, expected, isRandom: isRandom) {
                    return .failed("\(value.name): \(difference)")
                }
            }
        }
        return isRandom ? .passedAsRandom : .passed
    }

    /// A value from its file. Suites of onnx before 1.17 keep BFLOAT16, which NumPy lacks, under the type of its bits.
    private static func value(_ file: String, of type: ValueType?) throws -> RuntimeValue {
        let value = try readValueProto(FileSource(path: file), as: type)
        guard type?.elementType == .bfloat16, case .tensor(let tensor) = value, tensor.elementType == .uint16 else {
            return value
        }
        return .tensor(try Tensor(.bfloat16, shape: tensor.shape, bytes: tensor.bytes()))
    }

    private func dataSets() throws -> [String] {
        var sets: [String] = []
        while fileExists("\(path)/test_data_set_\(sets.count)/output_0.pb") {
            sets.append("\(path)/test_data_set_\(sets.count)")
        }
        return sets
    }
}

/// The operators in a model, functions and subgraphs included, sorted.
func operatorNames(of model: Model) -> [String] {
    var names: Set<String> = []
    var graphs = [model.graph] + model.functions.map(\.body)
    while let graph = graphs.popLast() {
        for node in graph.nodes {
            names.insert("\(node.op)")
            for attribute in node.attributes {
                if case .graph(let inner) = attribute.value { graphs.append(inner) }
                if case .graphs(let inner) = attribute.value { graphs += inner }
            }
        }
    }
    return names.sorted()
}
