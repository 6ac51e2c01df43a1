"""The models that can be asked for by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from miles_deep.errors import ModelError
from miles_deep.model.fetch import FETCHABLE, fetched
from miles_deep.model.imagenet import imagenet
from miles_deep.model.model import Model, read_model
from miles_deep.model.network import Precision
from miles_deep.model.open_nsfw import open_nsfw
from miles_deep.model.shelf import installed


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that has a name of its own."""

    about: str
    """What it tells apart, in a few words."""
    load: Callable[[], Model]
    """Reads it. Raises ModelError, which says how to get it, where it is not there."""
    licence: str


CATALOG: dict[str, Entry] = {
    "open_nsfw": Entry("nudity: sfw or nsfw (Yahoo, 2016)", open_nsfw, "BSD-2-Clause"),
    "imagenet": Entry("1,000 kinds of animals and things (EfficientNet-Lite0, 2020)", imagenet, "Apache-2.0"),
    "miles-deep": Entry(FETCHABLE["miles-deep"].about, partial(fetched, "miles-deep"), "GPL-3.0"),
}
"""Name to model."""

DEFAULT = "open_nsfw"


def load_model(name: str | Path = DEFAULT, device: str = "auto", precision: Precision = "auto") -> Model:
    """Load a model by its name, or from an `.onnx` file that carries its card.

    Args:
        name: a name in `CATALOG`, or of a model that was imported (`shelf.installed`), or the path of a file that
            `Model.save` wrote.
        device: `auto`, or a name in `runtime.DEVICES`.
        precision: `auto`, or `f32` for 32-bit floats on every device.

    Raises:
        ModelError: no such model, or it is damaged.
    """
    if str(name) in CATALOG:
        return CATALOG[str(name)].load().on(device, precision)
    on_shelf = installed()
    if str(name) in on_shelf:
        return read_model(on_shelf[str(name)]).on(device, precision)
    if not Path(name).exists():
        raise ModelError(f"no model {str(name)!r}: neither a file nor one of {', '.join([*CATALOG, *on_shelf])}")
    return read_model(name).on(device, precision)
