"""What the user of an import asked for."""

from dataclasses import dataclass
from typing import Literal, get_args

from miles_deep.errors import OptionError
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import Preset

Activation = Literal["softmax", "sigmoid", "none"]
"""What makes probabilities of scores; `none` where they are some."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; None: as the file says.

    Raises:
        OptionError: there is no such activation.
    """

    labels: tuple[str, ...] | None
    labels_from: str
    """Where these are from, in a few words."""
    preprocess: Preset | Preprocess | None
    preprocess_from: str
    """Likewise."""
    size: tuple[int, int] | None
    """Width and height of pictures, pixels."""
    output: str | None
    """Name of the one with the scores."""
    activation: Activation | None

    def __post_init__(self) -> None:
        check_activation(self.activation)


def check_activation(activation: str | None) -> None:
    """Refuse what is neither None nor an `Activation`. Raises OptionError."""
    if activation not in (None, *get_args(Activation)):
        raise OptionError(f"no activation {activation!r}; there are: {', '.join(get_args(Activation))}")
