"""Programs that `torch.export.save` wrote (`.pt2`)."""

import io
import math
from pathlib import Path
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.files import name_and_digest
from miles_deep.train.export import Exported, to_onnx
from miles_deep.train.extra import need, quiet, reason
from miles_deep.train.program import rebuilt

MAX_NUMBERS = 1 << 28
"""Of any tensor in a program, a gigabyte; the first layers of large networks make a hundredth for a picture."""

ABOUT_SIZES = frozenset({"sym_size", "sym_numel", "sym_stride", "sym_storage_offset"})
"""Operators that tell a tensor's sizes."""


def export_pt2(path: str | Path) -> Exported:
    """A program of `torch.export` as ONNX; it says nothing of its pictures and labels.

    Batches can have any length where it was exported so (`dynamic_shapes`), else the one it was exported with.

    Raises:
        ModelError: the extra is missing, it is no such program or a damaged one, or one that could do harm.
    """
    torch = need("torch", str(path))

    def is_harmless(name: str, overload: str) -> bool:
        operator = getattr(getattr(torch.ops.aten, name, None), overload, None)
        return isinstance(operator, torch._ops.OpOverload) and _only_computes(name, operator._schema)

    content = rebuilt(Path(path), is_harmless)
    try:
        with quiet():
            program = torch.export.load(io.BytesIO(content)).run_decompositions({})  # computes all sizes anew
    except Exception as error:  # torch trusts its own files, and fails in any way at others
        raise ModelError(f"{path}: torch cannot read this program ({reason(error)})") from error
    _check_sizes(program, path)
    return Exported(to_onnx(program, str(path)), source=name_and_digest(Path(path)))


def _check_sizes(program: Any, path: str | Path) -> None:
    """Folding constants makes them for real, and a few bytes can describe any."""
    for node in program.graph.nodes:
        sizes = getattr(node.meta.get("val"), "shape", ())
        count = math.prod(size for size in sizes if isinstance(size, int))  # the others depend on the batch's
        if count > MAX_NUMBERS:
            raise ModelError(f"{path}: makes a tensor of {count:,} numbers, more than any classifier needs")


def _only_computes(name: str, schema: Any) -> bool:
    """Whether an operator gives tensors and touches nothing else: `from_file` gives one, of any file."""
    if name in ABOUT_SIZES or name.startswith("_assert"):
        return True
    returned = [str(value.type) for value in schema.returns]
    return name != "from_file" and bool(returned) and all(kind in ("Tensor", "List[Tensor]") for kind in returned)
