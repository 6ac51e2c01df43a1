"""What shapes tensors inside a network have, found without its weights."""

import math
from typing import TYPE_CHECKING

from miles_deep.errors import ModelError
from miles_deep.model.network import first_line

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

MANY = 100
"""Numbers in a tensor that is no shape, so that shapes do not hang on their values."""


def inferred(network: "ModelProto") -> "GraphProto":
    """The network's graph with the shapes of what is inside it in `value_info`, as far as they can be told.

    It has the dimensions of weights and not their numbers: ONNX's inference copies a network several times, and
    takes none above 2 GB. What a file says of other shapes than its input's is not believed.

    Raises:
        ModelError: ONNX cannot make head or tail of the network.
    """
    import onnx

    bare = onnx.ModelProto(ir_version=network.ir_version, opset_import=network.opset_import)
    graph = network.graph
    bare.graph.name = graph.name
    bare.graph.input.extend(graph.input)
    bare.graph.output.extend(type(value)(name=value.name) for value in graph.output)
    bare.graph.sparse_initializer.extend(graph.sparse_initializer)
    bare.graph.initializer.extend(map(_bare, graph.initializer))
    bare.graph.node.extend(map(_bare_node, graph.node))
    try:
        return onnx.shape_inference.infer_shapes(bare, data_prop=True).graph
    except Exception as error:  # the package raises several types of its C++ part
        raise ModelError(f"not a valid ONNX network ({first_line(error)})") from error


def _bare(tensor: "TensorProto") -> "TensorProto":
    """A tensor without its numbers, where they are many."""
    if 0 <= math.prod(tensor.dims) < MANY:  # ByteSize() would serialise it
        return tensor
    return type(tensor)(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)


def _bare_node(node: "NodeProto") -> "NodeProto":
    """A Constant likewise; any other operator as it is."""
    if node.op_type != "Constant":
        return node
    bare = type(node)(op_type=node.op_type, domain=node.domain, output=node.output)
    for attribute in node.attribute:
        if attribute.HasField("t"):
            bare.attribute.add(name=attribute.name, type=attribute.type, t=_bare(attribute.t))
        else:
            bare.attribute.append(attribute)
    return bare
