"""Operators that OpenVINO (2026.4, on the CPU) computes otherwise than ONNX says, written with others."""

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from miles_deep.model.plain import opset_of


def rewrite(network: ModelProto) -> str | None:
    """Write LRN and ReduceL1 so that every backend computes them alike; what was changed, if anything."""
    nodes: list[NodeProto] = []
    rewritten: set[str] = set()
    for node in network.graph.node:
        if node.op_type == "LRN" and _float(node, "bias", 1.0) > 0 and _float(node, "bias", 1.0) % 1:
            new = _without_bias(network, node)
        elif node.op_type == "ReduceL1":
            new = _as_sum(network, node)
        else:
            nodes.append(node)
            continue
        nodes += new
        rewritten.add(node.op_type)
    if not rewritten:
        return None
    copies = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del network.graph.node[:]
    network.graph.node.extend(copies)
    return f"{' and '.join(sorted(rewritten))} rewritten, which OpenVINO computes in another way"


def _without_bias(network: ModelProto, node: NodeProto) -> list[NodeProto]:
    """LRN with bias k 1, of which OpenVINO takes the whole part: x / (k + a s)^b = k^-b x / (1 + a/k s)^b."""
    bias, alpha, beta = _float(node, "bias", 1.0), _float(node, "alpha", 1e-4), _float(node, "beta", 0.75)
    size = next(attribute.i for attribute in node.attribute if attribute.name == "size")
    result = node.output[0]
    with np.errstate(over="ignore"):  # what becomes no number is seen in the scores
        power = np.power(np.float64(bias), -beta).astype(np.float32)
    factor = numpy_helper.from_array(np.asarray(power), f"{result}/miles_deep_factor")
    network.graph.initializer.append(factor)
    normal = helper.make_node(
        "LRN", node.input, [f"{result}/miles_deep_normal"], size=size, alpha=alpha / bias, beta=beta, bias=1.0
    )
    return [normal, helper.make_node("Mul", [normal.output[0], factor.name], [result])]


def _as_sum(network: ModelProto, node: NodeProto) -> list[NodeProto]:
    """ReduceL1, of which OpenVINO ignores the axes, as a sum of absolute values."""
    opset = opset_of(network)
    result, operands = node.output[0], list(node.input[1:])
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if "axes" in attributes and opset >= 13:  # an operand of ReduceSum since then, of ReduceL1 since 18
        axes = numpy_helper.from_array(np.array(attributes.pop("axes"), np.int64), f"{result}/miles_deep_axes")
        network.graph.initializer.append(axes)
        operands = [axes.name]
    sizes = helper.make_node("Abs", [node.input[0]], [f"{result}/miles_deep_sizes"])
    return [sizes, helper.make_node("ReduceSum", [sizes.output[0], *operands], [result], **attributes)]


def _float(node: NodeProto, name: str, default: float) -> float:
    return next((attribute.f for attribute in node.attribute if attribute.name == name), default)
