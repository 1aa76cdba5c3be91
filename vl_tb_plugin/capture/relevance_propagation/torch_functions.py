"""Which torch functions do what to relevance, by the names that a torch function mode sees."""

from __future__ import annotations

CONTROL = frozenset(
    {
        "__bool__",
        "__contains__",
        "__format__",
        "__get__",
        "__iter__",
        "__len__",
        "__repr__",
        "__set__",
        "backward",
        "data_ptr",
        "detach",
        "dim",
        "element_size",
        "get_device",
        "grad",
        "is_complex",
        "is_contiguous",
        "is_floating_point",
        "is_same_size",
        "item",
        "ndimension",
        "nelement",
        "numel",
        "numpy",
        "register_hook",
        "requires_grad_",
        "retain_grad",
        "size",
        "storage",
        "storage_offset",
        "stride",
        "tolist",
    }
)
"""Ask about a tensor, or steer autograd."""

CREATIONS = frozenset(
    {
        "empty_like",
        "full_like",
        "new_empty",
        "new_full",
        "new_ones",
        "new_tensor",
        "new_zeros",
        "ones_like",
        "rand_like",
        "randn_like",
        "zeros_like",
    }
)
"""Make a constant that is like a tensor."""

COPIES = frozenset(
    {
        "T",
        "__getitem__",
        "__setitem__",
        "adjoint",
        "alias",
        "amin",
        "as_strided",
        "as_tensor",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "bfloat16",
        "broadcast_tensors",
        "broadcast_to",
        "cat",
        "channel_shuffle",
        "chunk",
        "clone",
        "column_stack",
        "complex",
        "concat",
        "concatenate",
        "contiguous",
        "copy_",
        "cpu",
        "cuda",
        "diagonal",
        "double",
        "dsplit",
        "dstack",
        "expand",
        "expand_as",
        "fill_",
        "flatten",
        "flip",
        "float",
        "gather",
        "half",
        "hsplit",
        "hstack",
        "index_copy",
        "index_copy_",
        "index_put",
        "index_put_",
        "index_select",
        "masked_fill",
        "masked_fill_",
        "masked_scatter",
        "masked_scatter_",
        "masked_select",
        "max",
        "max_pool1d",
        "max_pool2d",
        "maximum",
        "min",
        "minimum",
        "moveaxis",
        "movedim",
        "narrow",
        "pad",
        "permute",
        "pixel_shuffle",
        "pixel_unshuffle",
        "ravel",
        "repeat",
        "repeat_interleave",
        "reshape",
        "reshape_as",
        "resolve_conj",
        "resolve_neg",
        "roll",
        "rot90",
        "scatter",
        "scatter_",
        "select",
        "slice_scatter",
        "sort",
        "split",
        "split_with_sizes",
        "squeeze",
        "squeeze_",
        "stack",
        "swapaxes",
        "swapdims",
        "t",
        "take_along_dim",
        "tensor_split",
        "tile",
        "to",
        "to_dense",
        "topk",
        "transpose",
        "transpose_",
        "tril",
        "tril_",
        "triu",
        "triu_",
        "type",
        "type_as",
        "unbind",
        "unflatten",
        "unfold",
        "unsqueeze",
        "unsqueeze_",
        "view",
        "view_as",
        "view_as_complex",
        "view_as_real",
        "vstack",
        "where",
        "zero_",
    }
)
"""Each element of the result is an element of an operand: plain autograd hands relevance back."""

IDENTITIES = frozenset(
    {
        "batch_norm",
        "celu",
        "clamp",
        "clamp_max",
        "clamp_min",
        "clip",
        "elu",
        "erf",
        "gelu",
        "group_norm",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "instance_norm",
        "layer_norm",
        "leaky_relu",
        "mish",
        "neg",
        "normalize",
        "pow",
        "positive",
        "prelu",
        "relu",
        "relu6",
        "rms_norm",
        "selu",
        "sigmoid",
        "silu",
        "softplus",
        "square",
        "tanh",
    }
)
"""Normalisation and activation of the first argument: it gets the relevance of the result."""

ARITHMETIC = frozenset(
    {
        "add",
        "sub",
        "subtract",
        "mul",
        "multiply",
        "div",
        "divide",
        "true_divide",
        "__rsub__",
    }
)
"""With a constant: relevance is that of the other operand."""

PRODUCTS = frozenset(
    {
        "mul",
        "multiply",
        "matmul",
        "__matmul__",
        "__rmatmul__",
        "bmm",
        "mm",
        "einsum",
    }
)
"""Of two operands."""

CONVOLUTIONS = frozenset(
    {
        "conv1d",
        "conv2d",
        "conv3d",
    }
)

POOLINGS = frozenset(
    {
        "adaptive_avg_pool1d",
        "adaptive_avg_pool2d",
        "adaptive_avg_pool3d",
        "avg_pool1d",
        "avg_pool2d",
        "interpolate",
        "mean",
        "sum",
    }
)
"""Linear maps without weights."""

STATISTICS = frozenset(
    {
        "linalg_norm",
        "linalg_vector_norm",
        "norm",
        "std",
        "var",
        "vector_norm",
    }
)
"""What a normalisation divides by: constant, so that the normalisation is the identity."""
