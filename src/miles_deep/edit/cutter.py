"""From what is taken of films to one film: planned, written, looked at, and planned again where a join fails."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from pathlib import Path

from miles_deep.edit.output import may_replace, write_or_matroska
from miles_deep.edit.pieces import EditPlan, Mode
from miles_deep.edit.plan import plan_edit
from miles_deep.edit.splice import CannotSplice, splice_for
from miles_deep.edit.take import Take, check_joinable, same_parameters
from miles_deep.edit.target import muxer
from miles_deep.edit.verify import Fault, faults
from miles_deep.edit.writing import Progress, Writing
from miles_deep.errors import OptionError
from miles_deep.files import partial_file
from miles_deep.timecode import Span, clock
from miles_deep.video.container import main_picture, open_film
from miles_deep.video.video import Video

Looking = Callable[[Sequence[Video], EditPlan, Path], list[Fault]]
"""Tells what is wrong with a film that was made of others by a plan."""

Keyframe = tuple[int, int]
"""Number of a film, and of a packet of it."""


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
) -> EditResult:
    """Write a film that holds the given stretches of others, with all their tracks.

    Where the container that goes with `output` cannot carry the tracks, a Matroska file is written under the same
    name with `.mkv`, and the result says so. What `smart` wrote is looked at before it takes its name: where a
    join is not as it should be, more is encoded there, and if that does not help, everything. With `replace`, the
    output may take the film's own name.

    Raises:
        OptionError: an unknown mode, nothing to keep, or films that do not go together.
        OutputError: the output cannot be written; it is there already; it is one of the films; or no container
            can carry the tracks. No partial file stays.
        VideoError: a film cannot be read.
    """
    takes = [take for take in takes if take.spans]
    avoid: set[Keyframe] = set()
    mended: list[str] = []
    while True:
        plan, notes = plan_cut(takes, mode, output, avoid)

        def write(path: Path, plan: EditPlan = plan) -> Writing:
            may = all([may_replace(path, take.video, force, replace) for take in takes])
            with partial_file(path, temporary, may) as partial:
                writing = Writing(takes, plan, muxer(path))
                writing.write(partial, progress)
                if look is not None and plan.mode == "smart":
                    _accept(look([take.video for take in takes], plan, partial))
            return writing

        try:
            path, writing, moved = write_or_matroska(output, write)
        except _Faulty as faulty:
            more = {(fault.film, number) for fault in faulty.found for number in fault.keyframes} - avoid
            first = faulty.found[0]
            mode = mode if more and not avoid else "encode"
            how = "everything is encoded" if mode == "encode" else "more is encoded there"
            mended.append(f"{first.what} at {clock(first.time)} of the cut, so {how}")
            avoid |= more
            continue
        except CannotSplice as reason:
            mode = "encode"
            mended.append(f"{reason}: encoded")
            continue
        return EditResult(
            path=path,
            spans=tuple(piece.span for piece in plan.pieces),
            duration=plan.length,
            frames=writing.frames,
            mode=plan.mode,
            notes=(*notes, *mended, *moved, *writing.notes),
            copied=plan.copied_frames,
        )


def _accept(found: list[Fault]) -> None:
    if found:
        raise _Faulty(found)


def plan_cut(
    takes: Sequence[Take], mode: Mode, output: Path, avoid: Collection[Keyframe] = ()
) -> tuple[EditPlan, list[str]]:
    """The plan that `cut` carries out, and what a user should know of it.

    Args:
        takes: of one film, or of several that are joined.
        mode: one of `MODES`.
        output: the film to write; what can be copied depends on its container.
        avoid: keyframes at which copying neither begins nor ends.

    Raises:
        OptionError: like `plan_edit`, and where films do not go together.
    """
    if not takes:
        raise OptionError("nothing to keep: no spans were given")
    check_joinable(takes)
    if mode == "encode":
        return _chained(takes, [mode] * len(takes)), []
    if not all(take.video.ordered for take in takes):
        note = "this container does not say when frames are shown, so packets cannot be copied: encoded"
        return _chained(takes, ["encode"] * len(takes)), [note]
    alike = [take.video.path == takes[0].video.path or same_parameters(take, takes[0]) for take in takes]
    if mode == "copy":
        if not all(alike):
            raise OptionError("the films were encoded with other settings, so they cannot be joined by mode copy")
        return _chained(takes, [mode] * len(takes)), []
    lands, trouble = _splicing(takes[0], output)
    modes: list[Mode] = [mode if one else "encode" for one in alike]
    plan = replace(_chained(takes, modes, lands, avoid), mode=mode)
    notes = [] if all(alike) else ["the films were encoded with other settings, so only the first one's is copied"]
    if not plan.copied_frames and not any(take.effects for take in takes):
        notes.append("no frame can be copied: what is kept holds no whole group of pictures")
    if trouble and 0 < plan.copied_frames < plan.frames:
        return _chained(takes, ["encode"] * len(takes)), [*notes, f"{trouble}: encoded"]
    return plan, notes


def _splicing(take: Take, output: Path) -> tuple[bool, str]:
    """Whether copying may begin at recovery points, and why nothing encoded can stand between packets, if so."""
    with open_film(take.video.path) as film:
        try:
            return splice_for(take.video, main_picture(film, take.video.path), muxer(output)).lands, ""
        except CannotSplice as reason:
            return False, str(reason)


def _chained(
    takes: Sequence[Take], modes: Sequence[Mode], lands: bool = False, avoid: Collection[Keyframe] = ()
) -> EditPlan:
    """The films' plans, one behind the other."""
    plans = []
    for number, (take, mode) in enumerate(zip(takes, modes, strict=True)):
        numbers = [packet for film, packet in avoid if film == number]
        plans.append(plan_edit(take.spans, take.video.index, mode, take.effects, lands=lands, avoid=numbers))
    return reduce(EditPlan.then, plans)
