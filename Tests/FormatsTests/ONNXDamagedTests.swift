import Formats
import Foundation
import GraphIR
import Testing

/// SplitMix64: a generator whose sequence depends on nothing but its seed.
private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("Damaged and hostile ONNX files")
struct ONNXDamagedTests {
    /// Files of `fixtures/damaged/files` that reading alone must refuse, and how.
    static let refused: [(String, String)] = [
        ("onnx/w_empty.onnx", "graph.invalid"),
        ("onnx/w_trunc_007.onnx", "proto.malformed"),
        ("onnx/w_trunc_053.onnx", "proto.malformed"),
        ("onnx/w_trunc_105.onnx", "proto.malformed"),
        ("onnx/w_varint_11.onnx", "proto.malformed"),
        ("onnx/w_len_over.onnx", "proto.malformed"),
        ("onnx/w_len_u64.onnx", "proto.malformed"),
        ("onnx/w_wire6.onnx", "proto.malformed"),
        ("onnx/w_group_deep.onnx", "proto.malformed"),
        ("onnx/w_tag_overlong.onnx", "proto.malformed"),
        ("onnx/w_nest_50.onnx", "limit.depth"),
        ("onnx/w_model_as_text.onnx", "proto.malformed"),
        ("onnx/m_ir_0.onnx", "graph.invalid"),
        ("onnx/m_ir_neg.onnx", "graph.invalid"),
        ("onnx/m_no_opset.onnx", "graph.invalid"),
        ("onnx/m_opset_0.onnx", "container.unsupported"),
        ("onnx/m_opset_max.onnx", "container.unsupported"),
        ("onnx/m_opset_neg.onnx", "container.unsupported"),
        ("onnx/t_over.onnx", "tensor.shape"),
        ("onnx/t_wrap.onnx", "tensor.shape"),
        ("onnx/t_negneg.onnx", "tensor.shape"),
        ("onnx/t_imin.onnx", "tensor.shape"),
        ("onnx/t_raw_short.onnx", "tensor.bounds"),
        ("onnx/t_raw_long.onnx", "tensor.bounds"),
        ("onnx/t_both.onnx", "tensor.bounds"),
        ("onnx/t_fl_short.onnx", "tensor.bounds"),
        ("onnx/t_fl_long.onnx", "tensor.bounds"),
        ("onnx/t_wrong_field.onnx", "tensor.bounds"),
        ("onnx/t_dt0.onnx", "tensor.dtype"),
        ("onnx/t_dt99.onnx", "tensor.dtype"),
        ("onnx/t_dtneg.onnx", "tensor.dtype"),
        ("onnx/t_str_raw.onnx", "tensor.dtype"),
        ("onnx/t_dup_name.onnx", "graph.duplicate"),
        ("onnx/t_no_name.onnx", "graph.invalid"),
        ("onnx_ext/absolute/m.onnx", "path.escape"),
        ("onnx_ext/proc_environ/m.onnx", "path.escape"),
        ("onnx_ext/directory/m.onnx", "path.special"),
        ("onnx_ext/loc_twice/m.onnx", "path.escape"),
        ("onnx_ext/loc_twice_rev/m.onnx", "path.escape"),
        ("onnx_ext/loc_url/m.onnx", "io.missing"),
        ("onnx_ext/loc_env/m.onnx", "io.missing"),
        ("onnx_ext/loc_ort_mem/m.onnx", "path.escape"),
        ("onnx_ext/loc_nul/m.onnx", "path.escape"),
        ("onnx_ext/off_neg/m.onnx", "tensor.bounds"),
        ("onnx_ext/off_past/m.onnx", "tensor.bounds"),
        ("onnx_ext/off_max/m.onnx", "tensor.bounds"),
        ("onnx_ext/len_neg/m.onnx", "tensor.bounds"),
        ("onnx_ext/len_huge/m.onnx", "tensor.bounds"),
        ("onnx_ext/len_short/m.onnx", "tensor.bounds"),
        ("onnx_ext/file_short/m.onnx", "tensor.bounds"),
        ("onnx_ext/in_constant/m.onnx", "path.escape"),
        ("onnx_ext/in_subgraph/m.onnx", "path.escape"),
        ("onnx/g_cycle2.onnx", "graph.cycle"),
        ("onnx/g_cycle_self.onnx", "graph.cycle"),
        ("onnx/g_cycle_long.onnx", "graph.cycle"),
        ("onnx/g_dup_output.onnx", "graph.duplicate"),
        ("onnx/g_dup_in_node.onnx", "graph.duplicate"),
        ("onnx/g_undefined_in.onnx", "graph.invalid"),
        ("onnx/g_undefined_out.onnx", "graph.invalid"),
        ("onnx/g_shadow_init.onnx", "graph.duplicate"),
        ("onnx/g_empty_op.onnx", "graph.invalid"),
        ("onnx/g_func_mutual.onnx", "graph.cycle"),
        ("onnx/g_func_bomb.onnx", "limit.count"),
        ("onnx/g_func_dup.onnx", "graph.duplicate"),
        ("onnx/g_attr_dup.onnx", "graph.duplicate"),
        ("onnx/g_attr_type_lie.onnx", "op.argument"),
        ("onnx/g_attr_type_99.onnx", "graph.invalid"),
        ("onnx/g_attr_ref.onnx", "graph.invalid"),
    ]

