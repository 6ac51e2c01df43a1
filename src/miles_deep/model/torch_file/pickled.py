"""The pickles in PyTorch's files, read as data: tensors in dicts and lists, and nothing that could run.

Checkpoints hold more than tensors: the arguments of the training, numbers of NumPy, settings of an optimizer. The
names of their classes are never looked up: whatever a pickle makes of one stays `Opaque`, and holds nothing.

`pickle.Unpickler` is not safe enough even where it may find no class: ten bytes make it fill gigabytes
(LONG_BINPUT sizes a table by a number in them), and a tuple nested deep enough crashes Python when it is hashed.
This machine knows only the opcodes that `torch.save` writes, one small function each, and counts its steps.
CPython's Lib/pickletools.py says what they mean; PyTorch's own safe reader is torch/_weights_only_unpickler.py.
"""

import struct
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from miles_deep.errors import ModelError
from miles_deep.model.quoting import quoted
from miles_deep.model.torch_file.tensor import DTYPES, Storage, Tensor

MAX_STEPS = 300_000
"""Opcodes of one pickle, and values that its calls copy. A tensor takes about 36; the largest classifiers have
two thousand tensors, and as many again twice where an optimizer's state is saved with them."""

MAX_DEPTH = 1_000
"""Marks that are open at a time: dicts and lists within each other. That of a network has three or four."""

MAX_AXES, MAX_NUMBER = 16, 1 << 48
"""Of a tensor, and of any of its sizes, strides and offsets."""


class _Global(NamedTuple):
    """A name that is known: one of `CALLS`, or of PyTorch's classes of storages."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """What stands for a name that is not known, and for whatever the pickle makes of it."""

    name: str
    """As the file has it: for errors, and nothing else."""

    def refuse(self) -> NoReturn:
        """Say that a tensor is needed here. Raises ModelError."""
        asked = quoted(self.name)[1:-1]
        raise ModelError(f"asks for {asked}, which is not data of tensors and is never run{HINT}")


def read_pickle(content: memoryview, at: int = 0) -> tuple[Any, int]:
    """What the pickle at this place describes, and where it ends.

    Returns:
        Dicts with texts (`"1"` for 1) as keys, lists, tuples, texts, numbers, None, `Tensor`, `Storage`, `Opaque`.

    Raises:
        ModelError: it is damaged, takes too many steps, or has tensors of a kind that is not known.
    """
    machine = _Machine(content, at)
    try:
        while True:
            machine.spend(1)
            opcode = machine.take(1)[0]
            if opcode == STOP:
                return machine.stack.pop(), machine.at
            if opcode not in OPCODES:
                raise ModelError(f"its pickle has the opcode {opcode:#04x}, which torch.save does not write")
            OPCODES[opcode](machine)
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise ModelError("its pickle is damaged or cut short") from error


@dataclass(slots=True)
class _Machine:
    """A pickle half read."""

    content: memoryview
    at: int
    stack: list[Any] = field(default_factory=list)
    below: list[list[Any]] = field(default_factory=list)
    """The stacks put aside at marks."""
    memo: dict[int, Any] = field(default_factory=dict)
    steps: int = 0

    def spend(self, steps: int) -> None:
        """Count work, so that no pickle takes more than its size promises."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise ModelError(f"its pickle takes more than {MAX_STEPS:,} steps")

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        if count < 0 or self.at + count > len(self.content):
            raise IndexError(count)
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, written: str) -> Any:
        """The next number, as `struct` would write it."""
        return struct.unpack(written, self.take(struct.calcsize(written)))[0]

    def line(self) -> str:
        """Text up to the next line's end."""
        end = bytes(self.content[self.at : self.at + 1000]).index(b"\n")
        return bytes(self.take(end + 1)[:-1]).decode()

    def text(self, length: int) -> str:
        """Text of so many bytes."""
        return str(self.take(length), "utf-8", "surrogatepass")

    def push(self, value: Any) -> None:
        """Put a value on top."""
        self.stack.append(value)

    def pop(self, count: int) -> tuple[Any, ...]:
        """The topmost values, the top last."""
        if len(self.stack) < count:
            raise IndexError(count)
        values = tuple(self.stack[-count:])
        del self.stack[-count:]
        return values

    def mark(self) -> None:
        """Begin a stack of its own for what comes now."""
        if len(self.below) >= MAX_DEPTH:
            raise ModelError(f"its pickle nests more than {MAX_DEPTH:,} deep")
        self.below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """Everything since the last mark."""
        values, self.stack = self.stack, self.below.pop()
        return values

    def set_items(self, flat: list[Any]) -> None:
        """Put keys and values that follow one another into the dict on top."""
        into = self.stack[-1]
        if isinstance(into, Opaque):
            return
        if type(into) is not dict or len(flat) % 2:
            raise TypeError("items of no dict")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            _set(into, key, value)

    def append(self, values: list[Any]) -> None:
        """Put values at the end of the list on top."""
        into = self.stack[-1]
        if isinstance(into, Opaque):
            return
        if type(into) is not list:
            raise TypeError("values of no list")
        into.extend(values)

    def find(self) -> None:
        """A name: only compared, never imported."""
        name = _Global(self.line(), self.line())
        is_known = name in CALLS or (name.module == "torch" and name.name in DTYPES)
        value = name if is_known else Opaque(".".join(name))
        if name.module in TENSOR_MAKERS and isinstance(value, Opaque):
            value.refuse()
        self.push(value)

    def call(self) -> None:
        """The result of one of `CALLS`, none of which does more than put values together.

        What is `Opaque` is not called: what it would give is as unknown as itself.
        """
        name, arguments = self.pop(2)
        if isinstance(name, Opaque):
            self.push(name)
            return
        if not isinstance(name, _Global) or type(arguments) is not tuple:
            raise TypeError("a call of what cannot be called")
        self.spend(sum(len(value) for value in arguments if isinstance(value, Sized)))
        self.push(CALLS[name](*arguments))

    def build(self) -> None:
        """Attributes of an object, dropped: torch gives a state's dict some (`_metadata`), and none is needed."""
        built, _ = self.pop(2)
        if type(built) is not dict and not isinstance(built, Opaque):
            raise TypeError("attributes of what has none")
        self.push(built)

    def persistent(self) -> None:
        """A storage, by its type, name, device and size; before PyTorch 1.6 also by what it is a part of."""
        described = self.stack.pop()
        if type(described) is not tuple or not 4 <= len(described) <= 6:
            raise TypeError("no storage")
        if described[0] == "module":
            raise ModelError(f"holds a whole network with its code{HINT}")
        kind, storage, key, _, size, *view = described
        if isinstance(storage, Opaque):
            storage.refuse()
        if kind != "storage" or not isinstance(storage, _Global) or not isinstance(key, str):
            raise TypeError("no storage")
        if type(size) is not int or size < 0:
            raise TypeError("a storage without a size")
        if any(part is not None for part in view):
            raise ModelError("its storages are parts of others; load it with PyTorch and save it anew")
        self.push(Storage(DTYPES[storage.name], key, size))


