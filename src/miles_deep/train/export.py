"""From a network in PyTorch to ONNX."""

from dataclasses import dataclass
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.model.preprocess import Preprocess
from miles_deep.train.extra import need, quiet, reason

OPSET = 18
"""Of the ONNX networks: the lowest that torch's exporter writes without converting down."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A network that left PyTorch, and what was known of it there."""

    onnx: bytes
    """The network, with its weights."""
    preprocess: Preprocess | None = None
    """None: the file does not say what its pictures should look like."""
    labels: tuple[str, ...] | None = None
    """None: nor what its scores are called."""
    licence: str = ""
    source: str = ""
    """Where the weights are from: a published name, or file and SHA-256."""


def to_onnx(network: Any, name: str, size: tuple[int, int] | None = None) -> bytes:
    """Write a network as ONNX.

    Args:
        network: a `torch.nn.Module`, which is exported for batches of any length where it can be, else for one
            picture; or a `torch.export.ExportedProgram`, whose inputs are fixed already.
        name: for errors.
        size: height and width of a module's input. None: it is a program.

    Raises:
        ModelError: torch cannot express it in ONNX.
    """
    torch = need("torch", name)
    need("onnxscript", f"{name}: writing ONNX")
    try:
        with quiet(), torch.no_grad():
            program = network if size is None else _program(torch, network, size)
            written = torch.onnx.export(program, (), dynamo=True, opset_version=OPSET, verbose=False)
            return _stripped(written.model_proto)
    except Exception as error:  # the exporter's errors have a dozen types, and operators raise their own
        raise ModelError(f"{name}: torch cannot write it as ONNX ({reason(error)})") from error


def _program(torch: Any, network: Any, size: tuple[int, int]) -> Any:
    """The module as a graph of operators."""
    pictures = torch.zeros(2, 3, *size)  # torch takes a length of one for a constant
    try:
        return torch.export.export(network, (pictures,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    except Exception:  # it computes with the length of its batch in a way that torch cannot leave open
        return torch.export.export(network, (pictures[:1],))


def _stripped(model: Any) -> bytes:
    """Without notes on where in whose source an operator stood, which hold paths of the machine it was made on."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    written: bytes = model.SerializeToString()
    return written
