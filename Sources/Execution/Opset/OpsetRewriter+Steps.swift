import GraphIR
import Operators

/// Steps that are the same thing in every version of the operator set, whatever their form.
extension OpsetRewriter {
    // MARK: Constants

    /// A scalar.
    func scalar(_ value: Double, _ type: ElementType) throws -> ValueID {
        let short = Float(value)
        // Constant has such an attribute since version 12.
        let isDecimal = type == .float32 && opset >= 12 && Double(short) != value && Double(short.description) == value
        return try constant("\(value)", try .number(value, as: type), decimal: isDecimal ? short : nil)
    }

    /// A truth.
    func truth(_ value: Bool) throws -> ValueID {
        try constant("\(value)", try Tensor(.bool, shape: [], bytes: Bytes([value ? 1 : 0])))
    }

    /// A vector of integers.
    func ints(_ values: [Int64]) throws -> ValueID {
        try constant(
            "ints_" + values.map(String.init).joined(separator: "_"), try Tensor(values, shape: [values.count]))
    }

    /// A scalar integer.
    func int(_ value: Int64) throws -> ValueID { try constant("int_\(value)", try Tensor(scalar: value)) }

    // MARK: Types

    func cast(_ x: ValueID?, to type: ElementType) throws -> ValueID {
        let valueType = ValueType.tensor(type, shape(x))
        let to = opset < 6 ? Attribute.string("to", type.onnxName) : .int("to", Int64(type.rawValue))
        return try step("Cast", [x], [to], as: valueType)
    }

    /// The value in the type that it is computed in: float32 for the narrower floats, whose results are rounded once at
    /// the end.
    func wide(_ x: ValueID?) throws -> ValueID? {
        guard let x else { return nil }
        return try elementType(x).isNarrowFloat ? cast(x, to: .float32) : x
    }

    /// The last step of a computation on ``wide(_:)`` values, rounded to the type of the node's input `like`.
    func finishWide(
        _ type: String, _ inputs: ValueID?..., with attributes: Attribute..., like: ValueID?, output: Int = 0
    ) throws {
        let narrow = try elementType(like)
        guard narrow.isNarrowFloat else { return try finish(type, inputs, attributes, output: output) }
        let result = try step(type, inputs, attributes)
        try finish("Cast", result, with: .int("to", Int64(narrow.rawValue)), output: output)
    }

    // MARK: Shapes

    func reduce(_ type: String, _ x: ValueID?, axes: [Int64]?, keep: Bool = true) throws -> ValueID {
        let keeping = Attribute.int("keepdims", keep ? 1 : 0)
        if opset < (type == "ReduceSum" ? 13 : 18) {
            return try step(type, [x], (axes.map { [.ints("axes", $0)] } ?? []) + [keeping])
        }
        return try step(type, try axes.map { [x, try ints($0)] } ?? [x], [keeping])
    }

    func unsqueeze(_ x: ValueID?, _ axes: [Int64]) throws -> ValueID {
        if opset < 13 { return try self("Unsqueeze", x, with: .ints("axes", axes)) }
        return try self("Unsqueeze", x, try ints(axes))
    }

    func squeeze(_ x: ValueID?, _ axes: [Int64]) throws -> ValueID {
        if opset < 13 { return try self("Squeeze", x, with: .ints("axes", axes)) }
        return try self("Squeeze", x, try ints(axes))
    }

    /// `x[start:end]` on one axis.
    func slice(_ x: ValueID?, _ start: Int64, _ end: Int64, axis: Int64 = 0) throws -> ValueID {
        if opset < 10 {
            return try self(
                "Slice", x, with: .ints("starts", [start]), .ints("ends", [end]), .ints("axes", [axis]))
        }
        return try self("Slice", x, try ints([start]), try ints([end]), try ints([axis]))
    }

    func reshape(_ x: ValueID?, _ shape: [Int64]) throws -> ValueID {
        if opset < 5 { return try self("Reshape", x, with: .ints("shape", shape)) }
        return try self("Reshape", x, try ints(shape))
    }

    func shapeOf(_ x: ValueID?) throws -> ValueID {
        if let sizes = sizes(x) { return try ints(sizes) }
        return try self("Shape", x)
    }

