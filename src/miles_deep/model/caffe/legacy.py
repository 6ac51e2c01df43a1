"""The formats of 2013 and 2014, `layers { ... }`, as today's `layer { ... }` (Caffe's upgrade_proto.cpp)."""

from collections.abc import Iterator
from typing import Any

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.settings import Prototxt
from miles_deep.model.quoting import quoted

OTHERWISE = {
    **{"NONE": "", "ABSVAL": "AbsVal", "ARGMAX": "ArgMax", "BNLL": "BNLL", "LRN": "LRN", "MVN": "MVN"},
    **{"HDF5_DATA": "HDF5Data", "HDF5_OUTPUT": "HDF5Output", "RELU": "ReLU", "TANH": "TanH"},
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
}
"""Types of 2014 whose name today does not follow from the old one, as InnerProduct does from INNER_PRODUCT."""

PADDING = "padding"
"""The type of 2013 that padded the map for the layer after it, which has a `pad` of its own since."""

WINDOW = {"pad": "pad", "kernelsize": "kernel_size", "stride": "stride"}
OUTPUTS = {"num_output": "num_output", "biasterm": "bias_term"}
TYPES_OF_2013: dict[str, tuple[str, str, dict[str, str]]] = {
    "conv": ("Convolution", "convolution_param", {**OUTPUTS, **WINDOW, "group": "group"}),
    "innerproduct": ("InnerProduct", "inner_product_param", OUTPUTS),
    "pool": ("Pooling", "pooling_param", {**WINDOW, "pool": "pool"}),
    "lrn": ("LRN", "lrn_param", {name: name for name in ("local_size", "alpha", "beta", "k")}),
    "dropout": ("Dropout", "dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "concat": ("Concat", "concat_param", {"concat_dim": "concat_dim"}),
    "flatten": ("Flatten", "", {}),
    "relu": ("ReLU", "", {}),
    "sigmoid": ("Sigmoid", "", {}),
    "softmax": ("Softmax", "", {}),
    "split": ("Split", "", {}),
    "tanh": ("TanH", "", {}),
    PADDING: (PADDING, "", {"pad": ""}),
}
"""A type's name of 2013 to its name today, the message of its settings, and their names then and now."""


def upgraded(prototxt: Prototxt) -> Prototxt:
    """The same network as today's format would have it. Raises CaffeError where it mixes the formats."""
    old = prototxt.network
    if not old.layers:
        return prototxt
    if old.layer:
        raise CaffeError(
            f"{prototxt.path}: has `layer` and `layers`, two formats in one file; it can have only one"
        )
    network = pb.NetParameter()
    network.CopyFrom(old)
    del network.layers[:]
    unknown_of_layer = []
    padded: dict[str, tuple[str, int]] = {}  # what a padding layer made: what it read, and how far it padded it
    for one, unknown in zip(old.layers, prototxt.unknown_of_layer, strict=True):
        layer, unfit = _of_2013(one) if one.HasField("layer") else (_of_2014(one), ())
        where = f"{prototxt.path}: layer {quoted(layer.name)}"
        if layer.type == PADDING:
            if len(layer.bottom) != 1 or len(layer.top) != 1:
                raise CaffeError(f"{where} (padding) needs one bottom and one top")
            padded[layer.top[0]] = layer.bottom[0], one.layer.pad
            continue
        _take_padding(layer, padded, where)
        network.layer.append(layer)
        unknown_of_layer.append((*unknown, *unfit))
    return Prototxt(prototxt.path, network, prototxt.unknown, tuple(unknown_of_layer))


def _of_2014(old: pb.V1LayerParameter) -> pb.LayerParameter:
    """UpgradeV1LayerParameter; the settings' messages have kept their names."""
    layer = _wired(old, old.name)
    name = pb.V1LayerParameter.LayerType.Name(old.type)
    layer.type = OTHERWISE.get(name, "".join(word.capitalize() for word in name.split("_")))
    layer.include.extend(old.include)
    layer.exclude.extend(old.exclude)
    for field, value in old.ListFields():
        if field.name.endswith("_param"):
            getattr(layer, field.name).CopyFrom(value)
    return layer


def _of_2013(old: pb.V1LayerParameter) -> tuple[pb.LayerParameter, tuple[str, ...]]:
    """UpgradeV0LayerParameter, and the settings that do not belong to the layer's type."""
    layer = _wired(old, old.layer.name)
    layer.type, message, names = TYPES_OF_2013.get(old.layer.type, (old.layer.type, "", {}))
    given = dict(_settings(old.layer))
    if message:
        setting = getattr(layer, message)
        setting.SetInParent()
        for name in names.keys() & given.keys():
            place = getattr(setting, names[name])
            if isinstance(place, int | float):
                setattr(setting, names[name], given[name])
            else:
                place.append(given[name])
    return layer, tuple(sorted(given.keys() - names.keys()))


def _wired(old: pb.V1LayerParameter, name: str) -> pb.LayerParameter:
    return pb.LayerParameter(name=name, bottom=old.bottom, top=old.top)


def _settings(old: pb.V0LayerParameter) -> Iterator[tuple[str, Any]]:
    for field, value in old.ListFields():
        if field.name not in ("name", "type", "blobs"):
            yield field.name, value


def _take_padding(layer: pb.LayerParameter, padded: dict[str, tuple[str, int]], where: str) -> None:
    """Let a layer pad for itself (UpgradeV0PaddingLayers)."""
    for index, name in enumerate(layer.bottom):
        if name not in padded:
            continue
        if layer.type == "Convolution" and len(layer.bottom) == 1:
            layer.convolution_param.pad[:] = [padded[name][1]]
        elif layer.type == "Pooling" and len(layer.bottom) == 1:
            layer.pooling_param.pad = padded[name][1]
        else:
            raise CaffeError(f"{where} reads the padded {quoted(name)}; only a convolution or pooling can")
        layer.bottom[index] = padded[name][0]
    for name in layer.top:
        padded.pop(name, None)
