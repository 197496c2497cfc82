import GraphIR
import Testing

@Test("the text of a graph names every value, tensor and attribute")
func graphText() throws {
    var graph = Graph(name: "small net")
    let x = graph.addValue("x", type: .tensor(.float32, [.named("N"), .size(2)]))
    graph.inputs = [x]
    let weight = try graph.addInitializer(TensorRecord(Tensor([1, 2] as [Float], shape: [2]), name: "bias"))
    let y = graph.addNode(OperatorName("Add"), name: "/add", inputs: [x, weight], outputs: ["y"])
    let z = graph.addNode(
        OperatorName("Softmax"), name: "", inputs: [y[0], nil], outputs: ["z\u{1B}"],
        attributes: [Attribute("axis", .int(-1))])
    graph.outputs = z
    #expect(
        graph.text == """
            graph "small net"
              input x: FLOAT[N, 2]
              initializer bias: FLOAT[2]
              y = Add(x, bias)  # /add
              "z\\u{1b}" = Softmax(y, -) {axis=-1}
              output "z\\u{1b}": ?

            """)
}