    /// One size of a shape, as a vector of one.
    func size(_ x: ValueID?, axis: Int64) throws -> ValueID {
        if let shape = shape(x), let index = Int(exactly: axis < 0 ? axis + Int64(shape.count) : axis),
            case .size(let size)? = shape[checked: index]
        {
            return try ints([size])
        }
        return try self("Gather", try self("Shape", x), try ints([axis < 0 ? axis + Int64(try rank(x)) : axis]))
    }

    func transpose(_ x: ValueID?, _ order: [Int64]) throws -> ValueID {
        try self("Transpose", x, with: .ints("perm", order))
    }

    func concat(_ parts: [ValueID?], axis: Int64 = 0) throws -> ValueID {
        try step("Concat", parts, [.int("axis", axis)])
    }

    // MARK: Types that a version doesn't take

    /// Appends the node on values of a wider type, its results cast back, where that is the same: operators on narrow
    /// floats are computed in float32 and rounded once, and integers wrap alike in every width.
    /// - Returns: false where there is no such form.
    func carryThroughWiderType(_ node: Node, _ schema: OperatorSchema) throws -> Bool {
        guard node.bodies.isEmpty, !schema.inputs.isEmpty, let first = schema.inputs.first,
            let narrow = try? elementType(node.input(0)),
            let wide = OpsetRule.widerType(of: narrow, for: node.op.type),
            schema.allowedTypes(first).contains(wide.schemaName),
            let cast = OperatorTable.schema(for: OperatorName("Cast"), opset: opset),
            let formal = cast.inputs.first, cast.allowedTypes(formal).contains(narrow.schemaName)
        else { return false }
        // Values of the same type letter change together.
        func changes(_ formals: [OperatorSchema.Parameter], _ position: Int, _ id: ValueID) -> Bool {
            guard let formal = OperatorSchema.parameter(formals, at: position) else { return false }
            return type(id)?.elementType == narrow && !schema.allowedTypes(formal).contains(narrow.schemaName)
        }
        var inner = node
        inner.name = ""
        for (position, id) in node.inputs.enumerated() {
            guard let id, changes(schema.inputs, position, id) else { continue }
            inner.inputs[position] = try self.cast(id, to: wide)
        }
        var casts: [(from: ValueID, to: Int)] = []
        for (position, id) in node.outputs.enumerated() {
            guard let id, changes(schema.outputs, position, id) else { continue }
            let result = newValue(graph[id].name + "/" + wide.name, type: .tensor(wide, shape(id)))
            inner.outputs[position] = result
            casts.append((result, position))
        }
        inner.name = "/" + (casts.first.map { graph[$0.from].name } ?? node.label)
        inner.metadata = node.metadata.filter { $0.key == MetadataKey.module }
        try append(inner)
        for cast in casts {
            var last = Node(
                OperatorName("Cast"), name: cast.to == 0 ? node.name : "/" + graph[cast.from].name + "/Cast",
                inputs: [cast.from], outputs: [node.outputs[cast.to]],
                attributes: [.int("to", Int64(narrow.rawValue))])
            last.metadata = cast.to == 0 ? node.metadata : inner.metadata
            try append(last)
        }
        return true
    }

    // MARK: Axes

    /// Older operators count axes from the front alone.
    func withPositiveAxes(_ node: Node) throws -> Node {
        var node = node
        for index in node.attributes.indices {
            switch (node.attributes[index].name, node.attributes[index].value) {
            case ("axis", .int(let axis)) where axis < 0:
                let sequence = ["ConcatFromSequence", "SplitToSequence"].contains(node.op.type)
                if sequence { continue }
                let extra = node.op.type == "OneHot" ? 1 : 0
                node.attributes[index].value = .int(try positive(axis, rank: try rank(node.input(0)) + extra))
            case ("axes", .ints(let axes)) where axes.contains { $0 < 0 }:
                let rank = try rank(node.input(0)) + (node.op.type == "Unsqueeze" ? axes.count : 0)
                node.attributes[index].value = .ints(try axes.map { try positive($0, rank: rank) })
            case ("scan_input_axes", .ints(let axes)), ("scan_output_axes", .ints(let axes)):
                guard axes.allSatisfy({ $0 >= 0 }) else {
                    throw refusal("axes are counted from the front before opset 11", node.attributes[index].name)
                }
            default: break
            }
        }
        begin(node)
        return node
    }
}
