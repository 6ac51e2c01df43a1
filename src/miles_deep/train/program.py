"""A program of `torch.export` (`.pt2`), taken apart and put together again from what is harmless.

`torch.export.load` believes its file: inputs kept as examples, and weights marked so, are unpickled with code;
expressions are evaluated as Python; an operator may be any attribute of torch, also `torch.os.system`; compiled
libraries are loaded. So it gets a file that holds only what was looked at: the graph without its notes, made of
operators on tensors, and weights as plain numbers (`torch/export/pt2_archive`, `torch/_export/serde/schema.py`).
"""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from miles_deep.errors import ModelError
from miles_deep.model.quoting import quoted
from miles_deep.model.torch_file.archive import open_archive
from miles_deep.model.torch_file.tensor import lies_within

MAX_JSON, MAX_VALUES = 32 << 20, 400_000
"""Bytes of a description, and lists and objects in it. That of a small ViT has 0.5 MB, half of it notes."""

MAX_NODES = 10_000
"""Operators of a program. A small ViT has 229; with 20,000, torch took 88 s."""

NAME = re.compile(r"[\w.]{0,300}", re.ASCII)
"""What names may be made of: torch writes them into Python source, which it runs."""

TEXT = re.compile(r"[A-Za-z_ ,.>-]{0,100}")
"""Settings that are texts: `tanh`, `same`, an equation of einsum. No path."""

EXPRESSION = re.compile(
    r"(?:Symbol\('[su]\d{1,4}'(?:, (?:positive|nonnegative|integer)=True){0,3}\)"
    r"|Integer|Add|Mul|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|\d{1,9}|[-(), ]){1,60}"
)
"""A size that depends on the batch's, as sympy's `srepr` writes 49 * s77."""

OPERATOR = re.compile(r"torch\.ops\.aten\.(?P<name>\w+)\.(?P<overload>\w+)", re.ASCII)

ARITHMETIC = re.compile(
    r"_operator\.(add|sub|mul|floordiv|mod|neg|eq|ne|lt|le|gt|ge)|torch\.sym_(max|min|int|float)"
)
"""What is computed with the batch's size."""

ARGUMENTS = re.compile(
    r"as_(none|(optional_)?tensors?|ints?|floats?|bools?|string|name|expr|sym_(int|bool|float)s?"
    r"|scalar_type|memory_format|layout|device)"
)
"""Kinds of values that an operator may be given; what is left out are graphs, operators, objects."""

CONTAINERS = {None, "builtins.tuple", "builtins.list", "builtins.dict"}
"""What inputs and outputs may be packed into."""

ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 2, 7: 4, 8: 8, 12: 1, 13: 2}
"""Of numbers by torch's number of their type (`torch/_export/serde/schema.py: ScalarType`)."""

MODEL, WEIGHTS, CONSTANTS = "models/model.json", "data/weights/", "data/constants/"


def rebuilt(path: Path, is_harmless: Callable[[str, str], bool]) -> bytes:
    """The file that `torch.export.load` may read.

    Args:
        is_harmless: whether an operator of aten, by name and overload, only computes tensors.

    Raises:
        ModelError: it is no such program, or holds what could do harm.
    """
    try:
        with path.open("rb") as file, open_archive(file) as archive:
            members = {name.partition("/")[2]: name for name in archive.namelist()}
            if MODEL not in members:
                compiled = any(name.startswith("data/aotinductor/") for name in members)
                what = (
                    "a compiled program, which is code" if compiled else "no program that torch.export.save wrote"
                )
                raise ModelError(f"{what}; give one of torch.export.save, of PyTorch 2.8 or later")
            described = _json(archive, members[MODEL])
            kept: dict[str, bytes] = {
                "archive_format": b"pt2",
                "archive_version": archive.read(members["archive_version"]),
                "byteorder": b"little",
                ".data/version": b"6\n",
                MODEL: json.dumps(_checked(described, is_harmless)).encode(),
                "data/sample_inputs/model.pt": b"",
            }
            for folder, kind in ((WEIGHTS, "weights"), (CONSTANTS, "constants")):
                kept |= _numbers(archive, members, folder, f"{folder}model_{kind}_config.json")
            return _written(kept)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelError(f"{path}: its description is not one that torch.export.save writes") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _json(archive: ZipFile, member: str) -> Any:
    if archive.getinfo(member).file_size > MAX_JSON:
        raise ModelError(f"its {quoted(member)} has more than {MAX_JSON:,} bytes")
    content = archive.read(member)
    if content.count(b"{") + content.count(b"[") > MAX_VALUES:
        raise ModelError(f"its {quoted(member)} has more than {MAX_VALUES:,} values")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ModelError(f"its {quoted(member)} is nested too deep") from error


