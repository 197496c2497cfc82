import GraphIR
import Operators

/// The types that a node's inputs and outputs give to the letters of its schema.
struct TypeBinding {
    private let schema: OperatorSchema
    private var letters: [String: (type: ValueType, text: String, name: String)] = [:]

    init(_ schema: OperatorSchema) { self.schema = schema }

    /// Notes the type of an input.
    /// - Returns: what is wrong with it: a type that the operator doesn't take, or two types where the schema says one.
    mutating func bind(input position: Int, _ type: ValueType?) -> GraphError? {
        guard let formal = OperatorSchema.parameter(schema.inputs, at: position) else { return nil }
        return bind(formal, type, "take")
    }

    /// Notes the type of an output.
    mutating func bind(output position: Int, _ type: ValueType?) -> GraphError? {
        guard let formal = OperatorSchema.parameter(schema.outputs, at: position) else { return nil }
        return bind(formal, type, "give")
    }

    private mutating func bind(_ formal: OperatorSchema.Parameter, _ type: ValueType?, _ verb: String) -> GraphError? {
        guard let type, let text = type.schemaName else { return nil }
        guard schema.allowedTypes(formal).contains(text) else {
            return GraphError(
                .argument, "\(schema.name) doesn't \(verb) \(text) in version \(schema.since)", argument: formal.name,
                hint: hint(formal, text))
        }
        if case .variadic(_, uniform: false) = formal.arity { return nil }
        guard schema.types[formal.type] != nil else { return nil }
        guard let first = letters[formal.type] else {
            letters[formal.type] = (type, text, formal.name)
            return nil
        }
        guard first.text != text else { return nil }
        return GraphError(
            .argument, "\(schema.name): \(text), but \(first.name) is \(first.text); both must be of one type",
            argument: formal.name, hint: "put a Cast before one of them")
    }

    /// A newer version that takes the type, or what the operator does take.
    private func hint(_ formal: OperatorSchema.Parameter, _ text: String) -> String {
        let newer = OperatorTable.versions(of: schema.name).first { version in
            version.since > schema.since && !version.isDeprecated
                && (version.inputs + version.outputs).contains {
                    $0.name == formal.name && version.allowedTypes($0).contains(text)
                }
        }
        if let newer { return "version \(newer.since) does: convert the model to that operator set" }
        let allowed = schema.allowedTypes(formal).sorted()
        return "allowed: " + allowed.prefix(8).joined(separator: ", ") + (allowed.count > 8 ? " …" : "")
    }

    /// The type of an output with what follows from the schema, where the operator's rule left it open.
    func completed(output position: Int, _ type: ValueType?) -> ValueType? {
        guard let formal = OperatorSchema.parameter(schema.outputs, at: position) else { return type }
        let allowed = schema.allowedTypes(formal)
        var known: ValueType?
        if case .variadic(_, uniform: false) = formal.arity {} else { known = letters[formal.type]?.type.withoutShape }
        if known == nil, allowed.count == 1, let only = allowed.first { known = ValueType(schemaName: only) }
        guard let known else { return type }
        guard let type, type.kind != nil else { return known }
        return type.schemaName == nil ? type.merged(with: known) ?? type : type
    }
}
