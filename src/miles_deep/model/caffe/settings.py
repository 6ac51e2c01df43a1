"""Which settings of a prototxt the schema does not know, so that none is passed over in silence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miles_deep.model.caffe import caffe_pb2 as pb

WITHOUT_EFFECT = {
    *("param", "loss_weight", "propagate_down", "force_backward", "debug_info"),
    *("weight_filler", "bias_filler", "filler", "moving_average_fraction", "stable_prod_grad"),
    *("blobs_lr", "weight_decay", "blob_share_mode"),
    "engine",
}
"""Settings of training, and the choice between engines that compute the same."""

TOKENS = re.compile(
    r"""\#[^\n]*
    | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
    | (?P<number>[0-9.][\w.+-]*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>[:{}<>\[\]])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Prototxt:
    """A network's description as it was parsed."""

    path: str | Path
    network: pb.NetParameter
    unknown: tuple[str, ...]
    """Settings outside any layer that the schema does not know and that could have an effect."""
    unknown_of_layer: tuple[tuple[str, ...], ...]
    """The same for each layer, such as `pooling_param.ceil_mode`; in the layers' order."""


def unknown_settings(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The unknown settings outside layers, and those of each layer, of a text that parsed as a prototxt."""
    outside: list[str] = []
    of_layer: list[list[str]] = []
    for path, opens in _fields(text):
        if opens:
            if path in (("layer",), ("layers",)):
                of_layer.append([])
        elif not _is_known(path) and path[-1] not in WITHOUT_EFFECT:
            if path[0] not in ("layer", "layers"):
                outside.append(".".join(path))
            elif of_layer:
                of_layer[-1].append(".".join(path[1:]))
    return tuple(outside), tuple(map(tuple, of_layer))


def _fields(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every field's path, and whether a block of it opens here; nothing inside a block that is unknown."""
    stack: list[tuple[str, tuple[str, ...]]] = []  # what closes each open block or list, and the path then
    here: tuple[str, ...] = ()
    last, before = "", ""
    for match in TOKENS.finditer(text):
        token, kind = match.group(), match.lastgroup
        if kind is None:
            continue
        if kind == "word" and before != ":" and (not stack or stack[-1][0] != "]"):
            last = token
            if _is_known(here):
                yield (*here, token), False
        elif token in ("{", "<"):
            stack.append(("}", here))
            if _is_known(here):
                yield (*here, last), True
            here = (*here, last)
        elif token == "[":
            stack.append(("]", here))
        elif token in ("}", ">", "]") and stack:
            closes, outer = stack.pop()
            if closes != "]":
                # In a list of blocks, `layer: [{...}, {...}]`, the next brace is another of the same.
                last = here[-1]
            here = outer
        before = token


def _is_known(path: tuple[str, ...]) -> bool:
    """Whether the schema has a field at this path."""
    message: Any = pb.NetParameter.DESCRIPTOR
    for name in path:
        if message is None or name not in message.fields_by_name:
            return False
        message = message.fields_by_name[name].message_type
    return True