HINT = "; save a state_dict instead: torch.save(model.state_dict(), PATH)"

TENSOR_MAKERS = ("torch._utils", "torch._tensor")
"""Modules whose functions make tensors of all kinds: one that is not known is refused, and not left out as if it
were none."""


def _ordered_dict(pairs: Sequence[Any] = ()) -> dict[Any, Any]:
    """Python 2 wrote the items as an argument, Python 3 sets them later."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        _set(made, key, value)
    return made


def _set(into: dict[str, Any], key: Any, value: Any) -> None:
    """Keep a value by its key's text, whose hash nobody foresees; numbers can be chosen to have all the same."""
    if not isinstance(key, str | int):  # a tuple nested deep overflows the C stack when it is hashed
        raise TypeError("keys are texts or numbers")
    if str(key) in into:
        raise ModelError(f"its key {quoted(str(key))} is there twice")
    into[str(key)] = value


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """What follows the strides (gradient wanted, hooks, metadata) is for training."""
    numbers = (offset, *shape, *strides)
    sound = all(type(number) is int and 0 <= number < MAX_NUMBER for number in numbers)
    if not sound or not isinstance(storage, Storage) or len(shape) != len(strides) or len(shape) > MAX_AXES:
        raise TypeError("no tensor")
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if isinstance(tensor, Opaque):
        tensor.refuse()
    if not isinstance(tensor, Tensor):
        raise TypeError("no tensor")
    return tensor


def _size(sizes: Any) -> tuple[Any, ...]:
    return tuple(sizes)


CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): _size,
}
"""All that a pickle may call, by module and name; each only arranges what it is given."""

STOP = ord(".")
OPCODES: dict[int, Callable[[_Machine], None]] = {
    0x80: lambda m: _protocol(m.number("B")),
    ord("("): _Machine.mark,
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("J"): lambda m: m.push(m.number("<i")),
    ord("K"): lambda m: m.push(m.number("B")),
    ord("M"): lambda m: m.push(m.number("<H")),
    0x8A: lambda m: m.push(int.from_bytes(m.take(m.number("B")), "little", signed=True)),
    ord("G"): lambda m: m.push(m.number(">d")),
    ord("X"): lambda m: m.push(m.text(m.number("<I"))),
    ord("T"): lambda m: m.push(m.text(m.number("<i"))),
    ord("U"): lambda m: m.push(m.text(m.number("B"))),
    ord("}"): lambda m: m.push({}),
    ord("]"): lambda m: m.push([]),
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.marked())),
    0x85: lambda m: m.push(m.pop(1)),
    0x86: lambda m: m.push(m.pop(2)),
    0x87: lambda m: m.push(m.pop(3)),
    ord("a"): lambda m: m.append([m.stack.pop()]),
    ord("e"): lambda m: m.append(m.marked()),
    ord("s"): lambda m: m.set_items(list(m.pop(2))),
    ord("u"): lambda m: m.set_items(m.marked()),
    ord("q"): lambda m: m.memo.__setitem__(m.number("B"), m.stack[-1]),
    ord("r"): lambda m: m.memo.__setitem__(m.number("<I"), m.stack[-1]),
    ord("h"): lambda m: m.push(m.memo[m.number("B")]),
    ord("j"): lambda m: m.push(m.memo[m.number("<I")]),
    ord("c"): _Machine.find,
    ord("R"): _Machine.call,
    0x81: _Machine.call,
    ord("b"): _Machine.build,
    ord("Q"): _Machine.persistent,
}
"""What each opcode does, in the order of pickletools: numbers, texts, containers, the memo, names and calls."""


def _protocol(version: int) -> None:
    if version != 2:
        raise ModelError(f"its pickle is of protocol {version}; torch.save writes 2 if not told otherwise")
