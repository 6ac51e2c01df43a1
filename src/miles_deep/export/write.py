"""export: the one door to all formats."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from miles_deep.errors import OptionError
from miles_deep.export import tag
from miles_deep.files import partial_file
from miles_deep.timeline.segment import Segment
from miles_deep.video import Video

Writer = Callable[[Sequence[Segment], Sequence[str], Video, Fraction], str]
"""From segments, the model's labels, the film and its length in seconds to the text of a file."""


def _tag(segments: Sequence[Segment], labels: Sequence[str], video: Video, duration: Fraction) -> str:
    return tag.render(segments, labels, video.path.name, duration)


WRITERS: dict[str, Writer] = {"tag": _tag}
"""Format to the function that writes it."""


def export(
    segments: Sequence[Segment],
    path: str | Path,
    *,
    video: Video,
    labels: Sequence[str] = (),
    duration: Fraction | None = None,
    format: str | None = None,
    force: bool = False,
) -> Path:
    """Write segments to a file that appears only when complete.

    Args:
        segments: in any order.
        path: the file; its suffix says which format, unless `format` does.
        video: the film they were found in.
        labels: all labels of the model, for formats that list those without a segment too.
        duration: seconds of the film that were watched (`Scores.duration`); what its header says where None.
        format: a name in `WRITERS`.
        force: replace the file where it is there already.

    Raises:
        OptionError: no such format.
        OutputError: the file cannot be written, or is there already.
    """
    path = Path(path)
    name = format or path.suffix.lstrip(".").lower()
    if name not in WRITERS:
        raise OptionError(f"{path}: no format {name!r}; there are: {', '.join(WRITERS)}")
    text = WRITERS[name](segments, labels, video, video.duration if duration is None else duration)
    with partial_file(path, force=force) as partial:
        partial.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    return path
