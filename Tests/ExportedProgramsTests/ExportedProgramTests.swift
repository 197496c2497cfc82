import ExportedPrograms
import GraphIR
import Testing

@Suite struct ExportedProgramTests {
    @Test func argumentsKeepTheirOrder() {
        let node = ATenNode(
            "aten.conv2d.default", name: "conv2d",
            arguments: [("input", .tensor("x")), ("weight", .tensor("w"))], outputs: [.tensor("conv2d")])
        #expect(node.arguments.map(\.name) == ["input", "weight"])
    }
}