    @Test("are refused with the code that says why", arguments: refused)
    func refusals(name: String, code: String) throws {
        let path = onnxFixtures.appendingPathComponent("damaged/files/\(name)").path
        #expect(faultCode { _ = try readModel(FileSource(path: path)) } == code)
    }

    @Test(
        "good ones among them are read",
        arguments: ["onnx/ok.onnx", "onnx/t_nan_ok.onnx", "onnx_ext/ok/m.onnx", "onnx_ext/ok_subdir/m.onnx"])
    func accepted(name: String) throws {
        _ = try readModel(FileSource(path: onnxFixtures.appendingPathComponent("damaged/files/\(name)").path))
    }

    @Test("a damaged byte, a cut or a doubled stretch is a fault or another model, never a trap")
    func mutations() throws {
        let seed: UInt64 = 0x0DDB_1A5E
        var random = Generator(state: seed)
        let scratch = try ScratchFolder()
        let good = try Data(contentsOf: onnxFixtures.appendingPathComponent("onnx/everything.onnx"))
        var faults = 0
        for round in 0..<500 {
            var bytes = [UInt8](good)
            switch round % 4 {
            case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
            case 1:
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = Int.random(in: start..<bytes.count, using: &random)
                bytes.insert(contentsOf: bytes[start..<end], at: end)
            default:
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                        in: .min ... .max, using: &random)
                }
            }
            do {
                let model = try readModel(scratch.write(bytes, to: "m.onnx"))
                try writeModel(model, to: scratch.path("out.onnx"))
                let again = try readModel(FileSource(path: scratch.path("out.onnx")))
                #expect(try again.text() == model.text(), "seed \(seed), round \(round)")
            } catch {
                #expect(error is any Fault, "seed \(seed), round \(round): \(error)")
                faults += 1
            }
        }
        #expect(faults > 150, "mutations must do harm: seed \(seed)")
    }

    @Test("a million empty nodes are refused before they take a gigabyte")
    func emptyNodes() throws {
        let scratch = try ScratchFolder()
        var graph: [UInt8] = []
        for _ in 0..<1_000_000 { graph += [0x0A, 0x00] }
        var length = graph.count
        var model: [UInt8] = [0x08, 8, 0x3A]
        while length >= 0x80 {
            model.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        model.append(UInt8(length))
        #expect(faultCode { _ = try readModel(scratch.write(model + graph, to: "m.onnx")) } == "limit.memory")
    }
}
