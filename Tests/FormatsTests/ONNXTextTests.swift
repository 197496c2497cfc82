import Formats
import Foundation
import GraphIR
import Testing

/// ONNX's textual syntax, written and read.
@Suite struct ONNXTextTests {
    private let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private func read(_ text: String, _ name: String = "m.onnxtxt") throws -> Model {
        try readModelText(scratch.write(Array(text.utf8), to: name))
    }

    private static let heading = "<ir_version: 10, opset_import: [\"\" : 20]>\n"

    @Test("text of all kinds of things comes back the same")
    func roundTrip() throws {
        let text = """
            <
               ir_version: 10,
               opset_import: ["" : 20, "ai.onnx.ml" : 3, "my.own" : 1],
               producer_name: "a \\"quoted\\" one",
               model_version: -4,
               doc_string: "two
            lines",
               metadata_props: ["k": "v", "\\\\": ""]
            >
            "graph 1" (float[N,"a b",3,?,-1] x, seq(float[]) s, map(int64, optional(string[2])) m, opaque(a.b, c) o, \
            sparse_tensor(double[4]) p, bool flag) => (float y, "float")
            <
               float[2,2] w = {1.0,-0.0,inf,-nan},
               int64 "one/two" = {-9223372036854775808},
               uint64[1] u = {18446744073709551615},
               int4[3] q = {33,7},
               float16[2] h = {15360,64512},
               bool[2] b = {1,0},
               complex64[1] c = {1.5,-2.0},
               string[2] t = {"", "\\"é"},
               float[0] none = {},
               float[N] hidden
            >
            {
               [n] hidden = Op <i: int = -1, f: float = 1e-05, s: string = "x", is: ints = [1, 2], none: floats = [], \
            t: tensor = int32[2] name = {1,2}, ty: type_proto = seq(float[1])> (x, "", w)
               ["second one"] y, "float" = my.own.Call:over (hidden)
               z = If (flag) <then_branch: graph = then () => (float a)
                  {
                     a = Identity (x)
                  }, else_branch: graph = _else () => (float a)
                  <
                     float a = {nan}
                  >
                  {
                  }>
            }
            <
               domain: "my.own",
               overload: "over",
               opset_import: ["" : 20]
            >
            Call <must, may: float = 2.0> (a) => (b, c)
            <float[N] a>
            {
               b = Scale <factor: float = @may, list: ints = @must> (a)
               c = Identity (a)
            }

            """
        let model = try read(text)
        #expect(try model.text() == text)
        #expect(try model.textRemarks().lines == [])
        #expect(model.graph.outputs.count == 2 && model.functions[0].name.overload == "over")
        let again = try read(model.text())
        try writeModel(again, to: scratch.path("m.onnx"))
        #expect(try readModel(FileSource(path: scratch.path("m.onnx"))).text() == text)
        #expect(try FileFormat.detect(FileSource(path: scratch.path("m.onnxtxt"))) == .onnxText)
    }

