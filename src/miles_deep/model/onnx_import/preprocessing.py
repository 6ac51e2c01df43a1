"""What a network wants its pictures to look like: as asked for, or as its file says beyond doubt."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto

from miles_deep.errors import OptionError
from miles_deep.model.onnx_import.pictures import Pictures
from miles_deep.model.onnx_import.reading import constants, values_of
from miles_deep.model.preprocess import MAX_SIDE, Preprocess
from miles_deep.model.presets import PRESETS, Preset

PIXEL_RANGES = {"nominalrange_0_255": 255.0, "normalized_0_1": 1.0}
"""Image.NominalPixelRange of ONNX's MetadataProps.md, in lower case, to a preset's `white`."""

NORMALISED = 4.0
"""Normalised values lie within this of zero: those of ImageNet's mean and deviation within 2.7."""

OFF_CENTRE = 64.0
"""How far a mean from 0…255 may be from the middle, twice: those of ImageNet (104 to 124) are 47."""

ARITHMETIC: dict[str, Callable[..., NDArray[np.float64]]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
}
"""Operators that normalise."""


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
    found, words = _told(network, taken) if given is None else (given, origin)
    spec = _whole(found, taken) if isinstance(found, Preprocess) else _fitted(found, taken, size)
    if taken.type == TensorProto.UINT8 and (any(spec.mean) or set(spec.scale) != {1.0}):
        raise OptionError(
            "its input takes uint8, 0 to 255 as they are: preprocessing must be raw or raw-bgr, or a .toml file "
            "with resize and crop, without mean and std"
        )
    return _in_colours(spec, taken.colours), words


def _in_colours(spec: Preprocess, colours: int) -> Preprocess:
    """With as many channels as the input has."""
    if colours == 3:
        if spec.channels == "grey":
            raise OptionError("its input takes three colours, preprocessing is for grey")
        return spec
    if len(set(spec.mean)) > 1 or len(set(spec.scale)) > 1:
        raise OptionError(
            "its input takes grey, so that mean and std must be one number each, not three: raw, unit, inception, "
            "or a .toml file with white, mean and std"
        )
    return replace(spec, channels="grey")


def _fitted(found: Preset, taken: Pictures, size: tuple[int, int] | None) -> Preprocess:
    width, height = size or (taken.width or found.size, taken.height or found.size)
    wrong = [side for side, fixed in ((width, taken.width), (height, taken.height)) if fixed not in (None, side)]
    if not 0 < min(width, height) <= max(width, height) <= MAX_SIDE:
        raise OptionError(f"{width} x {height} is no size of a picture")
    if wrong:
        raise OptionError(f"its input is {taken.width} x {taken.height}, which cannot become {width} x {height}")
    return found.fitted(width, height, taken.layout)


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
    """Whether a network's first steps make of values 0…255 what networks are trained on, as they would of no other
    values: numbers about zero, or the same ones less a mean."""
    readers: dict[str, list[NodeProto]] = {}
    for node in network.graph.node:
        for operand in node.input:
            readers.setdefault(operand, []).append(node)
    known = constants(network.graph)
    # What became of black and of white, for each colour.
    ends = np.array([[0.0], [255.0]])
    while len(followers := readers.get(name, [])) == 1:
        if (made := _made(followers[0], ends, name, known)) is None:
            break
        name, ends = followers[0].output[0], made
    black, white = ends
    small = bool((abs(ends) <= NORMALISED).all() and (abs(white - black) >= 0.5).all())
    centred = bool(np.isclose(abs(white - black), 255).all() and (abs(white + black) <= OFF_CENTRE).all())
    return small or centred


def _made(
    node: NodeProto, ends: NDArray[np.float64], name: str, known: Mapping[str, TensorProto]
) -> NDArray[np.float64] | None:
    """What a step makes of black and white [2, 1 or 3]; None where it is another kind of step."""
    if node.op_type in ("Cast", "Transpose", "Identity"):
        return ends
    other = next((known[operand] for operand in node.input if operand in known), None)
    if node.op_type not in ARITHMETIC or other is None:
        return None
    values = values_of(other).astype(np.float64).reshape(1, -1)
    if values.size and (values == values[0, 0]).all():
        values = values[:, :1]
    if values.size not in (1, 3):
        return None
    operands = (ends, values) if node.input[0] == name else (values, ends)
    with np.errstate(all="ignore"):
        made: NDArray[np.float64] = ARITHMETIC[node.op_type](*operands)
    return made if np.isfinite(made).all() else None
