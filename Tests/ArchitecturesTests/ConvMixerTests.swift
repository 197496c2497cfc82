import Formats
import GraphIR
import Testing

@testable import Architectures

/// Small enough to be made in a moment, odd in every size so that no two can be mistaken for each other.
private let small = "convmixer_12_3_ks5_p2"

private func checkpoint(_ name: String = small) throws -> StateDict {
    try initializeCheckpoint(architecture: name, seed: 1)
}

private func renamed(_ weights: StateDict, _ rename: (String) -> String?) -> StateDict {
    var result = StateDict()
    for name in weights.names {
        if let new = rename(name) { result[new] = weights[name] }
    }
    return result
}

/// timm's key in another grammar.
private func respell(_ key: String, as grammar: ConvMixerKeys.Grammar, depth: Int) -> String? {
    let timm = ConvMixerKeys(grammar: .timm)
    let other = ConvMixerKeys(grammar: grammar, prefix: grammar == .mmpretrain ? "backbone." : "")
    var modules = Array(zip(timm.stem, other.stem)) + [(timm.head(depth), other.head(depth))]
    for index in 0..<depth {
        modules += zip(timm.depthwise(index), other.depthwise(index))
        modules += zip(timm.pointwise(index), other.pointwise(index))
    }
    return modules.first { key.hasPrefix($0.0 + ".") }.map { $0.1 + key.dropFirst($0.0.count) }
}

@Suite struct ConvMixerTests {
    @Test(arguments: ConvMixerKeys.Grammar.allCases)
    func everySpellingGivesTheSameSizesAndKeepsItsOwnKeys(grammar: ConvMixerKeys.Grammar) throws {
        let weights = renamed(try checkpoint()) { respell($0, as: grammar, depth: 3) }
        #expect(weights.count == 7 + 14 * 3 + 2)
        let mapped = try mapArchitecture(weights, config: nil)
        #expect(mapped.architecture == small)
        let found = Dictionary(uniqueKeysWithValues: mapped.hyperparameters.map { ($0.0, $0.1) })
        #expect(
            found == [
                "dim": "12", "depth": "3", "kernel_size": "5", "patch_size": "2", "in_chans": "3",
                "num_classes": "1000", "act_layer": "gelu", "global_pool": "avg", "keys": grammar.rawValue,
            ])
        let initializers = mapped.model.graph.initializers.values.map(\.name)
        #expect(initializers == weights.names.filter { !$0.hasSuffix("num_batches_tracked") })
    }

    @Test func stateDictComesBackWithItsCountersAndOrder() throws {
        var weights = try checkpoint()
        weights["stem.2.num_batches_tracked"] = try Tensor(scalar: Int64(1234))
        let back = try restoredStateDict(of: mapArchitecture(weights, config: nil).model)
        #expect(back.names == weights.names)
        for name in weights.names {
            let (a, b) = (try #require(weights[name]), try #require(back[name]))
            #expect(a.elementType == b.elementType && a.shape == b.shape)
            #expect(try a.bytes().array() == b.bytes().array())
        }
    }

    @Test(arguments: [(1, 0, 0), (2, 0, 1), (3, 1, 1), (4, 1, 2), (8, 3, 4), (9, 4, 4)])
    func samePaddingGivesAnEvenKernelsOddZeroToTheEnd(kernel: Int, before: Int, after: Int) throws {
        let mapped = try mapArchitecture(checkpoint("convmixer_4_1_ks\(kernel)_p2"), config: nil)
        let convolution = try #require(mapped.model.graph.nodes.first { $0.name == "/blocks/0/0/fn/0/Conv" })
        let wanted = [before, before, after, after].map(Int64.init)
        guard case .ints(let pads)? = convolution.attribute("pads") else {
            Issue.record("no pads")
            return
        }
        #expect(pads == wanted)
    }

    @Test func activationRule() throws {
        func activation(
            _ name: String, option: String? = nil, config: String? = nil,
            _ edit: (inout StateDict) throws -> Void = { _ in }
        ) throws -> String {
            var weights = try checkpoint(name)
            try edit(&weights)
            var options = MappingOptions()
            options.activation = option
            let config = try config.map { try JSONValue.parse(Array($0.utf8)) }
            let mapped = try mapArchitecture(weights, config: config, options: options)
            return mapped.hyperparameters.first { $0.0 == "act_layer" }?.1 ?? ""
        }
        #expect(try activation(small) == "gelu", "a running mean is negative")
        #expect(try activation(small + "_relu") == "relu", "no running mean is negative")
        #expect(try activation(small, option: "relu") == "relu", "the option wins over values")
        #expect(try activation(small, config: #"{"model_args": {"act_layer": "silu"}}"#) == "silu")
        #expect(try activation(small, config: #"{"architecture": "convmixer_768_32"}"#) == "relu")
        #expect(
            try activation(small, option: "gelu_tanh", config: #"{"model_args": {"act_layer": "silu"}}"#) == "gelu_tanh"
        )
        let zeroMeans: (inout StateDict) throws -> Void = { weights in
            for name in weights.names where name.hasSuffix("running_mean") {
                weights[name] = try Tensor([Float](repeating: 0, count: 12), shape: [12])
            }
        }
        #expect(try activation(small + "_relu", zeroMeans) == "gelu", "fresh statistics say nothing")
        #expect(throws: MappingError.self) { try activation(small, option: "no-such") }
    }

    @Test func headIsOptional() throws {
        let weights = renamed(try checkpoint()) { $0.hasPrefix("head.") ? nil : $0 }
        let graph = try mapArchitecture(weights, config: nil).model.graph
        #expect(graph.outputs.map { graph[$0].name } == ["features"])
    }

    @Test func everyModuleIsLocated() throws {
        let graph = try mapArchitecture(checkpoint(), config: nil).model.graph
        let outputs = graph.moduleOutputs
        for (module, value) in [
            ("stem.0", "stem.0"), ("stem", "stem.2"), ("blocks.0.0.fn", "blocks.0.0.fn.2"),
            ("blocks.1.0", "blocks.1.0"),
            ("blocks.1", "blocks.1.3"), ("blocks", "blocks.2.3"), ("global_pool", "global_pool.flatten"),
            ("head_drop", "global_pool.flatten"), ("head", "logits"),
        ] {
            #expect(outputs[ExactName(module)].map { graph[$0].name } == value, "\(module)")
        }
    }

    @Test func narrowWeightsKeepTheirBitsBehindCasts() throws {
        var weights = try checkpoint("convmixer_4_1_ks3_p2")
        for name in weights.names {
            guard let tensor = weights[name], tensor.elementType == .float32 else { continue }
            weights[name] = try Tensor(
                .float16, shape: tensor.shape, bytes: Bytes([UInt8](repeating: 0x34, count: 2 * tensor.count)))
        }
        let mapped = try mapArchitecture(weights, config: nil)
        let graph = mapped.model.graph
        #expect(graph.initializers.values.allSatisfy { $0.tensor.elementType == .float16 })
        #expect(graph.nodes.count { $0.op.type == "Cast" } == graph.initializers.count)
        #expect(graph.inputs.map { graph[$0].type?.elementType } == [.float32])
        #expect(mapped.notes.contains { $0.contains("float16") })
    }
}

