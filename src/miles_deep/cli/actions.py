"""What the bare form can be asked to do."""

from collections.abc import Callable

from miles_deep.cli.cutting import cut_film
from miles_deep.cli.options import Action, Options
from miles_deep.cli.summary import summary
from miles_deep.cli.tagging import tag_film

ACTIONS: dict[Action, Callable[[Options], None]] = {
    "summary": summary,
    "cut": cut_film,
    "tag": lambda options: tag_film(options, options.output),
}
"""Action to the function that does it."""
