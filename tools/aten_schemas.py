"""Writes the table of ATen's schemas that exported programs are read with: Sources/ExportedPrograms/ATen/ATenSchemas.swift.

Needs PyTorch 2.13. In-place forms aren't listed: they have the schema of the plain one.
"""

import sys
import textwrap

import torch

NAMES = """
__and__.Scalar __and__.Tensor __or__.Scalar __or__.Tensor __xor__.Scalar __xor__.Tensor bitwise_xor.Scalar
std_mean std_mean.dim subtract.Scalar var_mean
_adaptive_avg_pool2d _adaptive_avg_pool3d _assert_async.msg _assert_scalar _assert_tensor_metadata _cdist_forward
_conj _convolution _convolution_mode _efficient_attention_forward
_native_batch_norm_legit _native_batch_norm_legit.no_stats _native_batch_norm_legit_functional
_native_batch_norm_legit_no_training _scaled_dot_product_flash_attention_for_cpu
_log_softmax _softmax _to_copy _unsafe_index.Tensor _unsafe_view _upsample_bicubic2d_aa
_upsample_bicubic2d_aa.vec _upsample_bilinear2d_aa _upsample_bilinear2d_aa.vec abs acos acosh adaptive_avg_pool1d
adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d add.Scalar add.Tensor addbmm addcdiv addcmul addmm addmv
affine_grid_generator alias all all.dim all.dims alpha_dropout amax amin aminmax any any.dim any.dims arange arange.start arange.start_step
argmax argmin argsort argsort.stable as_strided asin asinh atan atan2 atanh avg_pool1d avg_pool2d avg_pool3d baddbmm batch_norm bilinear
bitwise_and.Scalar bitwise_and.Tensor bitwise_left_shift.Tensor_Scalar bitwise_not bitwise_or.Scalar bitwise_or.Tensor
bitwise_right_shift.Tensor_Scalar bitwise_xor.Tensor
block_diag bmm broadcast_tensors broadcast_to bucketize.Tensor cat cdist ceil celu channel_shuffle
chunk clamp clamp.Tensor clamp_max clamp_max.Tensor clamp_min clamp_min.Tensor clip clone col2im concat concatenate constant_pad_nd contiguous
conv1d conv1d.padding conv2d conv2d.padding conv3d conv3d.padding conv_transpose1d conv_transpose2d.input
conv_transpose3d.input convolution copy cos cosh cosine_similarity cumprod cumsum deg2rad detach detach_copy diag diag_embed diagonal diff div.Scalar div.Scalar_mode div.Tensor
div.Tensor_mode divide.Tensor dot dropout einsum elu empty.memory_format empty_like eq.Scalar eq.Tensor erf erfc exp exp2 expand
expand_as expm1 eye eye.m feature_dropout fill.Scalar fill.Tensor fix flatten.using_ints flip fliplr flipud floor floor_divide floor_divide.Scalar
fmax fmin fmod.Scalar fmod.Tensor frac full full_like gather ge.Scalar ge.Tensor gelu glu greater.Scalar greater.Tensor grid_sampler grid_sampler_2d group_norm
gt.Scalar gt.Tensor hann_window hardshrink hardsigmoid hardswish hardtanh hypot im2col index.Tensor index_add index_copy index_fill.int_Scalar
index_put index_select instance_norm isfinite isinf isnan item l1_loss layer_norm le.Scalar le.Tensor leaky_relu lerp.Scalar lerp.Tensor lift
lift_fresh lift_fresh_copy linalg_norm linalg_vector_norm linear linspace log log10 log1p log2 log_sigmoid log_softmax.int
logaddexp logical_and logical_not logical_or logical_xor logspace logsumexp lstm.input gru.input rnn_tanh.input rnn_relu.input lt.Scalar lt.Tensor masked_fill.Scalar
masked_fill.Tensor masked_scatter masked_select matmul max max.dim max.other max_pool1d max_pool2d max_pool2d_with_indices max_pool3d
maximum mean mean.dim meshgrid meshgrid.indexing min min.dim min.other minimum mish mm movedim.int movedim.intlist
mse_loss mul.Scalar mul.Tensor multiply.Tensor mv nan_to_num narrow native_batch_norm native_dropout native_group_norm native_layer_norm ne.Scalar
ne.Tensor neg negative new_empty new_full new_ones new_zeros norm.Scalar norm.ScalarOpt_dim nonzero one_hot ones ones_like pad
pdist permute pixel_shuffle pixel_unshuffle positive pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor prelu _prelu_kernel prod prod.dim_int rad2deg rand_like randn_like ravel
reciprocal reflection_pad1d reflection_pad2d reflection_pad3d relu relu6 remainder.Scalar remainder.Tensor renorm repeat
repeat_interleave.self_int repeat_interleave.Tensor replication_pad1d replication_pad2d replication_pad3d reshape reshape_as resolve_conj resolve_neg rms_norm _fused_rms_norm roll rot90
round round.decimals rsqrt rsub.Scalar rsub.Tensor scalar_tensor scaled_dot_product_attention scatter.src scatter.value scatter_add scatter_reduce.two
select.int select_copy.int select_scatter selu sgn sigmoid sign signbit silu sin sinc sinh size.int slice.Tensor slice_copy.Tensor slice_scatter softmax.int softplus
softshrink sort sort.stable split.Tensor split.sizes split_with_sizes split_copy.Tensor split_with_sizes_copy sqrt square squeeze squeeze.dim squeeze.dims stack std std.correction std.dim
std_mean.correction sub.Scalar sub.Tensor subtract.Tensor sum sum.dim_IntList swapaxes swapdims t tan tanh tensor tensor.bool tensor.float tensor.int tensor_split.sections tensor_split.indices tensordot
threshold tile to.device to.dtype to.dtype_layout to.other to.prim_Device topk transpose.int tril triu tril_indices triu_indices trunc type_as unbind.int unbind_copy.int unflatten.int unfold
unsafe_chunk unsafe_split.Tensor unsqueeze upsample_bicubic2d upsample_bicubic2d.vec upsample_bilinear2d upsample_bilinear2d.vec upsample_linear1d
upsample_linear1d.vec upsample_nearest1d upsample_nearest1d.vec upsample_nearest2d upsample_nearest2d.vec
upsample_nearest3d.vec upsample_trilinear3d.vec _upsample_nearest_exact2d.vec var var.correction var.dim var_mean.correction var_mean.dim vdot view view.dtype
view_as view_copy where argwhere count_nonzero count_nonzero.dim_IntList nonzero_numpy where.Scalar where.ScalarOther where.ScalarSelf where.self zero zeros zeros_like numpy_T mT matrix_H adjoint
sym_size.int sym_numel sym_stride.int sym_constrain_range sym_constrain_range_for_size _shape_as_tensor
permute_copy transpose_copy.int unsqueeze_copy squeeze_copy.dims expand_copy alias_copy t_copy as_strided_copy diagonal_copy unfold_copy
is_same_size numel dim
"""

HEAD = '''/// Schemas of ATen's operators as PyTorch {version} prints them, one an overload (`default` is left out), written by
/// tools/aten_schemas.py. Arguments that an archive leaves out have the default that stands here. A line that starts with
/// a space goes on with the line before it.
let atenSchemaText = """
'''


def main(path):
    found = {}
    for schema in torch._C._jit_get_all_schemas():
        if schema.name.startswith("aten::"):
            name = schema.name[6:] + ("." + schema.overload_name if schema.overload_name else "")
            found[name] = str(schema)[6:]
    names = sorted(set(NAMES.split()))
    missing = [name for name in names if name not in found]
    if missing:
        print("not in this PyTorch:", " ".join(missing), file=sys.stderr)
    with open(path, "w") as out:
        out.write(HEAD.format(version=torch.__version__.split("+")[0]))
        for name in names:
            if name not in found:
                continue
            lines = textwrap.wrap(found[name], 114, break_long_words=False, break_on_hyphens=False)
            out.write("    " + lines[0] + "\n")
            for line in lines[1:]:
                out.write("     " + line + "\n")
        out.write('    """\n')


main(sys.argv[1] if len(sys.argv) > 1 else "Sources/ExportedPrograms/ATen/ATenSchemas.swift")
