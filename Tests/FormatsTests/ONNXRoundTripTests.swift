import Formats
import Foundation
import GraphIR
import Testing

@Suite("ONNX models are read and written back")
struct ONNXRoundTripTests {
    @Test(
        "byte for byte, with every field, odd presence and unknown field",
        arguments: ["onnx/everything.onnx", "onnx/typed.onnx", "onnx/raw.onnx", "convmixer_digits/torch.onnx"])
    func bytesSurvive(name: String) throws {
        let scratch = try ScratchFolder()
        let source = onnxFixtures.appendingPathComponent(name)
        let model = try readModel(FileSource(path: source.path))
        try writeModel(model, to: scratch.path("model.onnx"))
        #expect(try Data(contentsOf: source) == Data(contentsOf: URL(fileURLWithPath: scratch.path("model.onnx"))))
    }

    @Test("a field that we don't know, where there is no place to keep it, is refused and not lost")
    func unknownFieldOfAShape() throws {
        let scratch = try ScratchFolder()
        // graph { input { name: "x" type { tensor_type { shape { (field 15: varint 1) } } } } }
        let shape: [UInt8] = [0x78, 1]
        let tensor: [UInt8] = [0x12, UInt8(shape.count)] + shape
        let type: [UInt8] = [0x0A, UInt8(tensor.count)] + tensor
        let value: [UInt8] = [0x0A, 1, 0x78, 0x12, UInt8(type.count)] + type
        let graph: [UInt8] = [0x5A, UInt8(value.count)] + value
        let model: [UInt8] = [0x08, 9, 0x3A, UInt8(graph.count)] + graph + [0x42, 2, 0x10, 20]
        let file = try scratch.write(model, to: "m.onnx")
        #expect(faultCode { _ = try readModel(file) } == "container.unsupported")
    }

    @Test("a typed field and raw_data give the same elements for every type")
    func encodingsAgree() throws {
        let typed = try readModel(FileSource(path: onnxFixtures.appendingPathComponent("onnx/typed.onnx").path))
        let raw = try readModel(FileSource(path: onnxFixtures.appendingPathComponent("onnx/raw.onnx").path))
        let left = try typed.stateDict()
        let right = try raw.stateDict()
        #expect(left.names == right.names)
        #expect(Set(left.tensors.values.map(\.elementType)) == Set(ElementType.allCases))
        for name in left.names where name != "string" {
            #expect(try left[name]?.bytes().array() == right[name]?.bytes().array(), "\(name)")
            #expect(typed.graph.initializers.values.first { $0.name == name }?.encoding == .typed)
            #expect(raw.graph.initializers.values.first { $0.name == name }?.encoding == .raw)
        }
    }

    @Test("a tensor in a file of its own survives")
    func tensorProto() throws {
        let scratch = try ScratchFolder()
        let record = TensorRecord(try Tensor([1.5, -0.0, .nan] as [Float], shape: [3]), name: "input")
        let output = try OutputFile(path: scratch.path("input_0.pb"))
        try writeTensorProto(record, to: output)
        try output.commit()
        let back = try readTensorProto(FileSource(path: scratch.path("input_0.pb")))
        #expect(back.name == "input")
        #expect(try back.tensor.bytes().array() == record.tensor.bytes().array())
    }

    @Test("weights go to an aligned file beside the model, come back from it, and stay there when written again")
    func externalData() throws {
        let scratch = try ScratchFolder()
        var graph = Graph(name: "g")
        var expected: [String: [UInt8]] = [:]
        for (index, count) in [5000, 1, 0, 3000].enumerated() {
            let values = (0..<count).map { Float($0) + Float(index) }
            let tensor = try Tensor(values, shape: [count])
            expected["w\(index)"] = try tensor.bytes().array()
            graph.outputs.append(try graph.addInitializer(TensorRecord(tensor, name: "w\(index)")))
        }
        let model = Model(graph: graph, irVersion: 8, opsetImports: [OpsetImport("", 17)])
        var options = ModelWriteOptions()
        options.externalDataThreshold = 1000
        try writeModel(model, to: scratch.path("model.onnx"), options: options)

        let back = try readModel(FileSource(path: scratch.path("model.onnx")))
        let records = Array(back.graph.initializers.values)
        #expect(records.map(\.encoding) == [.external, .raw, .raw, .external])
        #expect(
            records[3].externalData == [
                MetadataEntry("location", "model.onnx.data"), MetadataEntry("offset", "20480"),
                MetadataEntry("length", "12000"),
            ])
        for record in records { #expect(try record.tensor.bytes().array() == expected[record.name]) }
        let size = try Data(contentsOf: URL(fileURLWithPath: scratch.path("model.onnx.data"))).count
        #expect(size == 20480 + 12000)

        // In place: the data that is read is the data that is replaced.
        try writeModel(back, to: scratch.path("model.onnx"))
        let again = try readModel(FileSource(path: scratch.path("model.onnx")))
        #expect(again.graph.initializers.values.map(\.encoding) == records.map(\.encoding))
        for record in again.graph.initializers.values {
            #expect(try record.tensor.bytes().array() == expected[record.name])
        }

        options.externalDataThreshold = .max
        try writeModel(again, to: scratch.path("embedded.onnx"), options: options)
        let embedded = try readModel(FileSource(path: scratch.path("embedded.onnx")))
        #expect(embedded.graph.initializers.values.allSatisfy { $0.encoding == .raw })
        for record in embedded.graph.initializers.values {
            #expect(try record.tensor.bytes().array() == expected[record.name])
        }
    }

    @Test("an external file's name is a name, not a path", arguments: ["", "..", "a/b", "/etc/x", "m.onnx", "a\0"])
    func externalNames(name: String) throws {
        let scratch = try ScratchFolder()
        let model = try readModel(FileSource(path: onnxFixtures.appendingPathComponent("onnx/raw.onnx").path))
        var options = ModelWriteOptions()
        options.externalDataName = name
        #expect(faultCode { try writeModel(model, to: scratch.path("m.onnx"), options: options) } == "usage")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }
}