    @Test("forms that onnx.printer or people write")
    func otherForms() throws {
        let model = try read(
            """
            # A comment first.
            <ir_version: 8, opset_import: ["" : 18]> g (float[2] x, float[2] k = {1, 2.5}) => (float[2] y) {
              # and here
              y = Sum(x, k, ) <a = [1, 2], b = 3, c = [1.5, 2], d = "s", e: floats = [1]>
            }
            """)
        let graph = model.graph
        #expect(graph.inputs.count == 2 && graph.initializers.count == 1)
        let node = graph.nodes[0]
        #expect(node.inputs.count == 2)
        if case .floats(let values)? = node.attribute("c") { #expect(values == [1.5, 2]) } else { Issue.record("c") }
        if case .floats(let values)? = node.attribute("e") { #expect(values == [1]) } else { Issue.record("e") }
        if case .ints(let values)? = node.attribute("a") { #expect(values == [1, 2]) } else { Issue.record("a") }
    }

    @Test(
        "what isn't text of a model is refused with line and column",
        arguments: [
            ("", "the text ends"), ("g", "'=>'"), ("g (float x) => (float y) { y = ", "the text ends"),
            ("g (float x) => (float y)\n{ y = \"Op\"(x) }", "line 3, column 7"),
            ("g (float x) => (float y) { y = Op <a = [1, 2.5]> (x) }", "another kind"),
            ("g (float x) => (float y) { y = Op <a: ints = 5> (x) }", "another kind"),
            ("g (float x) => (float y) { y = Op <a = []> (x) }", "empty list"),
            ("g (float x) => (float y) { y = Op <a = 1, a = 2> (x) }", "twice"),
            ("g (float x) => (float y) { y = Op <a = 99999999999999999999> (x) }", "64 bits"),
            ("g (float x) => (float y) { y = Op <a = 1e999> (x) }", "1e999"),
            ("g (float x) => (float y) { y = Op <a: colour = 1> (x) }", "colour"),
            ("g (float x) => (float y) { y = Op <a = @b> (x) }", "function"),
            ("g (float[2] x = {1}) => (float y) { y = Op (x) }", "takes 8 bytes"),
            ("g (float[2] x = {1,2,3}) => (float y) { y = Op (x) }", "takes 8 bytes"),
            ("g (float[N] x = {1}) => (float y) { y = Op (x) }", "no size"),
            ("g (float[] x = {1}) => (float y) { y = Op (x) }", "type and shape"),
            ("g (float[9223372036854775807,2] x = {1}) => (float y) { y = Op (x) }", "too many elements"),
            ("g (int8[1] x = {128}) => (float y) { y = Op (x) }", "-128 to 127"),
            ("g (uint64[1] x = {-1}) => (float y) { y = Op (x) }", "range"),
            ("g (bool[1] x = {2}) => (float y) { y = Op (x) }", "no BOOL"),
            ("g (float[1000] x = {...}) => (float y) { y = Op (x) }", "in full"),
            ("g (float[1] x = [\"location\": \"../secret\"]) => (float y) { y = Op (x) }", "path.escape"),
            ("g (float x) => (float y) { y = Op (\"a", "has no end"),
            ("g (float x, float x) => (float y) { y = Op (x) }", "have this name"),
            ("g (float x) => (float y) { y = Op (z) }", "nothing makes"),
            ("g (float \"a\u{0}b\") => (float y) { y = Op (x) }", "NUL"),
        ])
    func refusals(_ body: String, _ words: String) throws {
        do {
            _ = try read(Self.heading + body)
            Issue.record("was read: \(body)")
        } catch let fault as any Fault {
            let whole = fault.description + (fault.hint ?? "")
            #expect(whole.contains(words), "\(whole)")
        }
    }

    @Test("nesting ends at a limit")
    func depth() throws {
        let types = String(repeating: "seq(", count: 100_000)
        #expect(faultCode { _ = try read(Self.heading + "g (\(types)) => () {}") } == "limit.depth")
        let graphs = String(repeating: "g () => () { Op <a = ", count: 100_000)
        #expect(faultCode { _ = try read(Self.heading + graphs) } != nil)
        let named = String(repeating: "g () => () { x = Op () <a = ", count: 100_000)
        #expect(faultCode { _ = try read(Self.heading + named) } == "limit.depth")
    }

    @Test("mutations of a text are read or refused, never worse")
    func mutations() throws {
        let model = try read(
            Self.heading + """
                g (float[2] x, bool c) => (float[2] y) <float[2] w = {1.0, 2.0}, string[1] s = {"a\\"b"}> {
                  [n] t = Add <a: ints = [1, 2], b: tensor = float[1] {3}> (x, w)
                  y = If (c) <then_branch: graph = g1 () => (a) { a = Identity (t) }>
                }
                """)
        let text = Array(try model.text().utf8)
        let seed = UInt64.random(in: .min ... .max)
        var random = DamageGenerator(seed: seed)
        var read = 0
        for round in 0..<400 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 1...127, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes = Array(bytes[..<place])
                }
                if bytes.isEmpty { bytes = [0x3C] }
            }
            do {
                let mutant = try readModelText(scratch.write(bytes, to: "m.onnxtxt"))
                let once = try mutant.text()
                #expect(try self.read(once, "again.onnxtxt").text() == once, "seed \(seed), round \(round)")
                read += 1
            } catch {
                #expect(error is any Fault, "seed \(seed), round \(round): \(error)")
            }
        }
        #expect(read < 400)
    }

    @Test("what the syntax can't say is named")
    func remarks() throws {
        var graph = Graph(name: "g")
        let x = graph.addValue("x", type: .tensor(.float32, [.size(2)]))
        graph.inputs = [x]
        graph.docString = "documentation"
        graph.outputs = graph.addNode(
            OperatorName("Op"), name: "n", inputs: [x], outputs: ["y"],
            attributes: [Attribute("nan", .float(Float(bitPattern: 0x7FC0_0001)))])
        graph[graph.outputs[0]].type = .tensor(.float32, nil)
        var model = Model(graph: graph, irVersion: 10, opsetImports: [OpsetImport("", 20)])
        let omitted = try model.textRemarks()
        #expect(omitted.isReadable && Set(omitted.omissions.keys) == ["doc_string", "bits of a NaN"])
        #expect(try model.text().hasPrefix("# left out"))
        model.graph.nodes[0].attributes = [
            Attribute("not-a-name", .int(1)), Attribute("l", .types([.tensor(.int8, [])])),
        ]
        let obstacles = try model.textRemarks()
        #expect(Array(obstacles.obstacles.keys) == ["an attribute name that is no identifier", "a list of types"])
        let text = try model.text()
        #expect(text.contains("can't be read back") && faultCode { _ = try read(text) } == "text.malformed")
        #expect(
            faultCode { _ = try writeModelText(model, to: scratch.path("o.onnxtxt")) } == "container.unsupported")
    }

    @Test("large tensors are named without their elements, or lie beside the text")
    func largeTensors() throws {
        var graph = Graph(name: "g")
        let numbers = (0..<2000).map { Float($0) }
        let w = try graph.addInitializer(TensorRecord(Tensor(numbers, shape: [2000]), name: "w"))
        graph.outputs = graph.addNode(OperatorName("Identity"), name: "", inputs: [w], outputs: ["y"])
        graph[graph.outputs[0]].type = .tensor(.float32, [.size(2000)])
        let model = Model(graph: graph, irVersion: 10, opsetImports: [OpsetImport("", 20)])
        let short = try model.text(elementLimit: 1000)
        #expect(short.contains("{...}") && short.contains("1 large tensor"))
        #expect(faultCode { _ = try read(short) } == "text.malformed")
        let whole = try read(model.text())
        #expect(try whole.graph.initializers.values.first?.tensor.array(of: Float.self) == numbers)
        var options = ModelWriteOptions()
        options.externalDataThreshold = 1000
        let written = try writeModelText(model, to: scratch.path("e.onnxtxt"), options: options).written
        #expect(written.bytes < 400 && written.externalData?.bytes == 8000)
        let external = try readModelText(FileSource(path: scratch.path("e.onnxtxt")))
        #expect(try external.graph.initializers.values.first?.tensor.array(of: Float.self) == numbers)
        #expect(try external.text().contains("[\"location\": \"e.onnxtxt.data\""))
    }
}
