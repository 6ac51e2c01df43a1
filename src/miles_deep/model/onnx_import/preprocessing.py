"""What a network wants its pictures to look like: as asked for, or as its file says beyond doubt."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto

from miles_deep.errors import OptionError
from miles_deep.model.onnx_import.pictures import Pictures
from miles_deep.model.onnx_import.reading import constants, values_of
from miles_deep.model.preprocess import MAX_SIDE, Preprocess
from miles_deep.model.presets import PRESETS, Preset

PIXEL_RANGES = {"nominalrange_0_255": 255.0, "normalized_0_1": 1.0}
"""Image.NominalPixelRange of ONNX's MetadataProps.md, in lower case, to a preset's `white`."""

NORMALISING = 16.0
"""A network that subtracts or divides by more than this before its first layer takes values 0…255."""


def preprocessing(
    given: Preset | Preprocess | None,
    origin: str,
    network: ModelProto,
    taken: Pictures,
    size: tuple[int, int] | None,
) -> tuple[Preprocess, str]:
    """The preprocessing, and where it comes from.

    Args:
        given: what the user asked for; None: what the file says.
        origin: name of what was given.
        network: the network, with its metadata.
        taken: its input.
        size: width and height where they are free; None: the preset's.

    Raises:
        OptionError: nothing is given and the file does not tell, or what is given does not fit the input.
    """
    if given is None:
        found, words = _told(network, taken)
    elif isinstance(given, Preprocess):
        return _whole(given, taken), origin
    else:
        found, words = given, origin
    if taken.type == TensorProto.UINT8 and (found.white != 255 or any(found.mean) or set(found.std) != {1.0}):
        raise OptionError("its input takes uint8, 0 to 255 as they are: preprocessing must be raw or raw-bgr")
    width, height = size or (taken.width or found.size, taken.height or found.size)
    wrong = [side for side, fixed in ((width, taken.width), (height, taken.height)) if fixed not in (None, side)]
    if not 0 < min(width, height) <= max(width, height) <= MAX_SIDE:
        raise OptionError(f"{width} x {height} is no size of a picture")
    if wrong:
        raise OptionError(f"its input is {taken.width} x {taken.height}, which cannot become {width} x {height}")
    return found.fitted(width, height, taken.layout), words


def _whole(given: Preprocess, taken: Pictures) -> Preprocess:
    sizes = (taken.width or given.width, taken.height or given.height)
    if sizes != (given.width, given.height):
        asked = f"{given.width} x {given.height}"
        raise OptionError(f"preprocessing is for {asked}, its input is {sizes[0]} x {sizes[1]}")
    return replace(given, layout=taken.layout)


def _told(network: ModelProto, taken: Pictures) -> tuple[Preset, str]:
    """What the file itself says."""
    told = {entry.key.lower(): entry.value for entry in network.metadata_props}  # "keys … are case insensitive"
    if taken.type == TensorProto.UINT8:
        return _in_order(told, PRESETS["raw"]), "raw, since the input takes uint8"
    if told.get("task") == "classify" and "Ultralytics" in told.get("author", ""):
        return PRESETS["ultralytics"], "ultralytics, whose name its metadata give"
    white = PIXEL_RANGES.get(told.get("image.nominalpixelrange", "").lower())
    if white is not None:
        return _in_order(told, replace(PRESETS["unit"], white=white)), "Image.NominalPixelRange of its metadata"
    if normalises(network, taken.name):
        return _in_order(told, PRESETS["raw"]), "raw, since the network subtracts or divides by itself"
    raise OptionError(
        "nothing in it says what its pictures must look like: --preprocess NAME (in Python preprocess=), "
        f"one of {', '.join(PRESETS)}, or a .toml file"
    )


def _in_order(told: Mapping[str, str], found: Preset) -> Preset:
    """With the channels in the order that the metadata give."""
    bgr = told.get("image.bitmappixelformat", "").lower() in ("bgr8", "bgra8")
    return replace(found, channels="bgr") if bgr else found


def normalises(network: ModelProto, name: str) -> bool:
    """Whether a network's first steps bring values 0…255 to a smaller range, or subtract a mean from them."""
    readers: dict[str, list[NodeProto]] = {}
    for node in network.graph.node:
        for operand in node.input:
            readers.setdefault(operand, []).append(node)
    known = constants(network.graph)
    for _ in range(16):
        followers = readers.get(name, [])
        if len(followers) != 1:
            return False
        node = followers[0]
        other = next((known[operand] for operand in node.input if operand in known), None)
        if node.op_type in ("Sub", "Add", "Mul", "Div") and other is not None:
            sizes = np.abs(values_of(other).astype(np.float64))
            factor = 1 / sizes if node.op_type == "Mul" and sizes.all() else sizes
            if sizes.size and factor.max() >= NORMALISING:
                return True
        elif node.op_type not in ("Cast", "Transpose", "Identity"):
            return False
        name = node.output[0]
    return False
