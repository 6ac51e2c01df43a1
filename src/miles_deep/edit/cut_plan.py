"""What a cut would be: which packets of the films are copied, and which frames are encoded."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from miles_deep.edit.pieces import EditPlan, Mode
from miles_deep.edit.plan import plan_edit
from miles_deep.edit.splice import CannotSplice, splice_for
from miles_deep.edit.take import Take, check_joinable, same_parameters, told_by_first
from miles_deep.edit.target import muxer
from miles_deep.errors import OptionError
from miles_deep.video.container import main_picture, open_film

Keyframe = tuple[int, int]
"""Number of a film, and of a packet of it."""


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
    if any(not take.video.ordered or take.video.index.timeless for take in takes):
        note = "this container does not say when frames are shown, so packets cannot be copied: encoded"
        return _chained(takes, ["encode"] * len(takes)), [note]
    alike = [take.video.path == takes[0].video.path or same_parameters(take, takes[0]) for take in takes]
    if mode == "copy":
        if not all(alike):
            raise OptionError("the films were encoded with other settings, so they cannot be joined by mode copy")
        return _chained(takes, [mode] * len(takes)), []
    if not told_by_first(takes):
        note = "the first film's clock cannot tell the times of the others, so nothing is copied"
        return _chained(takes, ["encode"] * len(takes)), [note]
    lands, trouble = _splicing(takes[0], output)
    modes: list[Mode] = [mode if one else "encode" for one in alike]
    plan = replace(_chained(takes, modes, lands, avoid), mode=mode)
    notes = [] if all(alike) else ["the films were encoded with other settings, so only the first one's is copied"]
    if not lands and not plan.copied_frames and _chained(takes, modes, lands=True).copied_frames:
        notes.append("the film's keyframes are recovery points that encoded frames cannot lead up to: encoded")
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
