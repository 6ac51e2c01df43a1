"""What a picture is drawn on, so that it looks the same for everyone. matplotlib is imported when that happens."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miles_deep.errors import OptionError
from miles_deep.files import partial_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
"""What can be drawn, by the file's suffix."""
DOTS = 100
"""Pixels an inch."""
FAINT, INK, PALE = "#707780", "#24292f", "#f3f4f6"
FONTS = (
    *(
        "Noto Sans",
        "Noto Sans CJK JP",
        "Noto Sans CJK SC",
        "Noto Sans CJK KR",
        "Source Han Sans",
        "WenQuanYi Zen Hei",
    ),
    *(
        "Yu Gothic",
        "MS Gothic",
        "Microsoft YaHei",
        "Malgun Gothic",
        "Segoe UI",
        "Segoe UI Symbol",
        "Arial Unicode MS",
    ),
    *("Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)
"""Where they are installed, they have letters that matplotlib's own font has not."""
SETTINGS = {
    "text.parse_math": False,  # a dollar sign in a label would begin a formula
    "text.usetex": False,
    "svg.fonttype": "none",  # texts stay texts
    "image.composite_image": False,  # of an SVG, each picture stays one, as sharp as it is
    "svg.hashsalt": "miles-deep",  # else no two pictures of one film are equal
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
}


def check_suffix(path: Path) -> None:
    """Refuse a file that cannot be drawn. Raises OptionError."""
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: a picture's name has to end in {' or '.join(SUFFIXES)}")


@contextmanager
def steady_settings() -> Iterator[None]:
    """In the block, neither a user's own settings change a picture, nor does a text that has no letters for it."""
    from matplotlib import rc_context
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    settings: Any = {**SETTINGS, "font.family": ["DejaVu Sans", *(font for font in FONTS if font in installed)]}
    with rc_context(settings), warnings.catch_warnings():
        # A letter that no font has is drawn as a box, as everywhere; an SVG's reader may have it.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        warnings.filterwarnings("ignore", "Matplotlib currently does not support")  # some scripts' ligatures
        yield


def new_figure(width: float, height: float) -> "Figure":
    """An empty picture of that size, inches."""
    # Not pyplot, which would look for a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=DOTS)
    FigureCanvasAgg(figure)
    return figure


def save(figure: "Figure", path: Path, force: bool) -> None:
    """Write the kind of file that the suffix says.

    Raises:
        OutputError: it cannot be written, or is there already; no partial file stays.
    """
    kind = path.suffix.lower().lstrip(".")
    with partial_file(path, force=force) as partial:
        # Without a date, equal pictures are equal files.
        figure.savefig(partial, format=kind, facecolor="white", metadata={"Date": None} if kind == "svg" else None)