@Suite struct DoctorTests {
    private func diagnosis(_ weights: StateDict, allowUnused: Bool = false) throws -> MappingError {
        var options = MappingOptions()
        options.allowUnused = allowUnused
        return try #require(throws: MappingError.self) { try mapArchitecture(weights, config: nil, options: options) }
    }

    @Test func missingKeyIsNamedWithItsShape() throws {
        let error = try diagnosis(renamed(checkpoint()) { $0 == "blocks.1.3.bias" ? nil : $0 })
        #expect(error.code == .mismatch)
        #expect(error.problem == "nearest architecture is \(small), but of its keys: 1 missing")
        #expect(error.report == "missing (1):\n  blocks.1.3.bias [12]")
    }

    @Test func misspeltKeyGetsTheRenameThatFits() throws {
        let error = try diagnosis(renamed(checkpoint()) { $0 == "blocks.1.3.bias" ? "blocks.1.3.beta" : $0 })
        #expect(error.renames.map(\.from) == ["blocks.1.3.beta"])
        #expect(error.renames.map(\.to) == ["blocks.1.3.bias"])
    }

    @Test func wrongShapeIsShownBesideTheRightOne() throws {
        var weights = try checkpoint()
        weights["blocks.2.1.weight"] = try Tensor([Float](repeating: 0, count: 24), shape: [12, 2, 1, 1])
        let error = try diagnosis(weights)
        #expect(error.report.contains("blocks.2.1.weight: expected [12, 12, 1, 1], found [12, 2, 1, 1]"))
    }

    @Test func integersAreNoWeights() throws {
        var weights = try checkpoint()
        weights["stem.0.bias"] = try Tensor([Int64](repeating: 0, count: 12), shape: [12])
        #expect(try diagnosis(weights).report.contains("stem.0.bias: INT64"))
    }

    @Test func unusedKeyIsAnErrorUnlessAllowed() throws {
        var weights = try checkpoint()
        weights["ema_decay"] = try Tensor(scalar: Float(0.9))
        let error = try diagnosis(weights)
        #expect(error.code == .unused)
        #expect(error.report.contains("ema_decay"))
        var options = MappingOptions()
        options.allowUnused = true
        #expect(try mapArchitecture(weights, config: nil, options: options).unused == ["ema_decay"])
    }

    @Test func prefixOfAllKeysIsLeftOut() throws {
        let mapped = try mapArchitecture(renamed(checkpoint()) { "student.net." + $0 }, config: nil)
        #expect(mapped.notes.contains("keys: taken without 'student.net.', which stands before all of them"))
        #expect(try restoredStateDict(of: mapped.model).names == checkpoint().names)
    }

    @Test func strangePrefixOfSomeKeysIsSuggestedAway() throws {
        var weights = try renamed(checkpoint()) { "student.net." + $0 }
        weights["teacher.center"] = try Tensor(scalar: Float(0))
        let error = try diagnosis(weights)
        #expect(error.code == .unknown)
        #expect(error.hint?.contains("without 'student.net.' in front of their keys") == true)
        #expect(error.renames.first.map { $0.to } == "stem.0.weight")
    }

    @Test func whatIsNoArchitectureIsSaidToBeNone() throws {
        var weights = StateDict()
        weights["state.0.exp_avg"] = try Tensor([Float(0)], shape: [1])
        let error = try diagnosis(weights)
        #expect(error.code == .unknown)
        #expect(error.faultClass == .unsupported)
        #expect(error.hint == "this looks like the state of an optimizer, not weights")
        #expect(try diagnosis(StateDict()).hint == "the file holds no tensors")
    }

    @Test func anyOneKeyRemovedIsReportedByName() throws {
        let weights = try checkpoint()
        for name in weights.names where !name.hasSuffix("num_batches_tracked") {
            // Without either half of the head the model still has one, and says what is missing.
            let error = try diagnosis(renamed(weights) { $0 == name ? nil : $0 })
            #expect(error.code == .mismatch || name == "stem.0.weight", "\(name)")
            if error.code == .mismatch { #expect(error.report.contains(name), "\(name)") }
        }
    }
}
