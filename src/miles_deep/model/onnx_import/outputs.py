"""Which of a network's outputs are the scores, and how they become probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from miles_deep.errors import ModelError, OptionError
from miles_deep.model.onnx_import.pictures import TYPES
from miles_deep.model.onnx_import.reading import shown
from miles_deep.model.onnx_import.wanted import Activation
from miles_deep.model.quoting import listed, quoted

SCORES = "miles_deep/scores"
"""Name of the output of an imported network. Our names begin so that no network has the same."""

SUM_TOLERANCE = 0.02
"""How far a row of probabilities may be from 1: half precision, a thousand labels."""

PASSING = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast", "Transpose", "Dropout"}
"""Operators that do not change what scores mean."""

LINEAR = {"Conv", "Gemm", "MatMul"}
"""Operators that give numbers of any size, so that those between 0 and 1 are so by chance; a bias may follow."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a network's scores are, and what makes probabilities of them."""

    words: str
    """For people to read."""
    operator: str | None
    """The operator to add; None where they are probabilities."""
    exclusive: bool = True
    """Whether a picture has one label; else it may have several, or none."""


def keep_one_output(network: ModelProto, wanted: str | None) -> list[str]:
    """Leave one output, with scores, and only the operators it needs; the labels that stood behind it, if any.

    Networks made for Windows and of CoreML give a table from label to score (ZipMap of ai.onnx.ml), and the best
    label as a text beside it; of the first the scores are taken, and the second is dropped.

    Raises:
        OptionError: there is no output of the `wanted` name.
        ModelError: there are several with scores and none is wanted, or none at all.
    """
    graph = network.graph
    makers = {name: node for node in graph.node for name in node.output}
    names = [value.name for value in graph.output]
    if wanted is not None and wanted not in names:
        raise OptionError(f"there is no output {quoted(wanted)}; there are: {listed(map(quoted, names), 20)}")
    chosen = [name for name in names if wanted in (None, name) and _has_scores(graph, name, makers.get(name))]
    if not chosen:
        raise ModelError(f"none of its outputs ({listed(map(quoted, names)) or 'it has none'}) gives scores")
    if len(chosen) > 1:
        raise ModelError(
            f"has {len(chosen)} outputs with numbers: {listed(map(quoted, chosen), 20)}; "
            "choose one: --head NAME (in Python output=)"
        )
    labels: list[str] = []
    name = chosen[0]
    if (maker := makers.get(name)) is not None and maker.op_type == "ZipMap":
        table = {attribute.name: attribute for attribute in maker.attribute}
        if "classlabels_strings" in table:
            labels = [text.decode("utf-8", "replace") for text in table["classlabels_strings"].strings]
        name = maker.input[0]
    _prune(graph, name)
    return labels


def refuse_tables(shape: Sequence[int | None]) -> None:
    """Raises ModelError where a picture's scores, of this shape, do not lie in one line; None: of any size."""
    if sum(size is not None and size > 1 for size in shape) > 1:
        raise ModelError(f"gives {shown(shape)} scores for a picture, not one for each label; is it a detector?")


def meaning(network: ModelProto, scores: NDArray[np.float32], activation: Activation | None) -> Meaning:
    """What scores [N, K] of some pictures are, by the operator that made them and by their values.

    Raises:
        ModelError: a Softmax made them, but not over the labels.
    """
    last, linear = _last_operator(network.graph)
    single = scores.shape[1] == 1
    if activation is not None:
        operator = None if activation == "none" else activation.capitalize()
        words = f"{activation}, as asked for" if operator else "as they are, as asked for"
        return Meaning(words, operator, single or activation != "sigmoid")
    inside = bool((scores >= -1e-3).all() and (scores <= 1 + 1e-3).all())
    sums = bool(np.abs(scores.sum(axis=1) - 1).max() <= SUM_TOLERANCE)
    if last == "LogSoftmax":
        return Meaning("logarithms of probabilities (LogSoftmax is last); Exp is added", "Exp")
    if inside and sums and not single:
        return Meaning(f"probabilities (rows sum to 1; {last} is last)", None)
    if last == "Softmax":
        raise ModelError("its Softmax does not run over the labels")
    inside = inside and not linear
    if inside and (single or last in ("Sigmoid", "HardSigmoid")):
        return Meaning(f"a probability for each label by itself (0 to 1; {last} is last)", None, single)
    if inside:
        return Meaning(f"between 0 and 1, without a sum of 1 ({last} is last); left as they are", None, False)
    low, high = float(scores.min()), float(scores.max())
    added = "Sigmoid" if single else "Softmax"
    return Meaning(f"logits ({low:.3g} to {high:.3g}; {last} is last); {added} is added", added)


def finish(network: ModelProto, labels: int, operator: str | None) -> None:
    """Make the output float32 [N, labels] under the name `SCORES`, after `operator`.

    A single score p becomes two, 1 - p and p.
    """
    graph = network.graph
    current = graph.output[0].name
    nodes: list[NodeProto] = []

    def add(operator: str, *operands: str, **attributes: Any) -> None:
        nonlocal current
        name = f"miles_deep/{operator.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(operator, [current, *operands], [name], **attributes))
        current = name

    add("Cast", to=TensorProto.FLOAT)
    graph.initializer.append(numpy_helper.from_array(np.array([-1, labels], np.int64), "miles_deep/rows"))
    add("Reshape", "miles_deep/rows")
    if operator is not None:
        add(operator, **({"axis": 1} if operator == "Softmax" else {}))
    if labels == 1:
        one = numpy_helper.from_array(np.array([1], np.float32), "miles_deep/one")
        graph.initializer.append(one)
        positive = current
        nodes.append(helper.make_node("Sub", [one.name, positive], ["miles_deep/rest"]))
        nodes.append(helper.make_node("Concat", ["miles_deep/rest", positive], ["miles_deep/both"], axis=1))
        current = "miles_deep/both"
    nodes[-1].output[0] = SCORES
    graph.node.extend(nodes)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(SCORES, TensorProto.FLOAT, ["batch", max(labels, 2)]))


def _has_scores(graph: GraphProto, name: str, maker: NodeProto | None) -> bool:
    if maker is not None and maker.op_type == "ZipMap":
        return True
    value = next(value for value in graph.output if value.name == name)
    return value.type.HasField("tensor_type") and value.type.tensor_type.elem_type in TYPES


def _prune(graph: GraphProto, name: str) -> None:
    """Leave the operators and weights that one tensor is made of."""
    needed, kept = {name}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    types = {value.name: value for value in [*graph.output, *graph.value_info]}
    output = types.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", "K"])
    kept_nodes = kept[::-1]
    del graph.node[:], graph.initializer[:], graph.output[:]
    graph.node.extend(kept_nodes)
    graph.initializer.extend(initializers)
    graph.output.append(output)


def _last_operator(graph: GraphProto) -> tuple[str, bool]:
    """The operator that gives the scores their meaning, and whether it is linear."""
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(graph.output[0].name)
    for _ in graph.node:
        if node is None or node.op_type not in PASSING:
            break
        node = makers.get(node.input[0])
    if node is None:
        return "an input", False
    before = {makers[name].op_type for name in node.input if name in makers} if node.op_type == "Add" else set()
    return node.op_type, node.op_type in LINEAR or bool(before & LINEAR)
