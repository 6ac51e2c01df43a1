"""The models that can be asked for by name."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from miles_deep.errors import ModelError
from miles_deep.model.card import ModelCard
from miles_deep.model.fetch import FETCHABLE, fetched, fetched_card
from miles_deep.model.imagenet import imagenet, imagenet_card
from miles_deep.model.model import Model, read_model
from miles_deep.model.network import Precision
from miles_deep.model.open_nsfw import open_nsfw, open_nsfw_card
from miles_deep.model.shelf import installed


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that has a name of its own."""

    about: str
    """What it tells apart, in a few words."""
    load: Callable[[], Model]
    """Reads it. Raises ModelError, which says how to get it, where it is not there."""
    card: Callable[[], ModelCard]
    """Its card, found without a look at its weights. Raises ModelError, likewise."""
    licence: str


CATALOG: dict[str, Entry] = {
    "open_nsfw": Entry("nudity: sfw or nsfw (Yahoo, 2016)", open_nsfw, open_nsfw_card, "BSD-2-Clause"),
    "imagenet": Entry(
        "1,000 kinds of animals and things (EfficientNet-Lite0, 2020)", imagenet, imagenet_card, "Apache-2.0"
    ),
    **{
        name: Entry(source.about, partial(fetched, name), partial(fetched_card, name), source.licence)
        for name, source in FETCHABLE.items()
    },
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
    if not str(name) or not Path(name).exists():
        raise ModelError(_unknown(str(name), [*CATALOG, *on_shelf]))
    return read_model(name).on(device, precision)


def shelved(name: str) -> Path | None:
    """The file of a model that was imported or fetched; None where it is none, or a package has it."""
    return None if name in CATALOG and name not in FETCHABLE else installed().get(name)


def _unknown(name: str, known: list[str]) -> str:
    spelled = {one.casefold(): one for one in known}
    if close := get_close_matches(name.casefold(), spelled, n=3):
        return f"no model {name!r}; did you mean {' or '.join(repr(spelled[one]) for one in close)}?"
    return f"no model {name!r}: neither a file nor one of {', '.join(known)}"