def _checked(described: dict[str, Any], is_harmless: Callable[[str, str], bool]) -> dict[str, Any]:
    """A description of a program, without notes and guards, which are code."""
    module = described["graph_module"]
    graph = module["graph"]
    if len(graph["nodes"]) > MAX_NODES:
        raise ModelError(f"has more than {MAX_NODES:,} operators")
    for node in graph["nodes"]:
        node["metadata"] = {}
        target = str(node["target"])
        operator = OPERATOR.fullmatch(target)
        if not ARITHMETIC.fullmatch(target) and not (operator and is_harmless(*operator.groups())):
            raise ModelError(f"uses {quoted(target)}, which is no operator on tensors")
    root = module["module_call_graph"][0]
    for packing in ("in_spec", "out_spec"):
        _check_packing(json.loads(root["signature"][packing])[1])
    _check_values({"graph": graph, "signature": module["signature"], "ranges": described["range_constraints"]})
    _check_values({"inputs": root["signature"]["inputs"], "outputs": root["signature"]["outputs"]})
    return {
        "graph_module": {
            "graph": graph,
            "signature": module["signature"],
            "module_call_graph": [{"fqn": "", "signature": {**root["signature"], "forward_arg_names": None}}],
            "metadata": {},
            "treespec_namedtuple_fields": {},
        },
        "opset_version": {"aten": int(described["opset_version"]["aten"])},
        "range_constraints": described["range_constraints"],
        "schema_version": {part: int(described["schema_version"][part]) for part in ("major", "minor")},
        "verifiers": ["TRAINING"],
        "torch_version": "",
        "guards_code": [],
    }


def _check_packing(spec: dict[str, Any]) -> None:
    """How inputs or outputs are packed: torch imports what other types name."""
    if spec["type"] not in CONTAINERS:
        raise ModelError(
            f"its inputs or outputs are packed into {quoted(str(spec['type']))}; use tuples and dicts"
        )
    context = json.loads(spec["context"]) if spec["context"] else None
    keys = [] if context is None else context
    if type(keys) is not list or not all(isinstance(key, str) and NAME.fullmatch(key) for key in keys):
        raise ModelError("its inputs or outputs are packed in a way that is not known")
    for child in spec["children_spec"]:
        _check_packing(child)


def _check_values(value: Any, key: str = "") -> None:
    if isinstance(value, dict):
        for inner, part in value.items():
            if not NAME.fullmatch(inner) or (inner.startswith("as_") and not ARGUMENTS.fullmatch(inner)):
                raise ModelError(f"has {quoted(inner)}, which is no value that operators on tensors take")
            _check_values(part, inner)
    elif isinstance(value, list):
        for part in value:
            _check_values(part, key)
    elif isinstance(value, str):
        allowed = {"expr_str": EXPRESSION, "as_string": TEXT}.get(key, NAME)
        if not allowed.fullmatch(value):
            raise ModelError(f"has the text {quoted(value)} where no such text can be")


def _numbers(archive: ZipFile, members: dict[str, str], folder: str, config: str) -> dict[str, bytes]:
    """A description of weights, and these; all of them plain numbers on the CPU that lie in their members."""
    described = _json(archive, members[config])
    kept: dict[str, bytes] = {}
    for name, entry in described["config"].items():
        row, tensor = str(entry["path_name"]), entry["tensor_meta"]
        if entry["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d{1,6}", row):
            raise ModelError(f"keeps {quoted(name)} as a pickle, which could run code")
        if tensor["device"]["type"] != "cpu":
            raise ModelError(
                "was exported on another device; export it with the network and its inputs on the CPU"
            )
        if folder + row not in kept:
            kept[folder + row] = archive.read(members[folder + row])
        sizes, strides = ([int(part["as_int"]) for part in tensor[key]] for key in ("sizes", "strides"))
        offset = int(tensor["storage_offset"]["as_int"])
        room = len(kept[folder + row]) // ITEM_BYTES[tensor["dtype"]]
        if not lies_within(room, offset, sizes, strides):
            raise ModelError(f"its tensor {quoted(name)} goes beyond its numbers")
    _check_values(described)
    return kept | {config: json.dumps(described).encode()}


def _written(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"program/{name}", content)
    return buffer.getvalue()
