"""The packages of the extra `[train]`, imported on first use."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from miles_deep.errors import ModelError
from miles_deep.model.network import first_line

INSTALL = "pip install 'miles-deep[train]'"


def need(package: str, purpose: str) -> ModuleType:
    """Import a package of the extra.

    Args:
        package: torch, timm, safetensors.torch, …
        purpose: what cannot be done without it, for the error.

    Raises:
        ModelError: it is not installed, or it is but does not work with what else is.
    """
    try:
        with quiet():
            return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise ModelError(f"{purpose} needs {error.name or package}: {INSTALL}") from error
    except Exception as error:  # a package built for another torch fails in its own ways
        raise ModelError(
            f"{purpose} needs {package}, which does not start ({reason(error)}): {INSTALL}"
        ) from error


def need_timm() -> ModuleType:
    """timm, also beside a torchvision whose compiled part does not fit the torch that is installed.

    A torch for CPUs with the torchvision that most people get is such a pair: "operator torchvision::nms does not
    exist". torchvision's Python only wants to describe the two operators; declared, it starts, and timm's
    classifiers call neither.
    """
    torch = need("torch", "timm")
    try:
        with quiet():
            importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        raise ModelError(f"timm needs {error.name}: {INSTALL}") from error
    except RuntimeError:
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor boxes, Tensor scores, float threshold) -> Tensor"
            )
    return need("timm", "a network of timm")


@contextmanager
def quiet() -> Iterator[None]:
    """The packages warn and log what concerns their own authors."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def reason(error: BaseException) -> str:
    """What went wrong at the bottom of an error of these packages, in one short line.

    They wrap errors in errors, and tell of the innermost over pages, in colours.
    """
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    line = "".join(letter if letter.isprintable() else " " for letter in first_line(error))
    return line if len(line) <= 200 else line[:197] + "..."
