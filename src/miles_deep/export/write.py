"""export: the one door to all formats."""

import contextlib
import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import ModuleType

from miles_deep.classify.scores import Scores
from miles_deep.errors import OptionError, OutputError
from miles_deep.export.cutlist import Cutlist
from miles_deep.files import partial_file
from miles_deep.timecode import Span, merge
from miles_deep.timeline.segment import Segment
from miles_deep.video import Video


@dataclass(frozen=True, slots=True)
class Format:
    """How segments are written for one kind of program."""

    module: str
    """Of this folder, imported when asked for: its `write` makes the text of a file of a `Cutlist`; its `notes`,
    if it has any, what a user should know of that file."""
    suffix: str
    """Of its files: `.edl`."""
    about: str
    """What reads it, for a table of formats."""
    cuts: bool = False
    """Whether it says what to keep, and not only what is where; it then needs to be told."""
    marks: bool = True
    """Whether it can mark segments on the whole film; one that cannot only cuts."""

    def write(self, cutlist: Cutlist) -> str:
        """The text of the file."""
        text: str = self._module.write(cutlist)
        return text

    def notes(self, cutlist: Cutlist) -> tuple[str, ...]:
        """What a user should know of the file."""
        return tuple(self._module.notes(cutlist)) if hasattr(self._module, "notes") else ()

    @property
    def _module(self) -> ModuleType:
        return import_module(f"miles_deep.export.{self.module}")


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A file that was written."""

    path: Path
    format: str
    """A name in `FORMATS`."""
    notes: tuple[str, ...] = ()
    """What a user should know of it: times that had to be resampled."""


FORMATS: dict[str, Format] = {
    "edl": Format("edl", ".edl", "every editor: an edit decision list (CMX3600)", cuts=True),
    "fcpxml": Format("fcpxml", ".fcpxml", "Final Cut Pro, DaVinci Resolve", cuts=True),
    "xmeml": Format("xmeml", ".xml", "Premiere Pro, DaVinci Resolve", cuts=True),
    "otio": Format("otio", ".otio", "OpenTimelineIO, DaVinci Resolve", cuts=True),
    "kodi": Format("kodi", ".edl", "Kodi, comskip: skips, or scene markers", cuts=True),
    "mplayer": Format("mplayer", ".edl", "MPlayer: skips", cuts=True, marks=False),
    "losslesscut": Format("losslesscut", ".csv", "LosslessCut: segments", cuts=True),
    "llc": Format("llc", ".llc", "LosslessCut: a project", cuts=True),
    "auto-editor": Format("auto_editor", ".json", "auto-editor: a timeline (v1)", cuts=True, marks=False),
    "stash": Format("stash", ".json", "Stash: markers"),
    "webvtt": Format("webvtt", ".vtt", "browsers: cues"),
    "srt": Format("srt", ".srt", "any player: subtitles"),
    "ffmetadata": Format("ffmetadata", ".ffmetadata", "FFmpeg: chapters"),
    "youtube": Format("youtube", ".txt", "YouTube: chapters for the description"),
    "csv": Format("csv_table", ".csv", "spreadsheets, pandas, and our own `evaluate`"),
    "json": Format("json_document", ".json", "programs: everything, with all scores"),
    "tag": Format("tag", ".tag", "the first Miles Deep's tags"),
}
"""Name to format."""


def export(
    segments: Sequence[Segment],
    path: str | Path,
    *,
    video: Video,
    kept: Sequence[Span] | None = None,
    labels: Sequence[str] = (),
    scores: Scores | None = None,
    duration: Fraction | None = None,
    format: str | None = None,
    mark: bool = False,
    force: bool = False,
) -> ExportResult:
    """Write segments to a file that appears only when complete.

    Args:
        segments: in any order.
        path: the file; its suffix says which format, unless `format` does: `.edl`, or `.kodi.edl` where several
            formats share a suffix.
        video: the film they were found in.
        kept: what a format that cuts keeps of the film; the segments' spans where None.
        labels: all labels of the model, for formats that list those without a segment too; those of `scores` where
            there are any.
        scores: of every second, for formats that hold them.
        duration: seconds of the film that were watched; `scores.duration`, or else what its header says, where
            None.
        format: a name in `FORMATS`.
        mark: mark the segments on the whole film, in formats that would cut.
        force: replace the file where it is there already.

    Raises:
        OptionError: no such format, or it cannot carry what is asked.
        OutputError: the file cannot be written, or is there already.
    """
    path = Path(path)
    name = format or format_of(path)
    if name not in FORMATS:
        raise OptionError(f"{path}: {no_format(name)}")
    if duration is None:
        duration = scores.duration if scores is not None else video.duration
    cutlist = Cutlist(
        video,
        duration,
        tuple(_inside(duration, segments)),
        tuple(_within(duration, kept if kept is not None else [segment.span for segment in segments])),
        tuple(labels or (scores.labels if scores is not None else ())),
        scores,
        mark,
    )
    return export_all(cutlist, {name: path}, force=force)[0]


def export_all(cutlist: Cutlist, paths: Mapping[str, Path], *, force: bool = False) -> list[ExportResult]:
    """Write a cutlist in several formats: every file appears, or none.

    Args:
        cutlist: what to write.
        paths: a name in `FORMATS` to its file.
        force: replace files that are there already.

    Raises:
        OptionError: a format cannot carry what is asked.
        OutputError: a file cannot be written, or is there already.
    """
    contents = {name: _content(name, cutlist, path) for name, path in paths.items()}
    appeared: list[Path] = []
    try:
        with contextlib.ExitStack() as files:
            for name, path in paths.items():
                files.enter_context(_file(path, force, appeared)).write_bytes(contents[name])
    except BaseException:
        for path in appeared:
            path.unlink(missing_ok=True)
        raise
    return [ExportResult(path, name, FORMATS[name].notes(cutlist)) for name, path in paths.items()]


def no_format(name: str) -> str:
    """What to say of a format that is none."""
    close = format_of(Path(f"film.{name}"))
    meant = [close] if close in FORMATS else difflib.get_close_matches(name.lower(), FORMATS, n=1)
    said = f"did you mean {meant[0]}?" if meant else f"there are: {', '.join(FORMATS)}"
    return f"no format {name!r}; {said}"


def _inside(duration: Fraction, segments: Iterable[Segment]) -> list[Segment]:
    """Segments in order, without what is beyond the film."""
    cut = [
        replace(segment, span=Span(segment.span.start, min(segment.span.end, duration)))
        for segment in segments
        if segment.span.start < duration
    ]
    return sorted(cut, key=lambda segment: (segment.span, segment.label))


def _within(duration: Fraction, spans: Iterable[Span]) -> list[Span]:
    """Spans in order, without what is beyond the film."""
    return merge(Span(span.start, min(span.end, duration)) for span in spans if span.start < duration)


def format_of(path: Path) -> str:
    """The format that a file's name says: by the word before its suffix, or by its suffix."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]] or [""]
    words = [suffix.lstrip(".") for suffix in suffixes]
    for word in words:  # `.kodi.edl` is kodi's, and `.csv` csv's, though it is LosslessCut's too
        if word in FORMATS and FORMATS[word].suffix == suffixes[-1]:
            return word
    return next((name for name, format in FORMATS.items() if format.suffix == suffixes[-1]), words[-1])


def _content(name: str, cutlist: Cutlist, path: Path) -> bytes:
    if FORMATS[name].cuts and not cutlist.mark and not cutlist.kept:
        raise OptionError(f"{path}: nothing is kept of the film, and the format {name} says what is")
    if cutlist.mark and not FORMATS[name].marks:
        raise OptionError(f"{path}: the format {name} only cuts; it has no way to mark segments")
    try:
        return FORMATS[name].write(cutlist).encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise OutputError(f"{path}: a name is no text ({error.object[error.start : error.end]!a})") from error


@contextlib.contextmanager
def _file(path: Path, force: bool, appeared: list[Path]) -> Iterator[Path]:
    replaced = os.path.lexists(path)
    with partial_file(path, force=force) as partial:
        yield partial
    if not replaced:  # what was there is gone already; better the new file than none
        appeared.append(path)
