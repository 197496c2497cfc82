import Formats
import Testing

@testable import ExportedPrograms

@Suite struct SymbolicExpressionTests {
    @Test(arguments: [
        ("Symbol('s77', positive=True, integer=True)", "s77"),
        ("Integer(3)", "3"), ("Integer(-1)", "-1"), ("7", "7"), ("-4", "-4"), ("s0", "s0"),
        ("Mul(Integer(2), Symbol('s60', positive=True, integer=True))", "2*s60"),
        ("Add(Symbol('a', integer=True), Integer(1))", "(a + 1)"),
        ("FloorDiv(Symbol('a'), Integer(2))", "(a // 2)"), ("Mod(Symbol('a'), Integer(2))", "(a % 2)"),
        ("floor(Mul(Rational(1, 2), Symbol('a')))", "(a // 2)"),
        ("floor(Mul(Rational(3, 2), Symbol('a')))", "(3*a // 2)"),
        ("Pow(Symbol('a'), Integer(2))", "a*a"),
        ("2*s60", "2*s60"), ("s0 + 1", "(s0 + 1)"), ("(s0 + 1)//2", "((s0 + 1) // 2)"), ("3*s0 - 1", "(3*s0 + -1*1)"),
    ]) func isRead(_ text: String, _ expected: String) {
        let value = SymbolicExpression.parse(text)
        if case .unknown = value { Issue.record("\(text) isn't understood") }
        #expect(value.description == expected)
    }

    @Test(arguments: [
        "", "Max(Symbol('a'), Integer(1))", "Symbol('a", "Symbol(a)", "1 2", "f(", "2*", "Integer(2.5)",
        "9999999999999999999",
        "--1--", "Pow(Symbol('a'), Integer(99))", "a.b", "'a'",
    ]) func isKeptInTheWritersWords(_ text: String) {
        guard case .unknown(let words) = SymbolicExpression.parse(text) else {
            Issue.record("\(text) was understood")
            return
        }
        #expect(words == text)
    }

    @Test func depthAndLengthAreBounded() {
        for text in [
            String(repeating: "(", count: 10_000), String(repeating: "-", count: 10_000) + "1",
            String(repeating: "Add(", count: 4_000), String(repeating: "1+", count: 100_000) + "1",
        ] {
            guard case .unknown = SymbolicExpression.parse(text) else {
                Issue.record("a hostile expression was understood")
                return
            }
        }
    }
}

@Suite struct PyTreeTests {
    private static let leaf = #"{"type": null, "context": null, "children_spec": []}"#

    private func names(_ spec: String, fields: String? = nil) throws -> [String]? {
        let fields = try fields.map { try JSONValue.parse(Array($0.utf8)) }
        return PyTree("[1, \(spec)]", fields: fields)?.leafNames(root: "output")
    }

    @Test func leavesAreNamed() throws {
        let leaf = Self.leaf
        #expect(try names(leaf) == ["output"])
        let pair = #"{"type": "builtins.tuple", "context": "null", "children_spec": [\#(leaf), \#(leaf)]}"#
        #expect(try names(pair) == ["output.0", "output.1"])
        let named = #"{"type": "builtins.dict", "context": "[\"logits\", 3]", "children_spec": [\#(leaf), \#(pair)]}"#
        #expect(try names(named) == ["output.logits", "output.3.0", "output.3.1"])
        let record = #"{"type": "collections.namedtuple", "context": "\"a.B\"", "children_spec": [\#(leaf), \#(leaf)]}"#
        #expect(try names(record, fields: #"{"a.B": ["x", "y"]}"#) == ["output.x", "output.y"])
        #expect(try names(record) == ["output.0", "output.1"])
    }

    @Test func damagedOnesAreNone() throws {
        for text in ["", "[]", "[1]", "nonsense", "[1, 2"] {
            #expect(PyTree(text, fields: nil)?.children.isEmpty ?? true)
        }
    }
}

@Suite struct ModuleStackTests {
    @Test(arguments: [
        ("L__self__,,ResNet;L__self___layer1_0,layer1.0,timm.models.resnet.BasicBlock", "layer1.0"),
        ("L__self__,,ResNet;L__self___fc,fc@1,Linear", "fc"),
        ("L__self___conv:(L['self'].conv,torch.nn.modules.conv.Conv2d)", "conv"),
        ("a:(L['self'],M);b:(L['self'].layers[0].conv,Conv2d)", "layers.0.conv"),
        ("_empty_nn_module_stack_from_metadata_hook,_empty_nn_module_stack_from_metadata_hook,x", ""),
        ("", ""), (";;", ""), ("x", ""), ("a:(", ""), ("a,b", ""),
    ]) func innermostModule(_ stack: String, _ module: String) {
        #expect(ModuleStack.module(stack) == module)
    }
}
