"""What was understood of a network, in words."""

from collections.abc import Sequence

from onnx import ModelProto

from miles_deep.model.onnx_import.pictures import TYPES, Pictures
from miles_deep.model.onnx_import.reading import shape_of, shown
from miles_deep.model.plain import opset_of
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.quoting import listed, quoted

Words = tuple[str, str]


def network_words(network: ModelProto, taken: Pictures, spec: Preprocess) -> list[Words]:
    """A network's input and output, before anything is changed in it."""
    output = network.graph.output[0]
    shape = shape_of(output)
    free = "" if taken.height and taken.width else ", of any that it takes"
    return [
        ("input", quoted(taken.name)[1:-1]),
        ("layout", taken.layout.upper()),
        ("numbers", TYPES[taken.type]),
        ("size", f"{spec.width} x {spec.height}{free}"),
        ("opset", str(opset_of(network))),
        ("output", quoted(output.name)[1:-1] + (f", {shown(shape)}" if shape else "")),
    ]


def batch_words(before: int | None, after: int | None) -> str:
    """How many pictures a network takes at a time."""
    if before is None:
        return "any"
    return f"{before}, made free" if after is None else f"{after}, which could not be made free"


def label_words(labels: Sequence[str], origin: str) -> str:
    """How many labels there are, where they are from, and the first of them."""
    return f"{len(labels):,}, {origin}: {listed((quoted(label)[1:-1] for label in labels), 3)}"
