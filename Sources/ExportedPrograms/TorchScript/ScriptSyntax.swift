import GraphIR

/// An expression of the source that TorchScript's printer writes (`torch/csrc/jit/serialization/python_print.cpp`).
indirect enum ScriptExpression {
    case name(String)
    case int(Int64)
    case float(Double)
    case string(String)
    case list([ScriptExpression])
    case tuple([ScriptExpression])
    case dictionary([(key: ScriptExpression, value: ScriptExpression)])
    case attribute(ScriptExpression, String)
    case subscripted(ScriptExpression, ScriptExpression)
    case call(ScriptExpression, [ScriptExpression], keywords: [(name: String, value: ScriptExpression)])

    /// `__torch__.torch.nn.functional.batch_norm`, where it is names joined by dots.
    var path: String? {
        switch self {
        case .name(let name): name
        case .attribute(let base, let name): base.path.map { "\($0).\(name)" }
        default: nil
        }
    }
}

/// A statement, with the byte of the file that it starts at.
struct ScriptStatement {
    indirect enum Kind {
        /// `q, k, v, = …`; one target without a comma takes the value whole.
        case assign([ScriptExpression], unpacks: Bool, ScriptExpression)
        case expression(ScriptExpression)
        case returned(ScriptExpression?)
        case branch(ScriptExpression, then: [ScriptStatement], otherwise: [ScriptStatement])
        case iterate(String, over: ScriptExpression, [ScriptStatement])
        case repeated(ScriptExpression, [ScriptStatement])
        case pass
    }

    var kind: Kind
    var offset: Int
}

/// A function or method.
struct ScriptFunction {
    struct Parameter {
        var name: String
        var type: ScriptExpression?
        var defaultValue: ScriptExpression?
    }

    var name: String
    var parameters: [Parameter]
    var body: [ScriptStatement]
    /// The file, for messages.
    var file: String
}

/// A class: its methods, and the constants that its instances share.
struct ScriptClass {
    var name: String
    var base: String
    var methods: [String: ScriptFunction] = [:]
    var constants: [String: ScriptExpression] = [:]
}

/// What one file of `code/` declares.
struct ScriptFile {
    var classes: [String: ScriptClass] = [:]
    var functions: [String: ScriptFunction] = [:]
}
