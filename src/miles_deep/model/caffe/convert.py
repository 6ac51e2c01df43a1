"""From a parsed prototxt and its weights to an ONNX network."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe.graph import Graph, Tensor
from miles_deep.model.caffe.layers import LAYERS, LEFT_OUT
from miles_deep.model.caffe.layers.call import Call
from miles_deep.model.caffe.settings import Prototxt
from miles_deep.model.caffe.weights import Weights
from miles_deep.model.caffe.wiring import Step, UsedLayer, Wiring, type_name, used_layers, wire
from miles_deep.model.onnx_import.rewriting import rewrite
from miles_deep.model.onnx_import.wanted import Activation
from miles_deep.model.quoting import by, listed, quoted

LINEAR = ("InnerProduct", "Convolution", "Deconvolution")
"""Types whose results can be any number."""
MOVING = ("Dropout", "Split", "Flatten", "Reshape", "Permute")
"""Types that leave numbers as they are."""
PASSED = (*MOVING, "Pooling", "Scale", "Bias", "BatchNorm", "ReLU", "PReLU")
"""Types after which they still can be any number."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A classifier as a graph that wants only its end."""

    graph: Graph
    result: Tensor
    """One number a label, as the prototxt's last layer gives them."""
    input: str
    """The blob with the pictures, as the prototxt calls it."""
    output: str
    """That of the result, likewise."""
    last: str
    """Type of the layer that makes these numbers, whatever moves them afterwards."""
    wanting: str
    """What makes scores of 0…1 of them, an ONNX operator; empty where the prototxt does so itself."""
    layers: Counter[str]
    """Types of layers, and how many of each there are."""

    def ending(self, activation: Activation | None) -> str:
        """The ONNX operator at the end that was asked for, or is wanting where nothing was; empty: none."""
        if activation is None:
            return self.wanting
        return "" if activation == "none" else activation.capitalize()

    def exclusive(self, activation: Activation | None) -> bool:
        """Whether a picture has one label; else it may have several, or none."""
        return self.result.shape[0] == 1 or (self.ending(activation) or self.last) != "Sigmoid"

    def network(self, activation: Activation | None = None) -> tuple[ModelProto, str | None]:
        """The graph as a model, and what was changed in it for the backends' sake, if anything; only once.

        It takes `data` [N, C, H, W] and gives `scores` [N, K], N free; with `none` as Caffe gives them. A single
        score p becomes two, 1 - p and p, as in every import.
        """
        self.graph.where, self.graph.label = "", "ending"
        result, ending = self.result, self.ending(activation)
        if ending:
            attributes = {"axis": 1} if ending == "Softmax" else {}
            result = self.graph.add(ending, [result], result.shape, **attributes)
        if result.shape == (1,):
            rest = self.graph.scale(result, np.full((), -1.0), np.ones(()), fold=False)
            result = self.graph.add("Concat", [rest, result], (2,), axis=1)
        network = self.graph.finish(result)
        return network, rewrite(network)


def convert(prototxt: Prototxt, weights: Weights) -> Converted:
    """Turn a Caffe classifier into an ONNX graph.

    A classifier's scores must lie in 0…1, or the rule that finds segments means nothing. Networks are often
    published as they were trained, where the loss had the Softmax in it. So where the numbers come straight from
    an InnerProduct or Convolution, with nothing after it but layers that move, average, scale or rectify, a
    Softmax is put at the end; a Sigmoid where there is only one number. Whatever else ends a network (Sigmoid,
    Concat, Eltwise, Power …) is left as its author wrote it, who alone knows what is meant.

    Raises:
        CaffeError: the files are damaged, or do not fit each other.
        UnsupportedLayerError: a layer's type or setting is not known.
    """
    used = used_layers(prototxt)
    _refuse_unknown(used, prototxt)
    wiring = wire(used, prototxt)
    graph = Graph()
    values: dict[int, Tensor] = {}
    shared: set[str] = set()  # what more than one layer reads, under whatever names
    for step in wiring.steps:
        graph.where, graph.label = step.where, step.layer.name
        inputs = [values[number] for number in step.inputs]
        foldable = bool(inputs) and inputs[0].name not in shared
        made = LAYERS[step.layer.type](Call(step.layer, step.where, inputs, foldable, graph, weights))
        results = made if isinstance(made, list) else [made]
        if len(results) != len(step.outputs):
            raise CaffeError(f"{step.where} has {len(step.outputs)} tops; it makes {len(results)}")
        names = Counter(result.name for result in results)
        for number, result in zip(step.outputs, results, strict=True):
            values[number] = result
            if wiring.readers[number] > 1 or names[result.name] > 1:
                shared.add(result.name)
    last = next(step for step in wiring.steps if wiring.result in step.outputs)
    result = _one_row(values[wiring.result], graph, last.where)
    wanting = ("Softmax" if result.shape[0] > 1 else "Sigmoid") if _maker(last, wiring, PASSED) in LINEAR else ""
    layers = Counter(step.layer.type for step in wiring.steps)
    entry = next(step.layer.top[0] for step in wiring.steps if step.layer.type == "Input")
    output = last.layer.top[last.outputs.index(wiring.result)]
    return Converted(graph, result, entry, output, _maker(last, wiring, MOVING), wanting, layers)


def _refuse_unknown(used: list[UsedLayer], prototxt: Prototxt) -> None:
    """Name every layer of an unsupported type, or else the first setting that is not known."""
    strangers = [one.layer for one in used if one.layer.type not in LAYERS]
    for one in used:
        if reason := LEFT_OUT.get(one.layer.type):
            raise UnsupportedLayerError(f"{one.where} cannot be imported: {reason}")
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
    """The result as one number a label."""
    if result.shape[1:] not in ((), (1, 1)) or not result.shape:
        raise CaffeError(f"{where} is the last, and gives {by(result.shape)} values, not one score a label")
    return graph.reshape(result, result.shape[:1])


def _maker(last: Step, wiring: Wiring, passed: tuple[str, ...]) -> str:
    """Type of the layer that makes what ends the network, where layers of some types are passed over."""
    makers = {number: step for step in wiring.steps for number in step.outputs}
    while last.layer.type in passed and last.inputs:
        last = makers[last.inputs[0]]
    return last.layer.type
