"""Weights in a file of the user's, as the tensors a network in PyTorch takes."""

from pathlib import Path
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.model.quoting import by, quoted
from miles_deep.model.torch_file import read_state
from miles_deep.train.extra import need, reason

PREFIXES = ("state_dict_ema", "model_ema", "ema", "state_dict", "model", "module", "_orig_mod")
"""Names under which training scripts keep a network's tensors: the averaged ones first, as they score better.
`module` and `_orig_mod` are torch's own wrappers, DataParallel and compile."""


def read_weights(path: Path) -> dict[str, Any]:
    """The tensors of a `.safetensors`, `.pth`, `.pt` or `.bin` file, by the network's own names.

    Raises:
        ModelError: it cannot be read, or asks for anything but tensors.
    """
    if path.suffix.lower() == ".safetensors":
        return _unwrapped(_safetensors(path))
    torch = need("torch", str(path))
    return _unwrapped({name: torch.from_numpy(values.copy()) for name, values in read_state(path).items()})


def _safetensors(path: Path) -> dict[str, Any]:
    """The package checks header and offsets; tensors are all that its format can hold."""
    if not path.is_file():
        raise ModelError(f"{path}: cannot be read (no such file)")
    try:
        state: dict[str, Any] = need("safetensors.torch", str(path)).load_file(path)
    except ModelError:
        raise
    except Exception as error:  # its errors are of Rust, of PyO3 and of the system
        raise ModelError(f"{path}: not a safetensors file, or a damaged one ({reason(error)})") from error
    return state


def _unwrapped(state: dict[str, Any]) -> dict[str, Any]:
    """Without what training wraps around a network's names."""
    for prefix in PREFIXES:
        inner = {name.removeprefix(f"{prefix}."): v for name, v in state.items() if name.startswith(f"{prefix}.")}
        if inner and (len(inner) == len(state) or prefix not in ("module", "_orig_mod")):
            return _unwrapped(inner)
    return state


def load_into(network: Any, state: dict[str, Any], name: str, source: Path) -> None:
    """Give a network its weights.

    Raises:
        ModelError: they are not this architecture's.
    """
    own = network.state_dict()
    missing, unknown = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]  # counts nothing but training
    if missing or unknown:
        what = f"{len(missing)} tensors are missing" if missing else f"{len(unknown)} tensors have no place"
        first = quoted((missing or unknown)[0])
        raise ModelError(f"{source}: not the weights of {name}: {what}, the first of them {first}")
    for key, values in state.items():
        if values.shape != own[key].shape:
            found, wanted = by(values.shape), by(own[key].shape)
            raise ModelError(f"{source}: not the weights of {name}: {quoted(key)} is {found} in place of {wanted}")
    network.load_state_dict(state, strict=False)
