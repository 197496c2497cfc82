import GraphIR

extension Operator {
    /// The derivatives of a value of the graph by others. The program builder replaces the node by others that compute
    /// them; a node that is left can't be run.
    /// https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Gradient.html, versions 1.
    static let gradient = Operator(
        "Gradient", domain: "ai.onnx.preview.training", accuracy: .accumulating,
        infer: InferenceRule { node in
            let count = try node.binding.strings("xs")?.count ?? 0
            for output in node.outputs.indices where output < count { node.set(output, type: node.type(output)) }
        },
        bind: { binding in
            throw GraphError(.unsupportedOperator, "Gradient is run only as a part of a whole model")
        })
}
