"""What a network from outside may be: one plain graph of ONNX's own operators, with all its weights in it.

Networks that are imported and those that carry a card already are held to the same, before anything runs them.
"""

from collections.abc import Iterator

from onnx import GraphProto, ModelProto, TensorProto

from miles_deep.errors import ModelError
from miles_deep.model.quoting import listed, quoted

PLAIN = ("", "ai.onnx")
"""Names of the domain of ONNX's own operators."""


def check_plain(network: ModelProto) -> None:
    """Refuse all that is told apart below. Raises ModelError."""
    refuse_nested(network)
    refuse_foreign(network)
    for tensor in tensors(network.graph):
        # A path out of a model file could point anywhere on the user's disk.
        if tensor.data_location == TensorProto.EXTERNAL:
            raise ModelError("keeps its weights in other files; make it one file first")


def refuse_nested(network: ModelProto) -> None:
    """One graph, no functions or graphs in it, which nothing here would look into, and of which loops may never
    end. Raises ModelError."""
    if network.functions:
        names = listed(quoted(function.name) for function in network.functions)
        raise ModelError(f"has functions of its own: {names}; export it with them inlined (onnx.inliner)")
    nested = [node for node in network.graph.node for a in node.attribute if a.HasField("g") or a.graphs]
    if nested:
        names = listed(dict.fromkeys(quoted(node.op_type) for node in nested))
        raise ModelError(f"has branches or loops: {names}; only a plain sequence of operators can be used")


def refuse_foreign(network: ModelProto) -> None:
    """No operators but ONNX's own. Raises ModelError."""
    nodes = [node for node in network.graph.node if node.domain not in PLAIN]
    foreign = dict.fromkeys(f"{quoted(node.op_type)} of {quoted(node.domain)}" for node in nodes)
    if foreign:
        # QGemm, QLinearAdd and the like, of onnxruntime.quantization's other format.
        quantized = any(node.domain == "com.microsoft" and node.op_type.startswith("Q") for node in nodes)
        way = "quantize it with QuantFormat.QDQ, which has none" if quantized else "export it without them"
        raise ModelError(f"uses operators that are not ONNX's own: {listed(foreign)}; {way}")


def opset_of(network: ModelProto) -> int:
    """The version of ONNX's operators that a network uses; it must say so."""
    return next(entry.version for entry in network.opset_import if entry.domain in PLAIN)


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor of a graph without graphs in it: initializers and attributes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for sparse in [attribute.sparse_tensor, *attribute.sparse_tensors]:
                yield from (sparse.values, sparse.indices)
