"""Put chapters into a copy of a film, and leave everything else as it is."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from miles_deep.edit.cutter import EditResult
from miles_deep.edit.extras import CHAPTER_TICK
from miles_deep.edit.output import may_replace, write_or_matroska
from miles_deep.edit.remux import Remux
from miles_deep.edit.target import MATROSKA, muxer
from miles_deep.edit.writing import Progress
from miles_deep.errors import OptionError, VideoError
from miles_deep.files import partial_file
from miles_deep.timecode import Span
from miles_deep.timeline.chapters import Chapter, clean_title, flat_chapters
from miles_deep.video.container import open_film
from miles_deep.video.video import Video

WITH_CHAPTERS = frozenset({"mp4", "mov", "3gp", "3g2", "matroska", "webm", "asf", "nut"})
"""Muxers that write chapters down. (Ogg has a way to do so, which FFmpeg's does not know for films.)"""


def mark_film(
    video: Video,
    chapters: Sequence[Chapter],
    output: Path,
    *,
    force: bool = False,
    replace: bool = False,
    temporary: Path | None = None,
    progress: Progress | None = None,
) -> EditResult:
    """Write a copy of a film with chapters: every packet of every track at its time, and all that goes with them.

    The film's own chapters are kept around the new ones, see `flat_chapters`. Where the output's container holds
    no chapters, or would not give the same packets back, a Matroska file is written under the same name with
    `.mkv`, and the result says so. With `replace`, the output may take the film's own name.

    Raises:
        OptionError: no chapters, or none before the film's end.
        OutputError: the output cannot be written; it is there already; it is the film itself; or no container
            can carry the film. No partial file stays.
        VideoError: the source cannot be read, or does not say when its frames are shown.
    """
    if not chapters:
        raise OptionError("nothing to mark: no chapters were given")
    marks = [Chapter(chapter.span, clean_title(chapter.title)) for chapter in chapters]
    if all(mark.span.start >= video.duration for mark in marks):
        raise OptionError(f"nothing to mark: the film ends at {float(video.duration):g} s, before the chapters")
    own = own_chapters(video)
    flat = flat_chapters(marks, own, video.duration)
    notes = ["the film's own chapters are kept around the new ones"] if own else []
    if (place := place_of_marked(video, output)) != output:
        notes.append(f"{muxer(output)} holds no chapters: Matroska instead")
        output = place

    def write(path: Path) -> Remux:
        may = may_replace(path, video, force, replace)
        with partial_file(path, temporary, may) as partial, open_film(video.path) as source:
            remux = Remux(video, source, partial, muxer(path), flat)
            remux.write(progress)
            remux.check()
        return remux

    path, remux, moved = write_or_matroska(output, write)
    whole = (Span(0, video.duration),)
    return EditResult(path, whole, video.duration, remux.frames, "copy", (*notes, *moved, *remux.notes))


def place_of_marked(video: Video, output: Path) -> Path:
    """Where a film with chapters is written: the output, or a Matroska file where its container holds none.

    Raises:
        VideoError: that would have to say when frames are shown, which the film does not.
    """
    place = output if muxer(output) in WITH_CHAPTERS else output.with_suffix(MATROSKA)
    if place != output and not video.ordered:
        raise VideoError(
            f"{video.path}: holds no chapters, and does not say when its frames are shown, so that it cannot be"
            " copied into Matroska; cut it, or export ffmetadata or srt"
        )
    return place


def own_chapters(video: Video) -> list[Chapter]:
    """The chapters that a film has already, without those that have no name."""
    own = []
    with open_film(video.path) as source:
        for chapter in source.chapters():
            tick = chapter["time_base"] or CHAPTER_TICK
            start = max(chapter["start"] * tick - video.start, Fraction(0))
            end = min(chapter["end"] * tick - video.start, video.duration)
            title = chapter["metadata"].get("title")
            if start < end and title:
                own.append(Chapter(Span(start, end), title))
    return own
