"""Weights in a file of the user's, as the tensors a network in PyTorch takes."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from miles_deep.errors import ModelError
from miles_deep.files import open_file
from miles_deep.model.quoting import by, listed, quoted
from miles_deep.model.torch_file import MAX_BYTES, MAX_NAME, read_state
from miles_deep.model.torch_file.pickled import HINT
from miles_deep.train.extra import need, reason

AVERAGED = re.compile(r"(^|[._])(ema|swa|averaged)([._]|$)")
"""Names under which training scripts keep averaged weights, which score better than the last: `state_dict_ema`."""

COUNTED = "num_batches_tracked"
"""How the names of tensors end that count nothing but training, and that old files do not have."""

Values = TypeVar("Values")


def read_weights(path: Path) -> Mapping[str, Any]:
    """All tensors of a `.safetensors` file, or arrays of a `.pth`, `.pth.tar`, `.pt` or `.bin` file, by name.

    Raises:
        ModelError: it cannot be read, or has no tensors.
    """
    return _safetensors(path) if path.suffix.lower() == ".safetensors" else read_state(path)


def _safetensors(path: Path) -> dict[str, Any]:
    """The package checks header and offsets; tensors are all that its format can hold."""
    open_file(path, MAX_BYTES, ModelError).close()  # the package tells of no path, and goes on reading a pipe
    try:
        state: dict[str, Any] = need("safetensors.torch", str(path)).load_file(path)
    except ModelError:
        raise
    except Exception as error:  # its errors are of Rust, of PyO3 and of the system
        raise ModelError(f"{path}: not a safetensors file, or a damaged one ({reason(error)})") from error
    if long := [name for name in state if len(name) > MAX_NAME]:
        raise ModelError(f"{path}: its key {quoted(long[0])} has more than {MAX_NAME:,} characters")
    return state


def own_weights(state: Mapping[str, Values], names: Collection[str]) -> dict[str, Values]:
    """A network's tensors out of a checkpoint, by the network's own names.

    Training scripts keep them under names of their own (`state_dict.`, `model_state_dict.`, `net.module.`). They
    are looked for where most of the network's names are, and of several such places where they are averaged.

    Args:
        state: all tensors of the checkpoint.
        names: the network's.

    Raises:
        ModelError: there are several such places.
    """
    wanted = {name for name in names if not name.endswith(COUNTED)}
    found: Counter[str] = Counter()
    for name in state:
        starts = [0, *(dot.end() for dot in re.finditer(r"\.", name))]
        found.update(name[:start] for start in starts if name[start:] in wanted)
    most = max(found.values(), default=0)
    places = [place for place, count in found.items() if count == most] or [""]
    places = [place for place in places if AVERAGED.search(place)] or places
    if len(places) > 1 and most == len(wanted):  # with less, it is another network's, whatever place is taken
        told = listed(quoted(place.rstrip(".")) for place in places)
        raise ModelError(f"these weights are there more than once, as {told}; save those that are meant alone")
    return {name[len(places[0]) :]: values for name, values in state.items() if name.startswith(places[0])}


def load_into(network: Any, state: Mapping[str, Any], name: str, source: Path) -> None:
    """Give a network its weights.

    Raises:
        ModelError: they are not this architecture's.
    """
    own = network.state_dict()
    if not own.keys() & state.keys():
        raise ModelError(f"{source}: not the weights of {name}: none of its tensors is there{HINT}")
    missing, unknown = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    missing = [key for key in missing if not key.endswith(COUNTED)]
    if missing or unknown:
        what = f"{len(missing)} tensors are missing" if missing else f"{len(unknown)} tensors have no place"
        first = quoted((missing or unknown)[0])
        raise ModelError(f"{source}: not the weights of {name}: {what}, the first of them {first}")
    for key, values in state.items():
        if values.shape != own[key].shape:
            found, wanted = by(values.shape), by(own[key].shape)
            raise ModelError(f"{source}: not the weights of {name}: {quoted(key)} is {found} in place of {wanted}")
    torch = need("torch", str(source))
    arrays = {key: values for key, values in state.items() if not torch.is_tensor(values)}
    tensors = {key: torch.from_numpy(values.copy()) for key, values in arrays.items()}
    network.load_state_dict({**state, **tensors}, strict=False)
