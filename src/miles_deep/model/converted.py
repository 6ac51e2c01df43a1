"""Converted networks, kept in the user's cache folder so that the second run starts at once."""

from contextlib import suppress

from miles_deep.errors import ModelError, OutputError
from miles_deep.model.kept import cache_dir
from miles_deep.model.model import Model, read_model


def look_up(key: str) -> Model | None:
    """The model kept under this key; None where there is none, or one that cannot be read."""
    try:
        return read_model(cache_dir() / f"{key}.onnx")
    except ModelError:
        return None


def keep(key: str, model: Model) -> None:
    """Keep a model under this key; a folder that cannot be written only costs the next run its time."""
    with suppress(OSError, OutputError):
        cache_dir().mkdir(parents=True, exist_ok=True)
        model.save(cache_dir() / f"{key}.onnx")
