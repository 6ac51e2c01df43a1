"""Converted networks, kept in the user's cache folder so that the second run starts at once."""

import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from miles_deep.errors import ModelError, OutputError
from miles_deep.model.model import Model, read_model


def cache_dir() -> Path:
    """The folder for converted models: of the environment's MILES_DEEP_CACHE, else the user's cache."""
    root = os.environ.get("MILES_DEEP_CACHE")
    return (Path(root) if root else user_cache_path("miles-deep")) / "models"


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
