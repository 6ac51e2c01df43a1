"""Which of a network's outputs are the scores, and how they become probabilities."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from miles_deep.errors import ModelError, OptionError
from miles_deep.model.onnx_import.pictures import TYPES
from miles_deep.model.onnx_import.reading import constants, shape_of, shown, values_of
from miles_deep.model.onnx_import.wanted import Activation
from miles_deep.model.quoting import listed, quoted

SCORES = "miles_deep/scores"
"""Name of the output of an imported network. Our names begin so that no network has the same."""

SUM_TOLERANCE = 0.02
"""How far a row of probabilities may be from 1: half precision, a thousand labels."""

PASSING = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast", "Transpose", "Dropout"}
"""Operators that do not change what scores mean."""

PROBABLE = {"Softmax", "LogSoftmax", "Sigmoid", "HardSigmoid"}
"""Operators that give probabilities, whatever they are multiplied by afterwards."""

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
    divisor: float = 1.0
    """What they are divided by before that: 100 where they are in percent."""


def keep_one_output(network: ModelProto, wanted: str | None, count: int | None = None) -> list[str]:
    """Leave one output, with scores, and only the operators it needs; the labels that stood behind it, if any.

    Networks made for Windows and of CoreML give a table from label to score (ZipMap of ai.onnx.ml), and the best
    label as a text beside it; of the first the scores are taken, and the second is dropped.

    Args:
        network: is changed.
        wanted: name of the output; None: the only one with numbers, or with as many as there are labels.
        count: of labels; None: nobody said.

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
    shapes = {value.name: shape_of(value) or [] for value in graph.output}
    fitting = [name for name in chosen if shapes[name][-1:] == [count]] if count is not None else []
    chosen = fitting if len(fitting) == 1 else chosen
    if len(chosen) > 1:
        each = listed((f"{quoted(name)} ({shown(shapes[name])})" for name in chosen), 20)
        raise ModelError(
            f"has {len(chosen)} outputs with numbers: {each}; choose one: --head NAME (in Python output=)"
        )
    labels: list[str] = []
    name = chosen[0]
    if (maker := makers.get(name)) is not None and maker.op_type == "ZipMap":
        table = {attribute.name: attribute for attribute in maker.attribute}
        if "classlabels_strings" in table:
            labels = [text.decode("utf-8", "replace") for text in table["classlabels_strings"].strings]
        if not maker.input:
            raise ModelError("its ZipMap makes a table of nothing")
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
    last, linear, factor = _last_operator(network.graph)
    single = scores.shape[1] == 1
    if activation is not None:
        operator = None if activation == "none" else activation.capitalize()
        words = f"{activation}, as asked for" if operator else "as they are, as asked for"
        return Meaning(words, operator, single or activation != "sigmoid")
    shares = scores / np.float32(factor)
    if factor != 1 and (last in PROBABLE or _sum_to_one(shares)):
        found = _meaning_of(shares, last, linear)
        return replace(found, words=f"{factor:g} times {found.words}; divided by that", divisor=factor)
    return _meaning_of(scores, last, linear)


def _meaning_of(scores: NDArray[np.float32], last: str, linear: bool) -> Meaning:
    """The same, where this operator is last."""
    single = scores.shape[1] == 1
    if last == "LogSoftmax":
        return Meaning("logarithms of probabilities (LogSoftmax is last); Exp is added", "Exp")
    if _sum_to_one(scores) and not single:
        return Meaning(f"probabilities (rows sum to 1; {last} is last)", None)
    if last == "Softmax":
        raise ModelError("its Softmax does not run over the labels")
    inside = _is_inside(scores) and not linear
    if inside and (single or last in ("Sigmoid", "HardSigmoid")):
        return Meaning(f"a probability for each label by itself (0 to 1; {last} is last)", None, single)
    if inside:
        return Meaning(f"between 0 and 1, without a sum of 1 ({last} is last); left as they are", None, False)
    low, high = float(scores.min()), float(scores.max())
    added = "Sigmoid" if single else "Softmax"
    return Meaning(f"logits ({low:.3g} to {high:.3g}; {last} is last); {added} is added", added)


def _is_inside(scores: NDArray[np.float32]) -> bool:
    return bool((scores >= -1e-3).all() and (scores <= 1 + 1e-3).all())


def _sum_to_one(scores: NDArray[np.float32]) -> bool:
    return _is_inside(scores) and bool(np.abs(scores.sum(axis=1) - 1).max() <= SUM_TOLERANCE)


def finish(network: ModelProto, labels: int, operator: str | None, divisor: float = 1.0) -> None:
    """Make the output float32 [N, labels] under the name `SCORES`, divided by `divisor` and after `operator`.

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

    if graph.output[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        add("Cast", to=TensorProto.FLOAT)
    graph.initializer.append(numpy_helper.from_array(np.array([-1, labels], np.int64), "miles_deep/rows"))
    add("Reshape", "miles_deep/rows")
    if divisor != 1:
        graph.initializer.append(numpy_helper.from_array(np.array(1 / divisor, np.float32), "miles_deep/share"))
        add("Mul", "miles_deep/share")
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


def _last_operator(graph: GraphProto) -> tuple[str, bool, float]:
    """The operator that gives the scores their meaning, whether it is linear, and by how much its results are
    multiplied afterwards."""
    known, factor = constants(graph), 1.0
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(graph.output[0].name)
    for _ in graph.node:
        if node is None:
            break
        times = _times(node, known)
        if times is None and node.op_type not in PASSING:
            break
        factor *= times or 1.0
        node = makers.get(next((name for name in node.input if name not in known), ""))
    if node is None:
        return "an input", False, factor
    before = {makers[name].op_type for name in node.input if name in makers} if node.op_type == "Add" else set()
    return node.op_type, node.op_type in LINEAR or bool(before & LINEAR), factor


def _times(node: NodeProto, known: Mapping[str, TensorProto]) -> float | None:
    """The number above 0 that an operator multiplies by; None where it does something else."""
    fixed = [name for name in node.input if name in known and math.prod(known[name].dims) == 1]
    inverse = node.op_type == "Div" and fixed == [node.input[0]]
    if node.op_type not in ("Mul", "Div") or len(fixed) != 1 or inverse:
        return None
    value = float(values_of(known[fixed[0]]).reshape(-1)[0])
    if not 0 < value < math.inf:
        return None
    return value if node.op_type == "Mul" else 1 / value
