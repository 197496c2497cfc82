/// Schemas of ATen's operators as PyTorch 2.13.0 prints them, one an overload (`default` is left out), written by
/// tools/aten_schemas.py. Arguments that an archive leaves out have the default that stands here. A line that starts with
/// a space goes on with the line before it.
let atenSchemaText = """
    __and__.Scalar(Tensor self, Scalar other) -> Tensor
    __and__.Tensor(Tensor self, Tensor other) -> Tensor
    __or__.Scalar(Tensor self, Scalar other) -> Tensor
    __or__.Tensor(Tensor self, Tensor other) -> Tensor
    __xor__.Scalar(Tensor self, Scalar other) -> Tensor
    __xor__.Tensor(Tensor self, Tensor other) -> Tensor
    _adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor
    _adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor
    _assert_async.msg(Tensor self, str assert_msg) -> ()
    _assert_scalar(Scalar self, str assert_msg) -> ()
    _assert_tensor_metadata(Tensor a, SymInt[]? size=None, SymInt[]? stride=None, ScalarType? dtype=None, *, Device?
     device=None, Layout? layout=None) -> ()
    _cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor
    _conj(Tensor(a) self) -> Tensor(a)
    _convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool
     transposed, SymInt[] output_padding, SymInt groups, bool benchmark, bool deterministic, bool cudnn_enabled, bool
     allow_tf32) -> Tensor
    _convolution_mode(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, str padding, SymInt[] dilation,
     SymInt groups) -> Tensor
    _efficient_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor? cu_seqlens_q, Tensor?
     cu_seqlens_k, SymInt? max_seqlen_q, SymInt? max_seqlen_k, float dropout_p, int custom_mask_type, bool
     compute_log_sumexp=False, *, float? scale=None, Tensor? seqlen_k=None, int? window_size=None) -> (Tensor output,
     Tensor logsumexp, Tensor philox_seed, Tensor philox_offset, SymInt max_seqlen_batch_q, SymInt max_seqlen_batch_k)
    _fused_rms_norm(Tensor input, int[] normalized_shape, Tensor? weight, float? eps) -> (Tensor, Tensor)
    _log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor
    _native_batch_norm_legit(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, Tensor(b!)
     running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)
    _native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool training, float momentum, float
     eps) -> (Tensor, Tensor, Tensor)
    _native_batch_norm_legit_functional(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor
     running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor running_mean_out, Tensor
     running_var_out)
    _native_batch_norm_legit_no_training(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor
     running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor)
    _prelu_kernel(Tensor self, Tensor weight) -> Tensor
    _scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool
     is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)
    _shape_as_tensor(Tensor self) -> Tensor
    _softmax(Tensor self, int dim, bool half_to_float) -> Tensor
    _to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None,
     bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor
    _unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor
    _unsafe_view(Tensor self, SymInt[] size) -> Tensor
    _upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float?
     scales_w=None) -> Tensor
    _upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) ->
     Tensor
    _upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float?
     scales_w=None) -> Tensor
    _upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) ->
     Tensor
    _upsample_nearest_exact2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor
    abs(Tensor self) -> Tensor
    acos(Tensor self) -> Tensor
    acosh(Tensor self) -> Tensor
    adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor
    adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor
    adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor
    adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)
    adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)
    add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
    add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
    addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor
    addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor
    addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor
    addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor
    addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor
    adjoint(Tensor(a) self) -> Tensor(a)
    affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor
    alias(Tensor(a) self) -> Tensor(a)
    alias_copy(Tensor self) -> Tensor
    all(Tensor self) -> Tensor
    all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor
    all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor
    alpha_dropout(Tensor input, float p, bool train) -> Tensor
    amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor
    amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor
    aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)
    any(Tensor self) -> Tensor
    any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor
    any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor
    arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) ->
     Tensor
    arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device?
     device=None, bool? pin_memory=None) -> Tensor
    argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor
    argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor
    argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor
    argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor
    argwhere(Tensor self) -> Tensor
    as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)
    as_strided_copy(Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor
    asin(Tensor self) -> Tensor
    asinh(Tensor self) -> Tensor
    atan(Tensor self) -> Tensor
    atan2(Tensor self, Tensor other) -> Tensor
    atanh(Tensor self) -> Tensor
    avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], bool ceil_mode=False, bool
     count_include_pad=True) -> Tensor
    avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool
     count_include_pad=True, int? divisor_override=None) -> Tensor
    avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool ceil_mode=False, bool
     count_include_pad=True, int? divisor_override=None) -> Tensor
    baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor
    batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training,
     float momentum, float eps, bool cudnn_enabled) -> Tensor
    bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor
    bitwise_and.Scalar(Tensor self, Scalar other) -> Tensor
    bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor
    bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor
    bitwise_not(Tensor self) -> Tensor
    bitwise_or.Scalar(Tensor self, Scalar other) -> Tensor
    bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor
    bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor
    bitwise_xor.Scalar(Tensor self, Scalar other) -> Tensor
    bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor
    block_diag(Tensor[] tensors) -> Tensor
    bmm(Tensor self, Tensor mat2) -> Tensor
    broadcast_tensors(Tensor[] tensors) -> Tensor[]
    broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)
    bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor
    cat(Tensor[] tensors, int dim=0) -> Tensor
    cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor
    ceil(Tensor self) -> Tensor
    celu(Tensor self, Scalar alpha=1.) -> Tensor
    channel_shuffle(Tensor self, SymInt groups) -> Tensor
    chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]
    clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor
    clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor
    clamp_max(Tensor self, Scalar max) -> Tensor
    clamp_max.Tensor(Tensor self, Tensor max) -> Tensor
    clamp_min(Tensor self, Scalar min) -> Tensor
    clamp_min.Tensor(Tensor self, Tensor min) -> Tensor
    clip(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor
    clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor
    col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) ->
     Tensor
    concat(Tensor[] tensors, int dim=0) -> Tensor
    concatenate(Tensor[] tensors, int dim=0) -> Tensor
    constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor
    contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)
    conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], SymInt[1] padding=[0], SymInt[1]
     dilation=[1], SymInt groups=1) -> Tensor
    conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], str padding="valid",
     SymInt[1] dilation=[1], SymInt groups=1) -> Tensor
    conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0],
     SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor
    conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], str padding="valid",
     SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor
    conv3d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0],
     SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor
    conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], str padding="valid",
     SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor
    conv_transpose1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], SymInt[1] padding=[0],
     SymInt[1] output_padding=[0], SymInt groups=1, SymInt[1] dilation=[1]) -> Tensor
    conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2]
     padding=[0, 0], SymInt[2] output_padding=[0, 0], SymInt groups=1, SymInt[2] dilation=[1, 1]) -> Tensor
    conv_transpose3d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3]
     padding=[0, 0, 0], SymInt[3] output_padding=[0, 0, 0], SymInt groups=1, SymInt[3] dilation=[1, 1, 1]) -> Tensor
    convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool
     transposed, SymInt[] output_padding, SymInt groups) -> Tensor
    copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor
    cos(Tensor self) -> Tensor
    cosh(Tensor self) -> Tensor
    cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor
    count_nonzero(Tensor self, int? dim=None) -> Tensor
    count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor
    cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor
    cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor
    deg2rad(Tensor self) -> Tensor
    detach(Tensor(a) self) -> Tensor(a)
    detach_copy(Tensor self) -> Tensor
    diag(Tensor self, int diagonal=0) -> Tensor
    diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor
    diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)
    diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor
    diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor
    dim(Tensor self) -> int
    div.Scalar(Tensor self, Scalar other) -> Tensor
    div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor
    div.Tensor(Tensor self, Tensor other) -> Tensor
    div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor
    divide.Tensor(Tensor self, Tensor other) -> Tensor
    dot(Tensor self, Tensor tensor) -> Tensor
    dropout(Tensor input, float p, bool train) -> Tensor
    einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor
    elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor
    empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None, MemoryFormat? memory_format=None) -> Tensor
    empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None, MemoryFormat? memory_format=None) -> Tensor
    eq.Scalar(Tensor self, Scalar other) -> Tensor
    eq.Tensor(Tensor self, Tensor other) -> Tensor
    erf(Tensor self) -> Tensor
    erfc(Tensor self) -> Tensor
    exp(Tensor self) -> Tensor
    exp2(Tensor self) -> Tensor
    expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)
    expand_as(Tensor(a) self, Tensor other) -> Tensor(a)
    expand_copy(Tensor self, SymInt[] size, *, bool implicit=False) -> Tensor
    expm1(Tensor self) -> Tensor
    eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) ->
     Tensor
    eye.m(SymInt n, SymInt m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    feature_dropout(Tensor input, float p, bool train) -> Tensor
    fill.Scalar(Tensor self, Scalar value) -> Tensor
    fill.Tensor(Tensor self, Tensor value) -> Tensor
    fix(Tensor self) -> Tensor
    flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)
    flip(Tensor self, int[] dims) -> Tensor
    fliplr(Tensor self) -> Tensor
    flipud(Tensor self) -> Tensor
    floor(Tensor self) -> Tensor
    floor_divide(Tensor self, Tensor other) -> Tensor
    floor_divide.Scalar(Tensor self, Scalar other) -> Tensor
    fmax(Tensor self, Tensor other) -> Tensor
    fmin(Tensor self, Tensor other) -> Tensor
    fmod.Scalar(Tensor self, Scalar other) -> Tensor
    fmod.Tensor(Tensor self, Tensor other) -> Tensor
    frac(Tensor self) -> Tensor
    full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None,
     bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor
    gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor
    ge.Scalar(Tensor self, Scalar other) -> Tensor
    ge.Tensor(Tensor self, Tensor other) -> Tensor
    gelu(Tensor self, *, str approximate="none") -> Tensor
    glu(Tensor self, int dim=-1) -> Tensor
    greater.Scalar(Tensor self, Scalar other) -> Tensor
    greater.Tensor(Tensor self, Tensor other) -> Tensor
    grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor
    grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor
    group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05,
     bool cudnn_enabled=True) -> Tensor
    gru.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train,
     bool bidirectional, bool batch_first) -> (Tensor, Tensor)
    gt.Scalar(Tensor self, Scalar other) -> Tensor
    gt.Tensor(Tensor self, Tensor other) -> Tensor
    hann_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor
    hardsigmoid(Tensor self) -> Tensor
    hardswish(Tensor self) -> Tensor
    hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor
    hypot(Tensor self, Tensor other) -> Tensor
    im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor
    index.Tensor(Tensor self, Tensor?[] indices) -> Tensor
    index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor
    index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor
    index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor
    index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor
    index_select(Tensor self, int dim, Tensor index) -> Tensor
    instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool
     use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor
    is_same_size(Tensor self, Tensor other) -> bool
    isfinite(Tensor self) -> Tensor
    isinf(Tensor self) -> Tensor
    isnan(Tensor self) -> Tensor
    item(Tensor self) -> Scalar
    l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor
    layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float
     eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor
    le.Scalar(Tensor self, Scalar other) -> Tensor
    le.Tensor(Tensor self, Tensor other) -> Tensor
    leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor
    lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor
    lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor
    lift(Tensor self) -> Tensor
    lift_fresh(Tensor(a) self) -> Tensor(a)
    lift_fresh_copy(Tensor self) -> Tensor
    linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) ->
     Tensor
    linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) ->
     Tensor
    linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor
    linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None,
     bool? pin_memory=None) -> Tensor
    log(Tensor self) -> Tensor
    log10(Tensor self) -> Tensor
    log1p(Tensor self) -> Tensor
    log2(Tensor self) -> Tensor
    log_sigmoid(Tensor self) -> Tensor
    log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor
    logaddexp(Tensor self, Tensor other) -> Tensor
    logical_and(Tensor self, Tensor other) -> Tensor
    logical_not(Tensor self) -> Tensor
    logical_or(Tensor self, Tensor other) -> Tensor
    logical_xor(Tensor self, Tensor other) -> Tensor
    logspace(Scalar start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None,
     Device? device=None, bool? pin_memory=None) -> Tensor
    logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor
    lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train,
     bool bidirectional, bool batch_first) -> (Tensor, Tensor, Tensor)
    lt.Scalar(Tensor self, Scalar other) -> Tensor
    lt.Tensor(Tensor self, Tensor other) -> Tensor
    mT(Tensor(a) self) -> Tensor(a)
    masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor
    masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor
    masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor
    masked_select(Tensor self, Tensor mask) -> Tensor
    matmul(Tensor self, Tensor other) -> Tensor
    matrix_H(Tensor(a) self) -> Tensor(a)
    max(Tensor self) -> Tensor
    max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)
    max.other(Tensor self, Tensor other) -> Tensor
    max_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], int[1] dilation=[1], bool
     ceil_mode=False) -> Tensor
    max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool
     ceil_mode=False) -> Tensor
    max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1,
     bool ceil_mode=False) -> (Tensor, Tensor)
    max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool
     ceil_mode=False) -> Tensor
    maximum(Tensor self, Tensor other) -> Tensor
    mean(Tensor self, *, ScalarType? dtype=None) -> Tensor
    mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
    meshgrid(Tensor[] tensors) -> Tensor[]
    meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]
    min(Tensor self) -> Tensor
    min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)
    min.other(Tensor self, Tensor other) -> Tensor
    minimum(Tensor self, Tensor other) -> Tensor
    mish(Tensor self) -> Tensor
    mm(Tensor self, Tensor mat2) -> Tensor
    movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)
    movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)
    mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor
    mul.Scalar(Tensor self, Scalar other) -> Tensor
    mul.Tensor(Tensor self, Tensor other) -> Tensor
    multiply.Tensor(Tensor self, Tensor other) -> Tensor
    mv(Tensor self, Tensor vec) -> Tensor
    nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor
    narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)
    native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool
     training, float momentum, float eps) -> (Tensor, Tensor, Tensor)
    native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)
    native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float
     eps) -> (Tensor, Tensor, Tensor)
    native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> (Tensor,
     Tensor, Tensor)
    ne.Scalar(Tensor self, Scalar other) -> Tensor
    ne.Tensor(Tensor self, Tensor other) -> Tensor
    neg(Tensor self) -> Tensor
    negative(Tensor self) -> Tensor
    new_empty(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    new_full(Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device?
     device=None, bool? pin_memory=None) -> Tensor
    new_ones(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    nonzero(Tensor self) -> Tensor
    nonzero_numpy(Tensor self) -> Tensor[]
    norm.Scalar(Tensor self, Scalar p=2) -> Tensor
    norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor
    numel(Tensor self) -> int
    numpy_T(Tensor(a) self) -> Tensor(a)
    one_hot(Tensor self, int num_classes=-1) -> Tensor
    ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) ->
     Tensor
    ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None,
     MemoryFormat? memory_format=None) -> Tensor
    pad(Tensor self, SymInt[] pad, str mode="constant", float? value=None) -> Tensor
    pdist(Tensor self, float p=2.) -> Tensor
    permute(Tensor(a) self, int[] dims) -> Tensor(a)
    permute_copy(Tensor self, int[] dims) -> Tensor
    pixel_shuffle(Tensor self, int upscale_factor) -> Tensor
    pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor
    positive(Tensor(a) self) -> Tensor(a)
    pow.Scalar(Scalar self, Tensor exponent) -> Tensor
    pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor
    pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor
    prelu(Tensor self, Tensor weight) -> Tensor
    prod(Tensor self, *, ScalarType? dtype=None) -> Tensor
    prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
    rad2deg(Tensor self) -> Tensor
    rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None,
     MemoryFormat? memory_format=None) -> Tensor
    randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None, MemoryFormat? memory_format=None) -> Tensor
    ravel(Tensor(a) self) -> Tensor(a)
    reciprocal(Tensor self) -> Tensor
    reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor
    reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor
    reflection_pad3d(Tensor self, SymInt[6] padding) -> Tensor
    relu(Tensor self) -> Tensor
    relu6(Tensor self) -> Tensor
    remainder.Scalar(Tensor self, Scalar other) -> Tensor
    remainder.Tensor(Tensor self, Tensor other) -> Tensor
    renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor
    repeat(Tensor self, SymInt[] repeats) -> Tensor
    repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor
    repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor
    replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor
    replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor
    replication_pad3d(Tensor self, SymInt[6] padding) -> Tensor
    reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)
    reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)
    resolve_conj(Tensor(a) self) -> Tensor(a)
    resolve_neg(Tensor(a) self) -> Tensor(a)
    rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor
    rnn_relu.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool
     train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)
    rnn_tanh.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool
     train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)
    roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor
    rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor
    round(Tensor self) -> Tensor
    round.decimals(Tensor self, *, int decimals) -> Tensor
    rsqrt(Tensor self) -> Tensor
    rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
    rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
    scalar_tensor(Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None) -> Tensor
    scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.,
     bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor
    scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor
    scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor
    scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor
    scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) ->
     Tensor
    select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)
    select_copy.int(Tensor self, int dim, SymInt index) -> Tensor
    select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor
    selu(Tensor self) -> Tensor
    sgn(Tensor self) -> Tensor
    sigmoid(Tensor self) -> Tensor
    sign(Tensor self) -> Tensor
    signbit(Tensor self) -> Tensor
    silu(Tensor self) -> Tensor
    sin(Tensor self) -> Tensor
    sinc(Tensor self) -> Tensor
    sinh(Tensor self) -> Tensor
    size.int(Tensor self, int dim) -> int
    slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)
    slice_copy.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor
    slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor
    softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor
    softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor
    softshrink(Tensor self, Scalar lambd=0.5) -> Tensor
    sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)
    sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)
    split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]
    split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]
    split_copy.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]
    split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]
    split_with_sizes_copy(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]
    sqrt(Tensor self) -> Tensor
    square(Tensor self) -> Tensor
    squeeze(Tensor(a) self) -> Tensor(a)
    squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)
    squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)
    squeeze_copy.dims(Tensor self, int[] dim) -> Tensor
    stack(Tensor[] tensors, int dim=0) -> Tensor
    std(Tensor self, bool unbiased=True) -> Tensor
    std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor
    std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor
    std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)
    std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor,
     Tensor)
    std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)
    sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
    sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
    subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor
    subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
    sum(Tensor self, *, ScalarType? dtype=None) -> Tensor
    sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
    swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)
    swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)
    sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()
    sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()
    sym_numel(Tensor self) -> SymInt
    sym_size.int(Tensor self, int dim) -> SymInt
    sym_stride.int(Tensor self, int dim) -> SymInt
    t(Tensor(a) self) -> Tensor(a)
    t_copy(Tensor self) -> Tensor
    tan(Tensor self) -> Tensor
    tanh(Tensor self) -> Tensor
    tensor(t[] data, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor
    tensor.bool(bool t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor
    tensor.float(float t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor
    tensor.int(int t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor
    tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]
    tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]
    tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor
    threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor
    tile(Tensor self, SymInt[] dims) -> Tensor
    to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat?
     memory_format=None) -> Tensor(a)
    to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat?
     memory_format=None) -> Tensor(a)
    to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)
    to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None)
     -> Tensor(a)
    to.prim_Device(Tensor(a) self, Device? device, int? dtype=None, bool non_blocking=False, bool copy=False) ->
     Tensor(b|a)
    topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)
    transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)
    transpose_copy.int(Tensor self, int dim0, int dim1) -> Tensor
    tril(Tensor self, SymInt diagonal=0) -> Tensor
    tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None,
     bool? pin_memory=None) -> Tensor
    triu(Tensor self, SymInt diagonal=0) -> Tensor
    triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None,
     bool? pin_memory=None) -> Tensor
    trunc(Tensor self) -> Tensor
    type_as(Tensor self, Tensor other) -> Tensor
    unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]
    unbind_copy.int(Tensor self, int dim=0) -> Tensor[]
    unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)
    unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)
    unfold_copy(Tensor self, int dimension, int size, int step) -> Tensor
    unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]
    unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]
    unsqueeze(Tensor(a) self, int dim) -> Tensor(a)
    unsqueeze_copy(Tensor self, int dim) -> Tensor
    upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float?
     scales_w=None) -> Tensor
    upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor
    upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float?
     scales_w=None) -> Tensor
    upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor
    upsample_linear1d(Tensor self, SymInt[1] output_size, bool align_corners, float? scales=None) -> Tensor
    upsample_linear1d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor
    upsample_nearest1d(Tensor self, SymInt[1] output_size, float? scales=None) -> Tensor
    upsample_nearest1d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor
    upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor
    upsample_nearest2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor
    upsample_nearest3d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor
    upsample_trilinear3d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) ->
     Tensor
    var(Tensor self, bool unbiased=True) -> Tensor
    var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor
    var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor
    var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)
    var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor,
     Tensor)
    var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)
    vdot(Tensor self, Tensor other) -> Tensor
    view(Tensor(a) self, SymInt[] size) -> Tensor(a)
    view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)
    view_as(Tensor(a) self, Tensor other) -> Tensor(a)
    view_copy(Tensor self, SymInt[] size) -> Tensor
    where(Tensor condition) -> Tensor[]
    where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor
    where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor
    where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor
    where.self(Tensor condition, Tensor self, Tensor other) -> Tensor
    zero(Tensor self) -> Tensor
    zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None)
     -> Tensor
    zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool?
     pin_memory=None, MemoryFormat? memory_format=None) -> Tensor
    """
