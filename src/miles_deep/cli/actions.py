"""What the bare form can be asked to do."""

from collections.abc import Callable

from miles_deep.cli.cut import cut
from miles_deep.cli.options import Action, Options
from miles_deep.cli.summary import summary
from miles_deep.cli.tag import tag

ACTIONS: dict[Action, Callable[[Options], None]] = {"summary": summary, "cut": cut, "tag": tag}
"""Action to the function that does it."""
