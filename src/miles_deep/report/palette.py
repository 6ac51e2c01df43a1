"""Colours of labels: the same label has the same one in every picture."""

from collections.abc import Sequence

PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#5b3a29",
    "#8400cd",
    "#ddcc77",
    "#332288",
    "#9f0162",
    "#008df9",
)
"""The first six are those of Okabe and Ito (2008), which people with any colour blindness tell apart. Each of the
others was chosen, among theirs, Tol's and Krzywinski's, as the one least like those before it in CIELAB, seen by
the worst of four eyes: one with all cones, and those without one kind of them (Machado et al. 2009)."""

BACKGROUND = "#dadde1"
"""Labels that mean "none of the interesting ones"."""
REST = "#a6abb2"
"""Labels that are summed because there is no room for each."""
GROUP = "#7f8fb0"
"""Groups above labels, which overlap each other."""
KEPT = "#3c4450"
"""What is kept of a film."""
ON_DARK = {BACKGROUND: "#3b424c", REST: "#68717d", KEPT: "#c3c9d2"}
"""What must stay behind on a dark page, and what must stand out."""


def colours(names: Sequence[str], labels: Sequence[str], background: Sequence[str]) -> dict[str, str]:
    """A colour for each of some labels and groups.

    A label's own colour is that of its place among the model's labels. Where there are more labels than colours
    and two would have the same, the later name takes the next one that is free, or else the grey of the rest.

    Args:
        names: labels and groups, the most important first.
        labels: all labels of the model, in its order.
        background: its background labels.
    """
    places = {label: place for place, label in enumerate(label for label in labels if label not in background)}
    painted: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in background:
            painted[name] = BACKGROUND
            continue
        own = places.setdefault(name, len(places))
        turned = [PALETTE[(own + step) % len(PALETTE)] for step in range(len(PALETTE))]
        painted[name] = next((colour for colour in turned if colour not in taken), REST)
        taken.add(painted[name])
    return painted


def on_dark(colour: str) -> str:
    """The colour for a dark page: the same, or lighter where it would be lost."""
    if colour in ON_DARK:
        return ON_DARK[colour]
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 85:
        return colour
    return "#" + "".join(f"{round(part + (255 - part) * 0.3):02x}" for part in (red, green, blue))
