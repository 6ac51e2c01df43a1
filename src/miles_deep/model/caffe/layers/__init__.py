"""From Caffe's meaning of each layer type to ONNX nodes: one small function a type, all of them in `LAYERS`."""

from collections.abc import Callable

from miles_deep.model.caffe.graph import Tensor
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.caffe.layers.combining import axpy, eltwise, reduction, softmax
from miles_deep.model.caffe.layers.linear import (
    convolution,
    convolution_depthwise,
    deconvolution,
    inner_product,
)
from miles_deep.model.caffe.layers.moving import (
    concat,
    crop,
    flatten,
    input_,
    permute,
    reshape,
    shuffle_channel,
    silence,
    slice_,
    split,
)
from miles_deep.model.caffe.layers.neurons import (
    absval,
    clip,
    dropout,
    elu,
    exp,
    log,
    power,
    prelu,
    relu,
    relu6,
    sigmoid,
    swish,
    tanh,
)
from miles_deep.model.caffe.layers.scaling import batch_norm, bias, scale
from miles_deep.model.caffe.layers.windows import lrn, pooling

LAYERS: dict[str, Callable[[Call], Tensor | list[Tensor]]] = {
    "Input": input_,
    "Convolution": convolution,
    "DepthwiseConvolution": convolution,  # the same, computed faster
    "ConvolutionDepthwise": convolution_depthwise,
    "Deconvolution": deconvolution,
    "InnerProduct": inner_product,
    "Pooling": pooling,
    "LRN": lrn,
    "BatchNorm": batch_norm,
    "Scale": scale,
    "Bias": bias,
    "ReLU": relu,
    "ReLU6": relu6,
    "PReLU": prelu,
    "ELU": elu,
    "Sigmoid": sigmoid,
    "TanH": tanh,
    "AbsVal": absval,
    "Swish": swish,
    "Clip": clip,
    "Power": power,
    "Exp": exp,
    "Log": log,
    "Dropout": dropout,
    "Eltwise": eltwise,
    "Axpy": axpy,
    "Softmax": softmax,
    "Reduction": reduction,
    "Concat": concat,
    "Slice": slice_,
    "Split": split,
    "Silence": silence,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "Crop": crop,
    "ShuffleChannel": shuffle_channel,
}
"""Every layer type that can be imported, by its name in a prototxt; a list where it can make several blobs.

All are BVLC's but for those that published networks brought with them: DepthwiseConvolution, ReLU6 (MobileNets),
ConvolutionDepthwise, ShuffleChannel (ShuffleNet), Axpy (SENet) and Permute (SSD)."""

LEFT_OUT = {
    "ArgMax": "it gives the number of the best label, and scores of all are needed; take it out of the prototxt",
}
"""Types that are left out on purpose, and why."""
