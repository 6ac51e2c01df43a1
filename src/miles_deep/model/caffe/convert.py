"""From a parsed prototxt and its weights to an ONNX network."""

from onnx import ModelProto

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe.graph import Graph, Tensor
from miles_deep.model.caffe.layers import LAYERS, Call
from miles_deep.model.caffe.naming import by, listed, quoted, type_name
from miles_deep.model.caffe.settings import Prototxt
from miles_deep.model.caffe.weights import Weights
from miles_deep.model.caffe.wiring import UsedLayer, used_layers, wire


def convert(prototxt: Prototxt, weights: Weights) -> ModelProto:
    """Turn a Caffe classifier into an ONNX network: `data` [N, 3, H, W] to `scores` [N, K], N free.

    The scores are what the prototxt's last layer gives. Where that is no Softmax (or a sigmoid, in a later
    version), they are no probabilities; nothing is added, since nobody but the author knows what is meant.

    Raises:
        CaffeError: the files are damaged, or do not fit each other.
        UnsupportedLayerError: a layer's type or setting is not known.
    """
    used = used_layers(prototxt)
    _refuse_unknown(used, prototxt)
    wiring = wire(used, prototxt)
    graph = Graph()
    values: dict[int, Tensor] = {}
    for step in wiring.steps:
        graph.where, graph.label = step.where, step.layer.name
        foldable = bool(step.inputs) and wiring.readers[step.inputs[0]] == 1
        inputs = [values[number] for number in step.inputs]
        call = Call(step.layer, step.where, inputs, foldable, graph, weights)
        values[step.output] = LAYERS[step.layer.type](call)
    return graph.finish(_one_row(values[wiring.result], graph, wiring.steps[wiring.result].where))


def _refuse_unknown(used: list[UsedLayer], prototxt: Prototxt) -> None:
    """Name every layer of an unsupported type, or else the first setting that is not known."""
    strangers = [one.layer for one in used if one.layer.type not in LAYERS]
    if strangers:
        names = listed(f"{quoted(layer.name)} ({type_name(layer)})" for layer in strangers)
        training = any(layer.type.endswith(("Data", "Loss", "Accuracy")) for layer in strangers)
        hint = "; is it the deploy.prototxt, and not the one for training?" if training else ""
        raise UnsupportedLayerError(
            f"{prototxt.path}: these layers have types that cannot be imported: {names}; "
            f"those that can are {', '.join(LAYERS)}{hint}"
        )
    for one in used:
        if one.unknown:
            raise UnsupportedLayerError(f"{one.where} has a setting that is not known, {quoted(one.unknown[0])}")
    if prototxt.unknown:
        raise CaffeError(f"{prototxt.path}: has a setting that is not known, {quoted(prototxt.unknown[0])}")


def _one_row(result: Tensor, graph: Graph, where: str) -> Tensor:
    """The result as one score a label."""
    if len(result.shape) == 1:
        return result
    if result.shape[1:] != (1, 1):
        raise CaffeError(f"{where} is the last, and gives {by(result.shape)} values, not one score a label")
    return graph.add("Flatten", [result], result.shape[:1], axis=1)
