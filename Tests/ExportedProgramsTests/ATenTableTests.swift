@testable import ExportedPrograms
import Testing

@Suite struct ATenTableTests {
    /// The overloads that 151 exports of all of timm's families hold, as they stand and decomposed.
    static let surveyed = """
        _assert_tensor_metadata.default _native_batch_norm_legit.no_stats
        _native_batch_norm_legit_no_training.default _softmax.default _to_copy.default
        _upsample_bicubic2d_aa.vec adaptive_avg_pool2d.default add.Tensor add_.Tensor addcmul.default
        addmm.default alias.default amax.default any.dim arange.default arange.start arange.start_step
        as_strided.default avg_pool1d.default avg_pool2d.default batch_norm.default bitwise_not.default
        bmm.default cat.default chunk.default clamp.Tensor clamp.default clamp_min.default clone.default
        col2im.default constant_pad_nd.default contiguous.default conv1d.default conv2d.default conv2d.padding
        conv_transpose2d.input convolution.default copy.default copy_.default cos.default cumsum.default
        div.Tensor div.Tensor_mode div_.Tensor dropout.default dropout_.default einsum.default eq.Scalar
        exp.default expand.default expand_as.default flatten.using_ints flip.default fmod.Scalar full.default
        full_like.default gelu.default group_norm.default hardsigmoid.default hardswish.default
        hardswish_.default hardtanh.default hardtanh_.default im2col.default index.Tensor index_put.default
        index_select.default layer_norm.default leaky_relu_.default lift_fresh_copy.default
        linalg_vector_norm.default linear.default logical_not.default lstm.input matmul.default max.dim
        max_pool2d.default max_pool2d_with_indices.default mean.dim meshgrid.indexing mm.default mul.Scalar
        mul.Tensor mul_.Tensor native_group_norm.default native_layer_norm.default neg.default one_hot.default
        ones.default pad.default permute.default pow.Scalar pow.Tensor_Scalar relu.default relu_.default
        repeat.default repeat_interleave.self_int reshape.default reshape_as.default rms_norm.default
        roll.default rsqrt.default rsub.Scalar scaled_dot_product_attention.default select.int sigmoid.default
        silu.default silu_.default sin.default slice.Tensor softmax.int split.Tensor split_with_sizes.default
        square.default squeeze.dims stack.default sub.Tensor sum.dim_IntList tanh.default tile.default to.device
        to.dtype transpose.int type_as.default unbind.int unsqueeze.default upsample_bicubic2d.vec
        upsample_bilinear2d.vec upsample_linear1d.vec upsample_nearest2d.vec view.default where.self
        zeros.default
        """

    @Test func everySurveyedOperatorHasATranslation() {
        let names = Self.surveyed.split(whereSeparator: \.isWhitespace)
        let missing = names.filter { name in
            guard let found = ATenSchema.find(target: "aten.\(name)") else { return true }
            return ATenTable.standard.entries[found.schema.fullName] == nil
        }
        #expect(names.count == 133)
        #expect(missing.isEmpty)
    }

    @Test func everyTranslationHasASchema() {
        #expect(ATenTable.standard.entries.keys.filter { ATenSchema.all[$0] == nil }.sorted() == [])
    }

    @Test func schemasAreRead() throws {
        let conv = try #require(ATenSchema.find(target: "aten.conv2d.padding")?.schema)
        #expect(conv.arguments.map(\.name) == ["input", "weight", "bias", "stride", "padding", "dilation", "groups"])
        guard case .string("valid")? = conv.arguments[4].defaultValue else {
            Issue.record("no default")
            return
        }
        let add = try #require(ATenSchema.find(target: "aten.add_.Tensor"))
        #expect(add.isInPlace && add.schema.arguments[2].isKeywordOnly)
        #expect(ATenSchema.find(target: "aten.split.Tensor")?.schema.arguments[0].isAliased == true)
        #expect(ATenSchema.find(target: "aten.max.dim")?.schema.results == ["Tensor", "Tensor"])
        #expect(ATenSchema.overloads(of: "max").map(\.overload).sorted() == ["default", "dim", "other"])
    }

    @Test func sizesHaveOneForm() throws {
        let (n, h) = (SymbolicInt.symbol("n"), SymbolicInt.symbol("h"))
        #expect(try (n * .number(4)) * h == .number(2) * (h * n) * .number(2))
        #expect(try (n * .number(64)) / .number(64) == n)
        #expect(try (n * .number(64) + .number(5)) / .number(64) == n)
        #expect(try (n * .number(64) - .number(1)) / .number(64) == n - .number(1))
        #expect(try (n * h) / n == h)
        #expect(try (n * .number(6)) % .number(3) == .number(0))
        #expect(try n / .number(2) == .quotient(n, .number(2)))
        #expect(throws: (any Error).self) { try SymbolicInt.number(.max) * n * .number(2) }
        #expect(throws: (any Error).self) { try n / .number(0) }
    }
}
