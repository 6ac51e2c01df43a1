"""From what is taken of films to one film: planned, written, looked at, and planned again where a join fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from miles_deep.edit.cut_plan import Keyframe, plan_cut
from miles_deep.edit.output import may_replace, write_or_matroska
from miles_deep.edit.pieces import EditPlan, Mode
from miles_deep.edit.splice import CannotSplice
from miles_deep.edit.take import Take
from miles_deep.edit.target import muxer
from miles_deep.edit.texts import Texts
from miles_deep.edit.verify import Fault, faults
from miles_deep.edit.writing import Progress, Writing
from miles_deep.files import partial_file
from miles_deep.timecode import Span, clock
from miles_deep.video.video import Video

Looking = Callable[[Sequence[Video], EditPlan, Path, Progress | None], list[Fault]]
"""Tells what is wrong with a film that was made of others by a plan."""

LOOKING = Fraction(1, 4)
"""Part of the work that it is to look at what was written, for progress: as measured with Big Buck Bunny."""


@dataclass(frozen=True, slots=True)
class EditResult:
    """What an edit made."""

    path: Path
    spans: tuple[Span, ...]
    """Stretches of the source that came out, as they really came out."""
    duration: Fraction
    """Seconds of output."""
    frames: int
    """Pictures in the output."""
    mode: Mode
    notes: tuple[str, ...]
    """What a user should know: another container, tracks left out, damaged packets, joins that were mended."""
    copied: int = 0
    """How many of the pictures are the source's own, bit for bit."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a cut is tried."""

    mode: Mode
    avoid: frozenset[Keyframe] = frozenset()
    """Keyframes at which copying neither begins nor ends."""
    sounds: frozenset[int] = frozenset()
    """Sound tracks of the first film that are encoded whole."""

    def after(self, found: Sequence[Fault]) -> "tuple[Way, str]":
        """The next way to try where a film that was made in this one is not as it should be; and that in words."""
        sounds = frozenset(fault.sound for fault in found if fault.sound is not None) - self.sounds
        pictures = [fault for fault in found if fault.sound is None]
        more = frozenset((fault.film, number) for fault in pictures for number in fault.keyframes) - self.avoid
        if sounds and not pictures:
            return replace(self, sounds=self.sounds | sounds), "that sound track is encoded"
        if more and not self.avoid:
            return replace(self, avoid=more, sounds=self.sounds | sounds), "more is encoded there"
        return Way("encode"), "everything is encoded"


class _Faulty(Exception):
    """A film was written that is not what it should be."""

    def __init__(self, found: list[Fault]) -> None:
        super().__init__(found)
        self.found = found


def cut(
    takes: Sequence[Take],
    output: Path,
    mode: Mode = "smart",
    *,
    look: Looking | None = faults,
    force: bool = False,
    replace: bool = False,
    temporary: Path | None = None,
    progress: Progress | None = None,
    texts: Texts | None = None,
) -> EditResult:
    """Write a film that holds the given stretches of others, with all their tracks.

    Where the container that goes with `output` cannot carry the tracks, a Matroska file is written under the same
    name with `.mkv`, and the result says so. What `smart` wrote is looked at before it takes its name: where a
    join is not as it should be, more is encoded there, and if that does not help, everything. With `replace`, the
    output may take the film's own name.

    Args:
        takes: what to keep of one film, or of several.
        output: the file to write.
        mode: one of `MODES`.
        look: finds what is wrong with a film that `smart` wrote; None: nobody looks.
        force: replace the output where it is there already.
        replace: the output may be a film itself.
        temporary: folder for the unfinished film.
        progress: is told how many seconds of how many of the output are done.
        texts: what is known of the films' subtitles, where several cuts are made of them.

    Raises:
        OptionError: an unknown mode, nothing to keep, or films that do not go together.
        OutputError: the output cannot be written; it is there already; it is one of the films; or no container
            can carry the tracks. No partial file stays.
        VideoError: a film cannot be read.
    """
    takes = [take for take in takes if take.spans]
    way, mended, texts = Way(mode), list[str](), texts or Texts()
    while True:
        plan, notes = plan_cut(takes, way.mode, output, way.avoid)
        trial = _Trial(takes, plan, way.sounds, look if plan.mode == "smart" else None, texts, progress)

        def write(path: Path, trial: _Trial = trial) -> Writing:
            may = all([may_replace(path, take.video, force, replace) for take in takes])
            with partial_file(path, temporary, may) as partial:
                return trial.write(partial, muxer(path))

        try:
            path, writing, moved = write_or_matroska(output, write)
        except _Faulty as faulty:
            way, how = way.after(faulty.found)
            mended.append(f"{faulty.found[0].what} at {clock(faulty.found[0].time)} of the cut, so {how}")
        except CannotSplice as reason:
            way = Way("encode")
            mended.append(f"{reason}: encoded")
        else:
            told = (*notes, *mended, *moved, *writing.notes)
            return _result(path, plan, writing.frames, told)


@dataclass(frozen=True, slots=True)
class _Trial:
    """One way of writing a film."""

    takes: Sequence[Take]
    plan: EditPlan
    sounds: frozenset[int]
    look: Looking | None
    texts: Texts
    progress: Progress | None

    def write(self, partial: Path, container: str) -> Writing:
        """Write it. Raises _Faulty: it is not what it should be."""
        writing = Writing(self.takes, self.plan, container, self.sounds, self.texts)
        writing.write(partial, self._share(Fraction(0), 1 - LOOKING if self.look else Fraction(1)))
        if self.look is not None:
            videos = [take.video for take in self.takes]
            found = self.look(videos, self.plan, partial, self._share(1 - LOOKING, Fraction(1)))
            if found:
                raise _Faulty(found)
        return writing

    def _share(self, begin: Fraction, end: Fraction) -> Progress | None:
        """Tells of a part of the work as of the whole."""
        progress, length = self.progress, self.plan.length
        if progress is None:
            return None
        return lambda done, total: progress((begin + (end - begin) * done / total) * length, length)


def _result(path: Path, plan: EditPlan, frames: int, notes: tuple[str, ...]) -> EditResult:
    spans = tuple(piece.span for piece in plan.pieces)
    return EditResult(path, spans, plan.length, frames, plan.mode, notes, plan.copied_frames)
