import GraphIR

/// The operators of `ai.onnx.ml` that changed.
extension OpsetRule {
    static let machineLearningRules: Table = [
        rule(
            "ai.onnx.ml.LabelEncoder", version: 2,
            downgrade: { rewriter, node in
                let (texts, numbers) = (node.attribute("keys_strings"), node.integers("values_int64s"))
                let (keys, values) = (node.integers("keys_int64s"), node.attribute("values_strings"))
                let (classes, labels) = texts != nil ? (texts, numbers) : (values, keys)
                guard let classes, case .strings(let list) = classes, let labels,
                    labels == (0..<Int64(list.count)).map({ $0 })
                else { throw rewriter.refusal("labels other than 0, 1 … for strings have no older form") }
                let kept = node.attributes.filter { ["default_string", "default_int64"].contains($0.name) }
                try rewriter.replace(attributes: kept + [Attribute("classes_strings", classes)])
            },
            upgrade: { rewriter, node in
                guard let classes = node.attribute("classes_strings"), case .strings(let list) = classes else {
                    throw GraphError(
                        .argument, "the attribute is required", node: node.label, argument: "classes_strings")
                }
                let labels = (0..<Int64(list.count)).map { $0 }
                let isText = try rewriter.elementType(node.input(0)) == .string
                try rewriter.replace(
                    attributes: node.attributes(without: "classes_strings")
                        + (isText
                            ? [Attribute("keys_strings", classes), .ints("values_int64s", labels)]
                            : [.ints("keys_int64s", labels), Attribute("values_strings", classes)]))
            })
    ]
}
