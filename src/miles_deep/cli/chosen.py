"""What was chosen of a film that was watched, and how that is told."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from miles_deep.cli.choosing import Choice
from miles_deep.cli.options import Options
from miles_deep.cli.printing import print_segments, segment_lines, segment_record
from miles_deep.cli.text import one_line
from miles_deep.cli.treating import Treated, Wish, in_words, together
from miles_deep.cli.watch import notes, watch
from miles_deep.errors import OptionError
from miles_deep.model.ensemble import Classifier
from miles_deep.timecode import Span
from miles_deep.timeline import Segment
from miles_deep.video import Video

if TYPE_CHECKING:
    from miles_deep.edit import Take

NOTHING_LEFT = "nothing of the film is left; nothing written"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the flags come to with a model."""

    choice: Choice
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is kept of a film, and what is done to it."""

    video: Video
    segments: Sequence[Segment]
    """Those kept, or, where only something to drop was named, those dropped."""
    treated: Sequence[Treated]
    """What is blurred, muted or played at another speed of what is kept."""
    kept: Sequence[Span]

    @property
    def found(self) -> bool:
        """Whether there is anything to do: else the cut would be the film once more, or nothing."""
        return bool(self.segments or self.treated)

    @property
    def take(self) -> "Take":
        """The same, for an edit."""
        from miles_deep.edit import Take  # here, since it brings in PyAV

        return Take(self.video, self.kept, [one.effect for one in self.treated])


def asked_of(options: Options, model: Classifier, videos: Sequence[Video]) -> Asked:
    """What is asked for, read and found right: what is wrong is told before any work.

    Raises:
        MilesDeepError: as `Choosing.asked` and `Treating.wishes`; and where there is no sound to mute, and nothing
            else to do.
    """
    asked = Asked(options.asked(model), options.wishes(model))
    if options.muted and not any(has_sound(video) for video in videos):
        if not (options.selects or options.blurred or options.sped):
            raise OptionError(f"{videos[0].path}: has no sound, so there is nothing to mute")
        notes(["has no sound, so there is nothing to mute"], videos[0].path)
    return asked


def chosen_of(options: Options, asked: Asked, model: Classifier, video: Video) -> Chosen:
    """Watch a film, and choose."""
    lists = (asked.choice.keep, asked.choice.drop, *(wish.targets for wish in asked.wishes))
    watched = watch(options, video, model, [*filter(None, lists)], asked.choice.rules)
    selection = options.choose(asked.choice, watched, model)
    wishes = [wish for wish in asked.wishes if has_sound(video) or not wish.treatment.mute]
    treated = options.treat(wishes, asked.choice, watched, model) if selection.kept else ()
    seen = [one for one in treated if _meets(selection.kept, one.segment.span)]
    return Chosen(video, selection.segments, seen, selection.kept)


def _meets(kept: Sequence[Span], span: Span) -> bool:
    """Whether a span has something of those kept, which are in order and apart."""
    after = bisect_left(kept, span.end, key=lambda one: one.start)
    return after > 0 and kept[after - 1].end > span.start


def has_sound(video: Video) -> bool:
    """Whether anything can be heard."""
    return any(stream.kind == "audio" for stream in video.streams)


def print_chosen(options: Options, asked: Asked, chosen: Chosen) -> None:
    """A line a segment; or what was not found, and that nothing is written, where it is so."""
    if asked.choice.keep or chosen.segments:
        print_segments(chosen.segments, asked.choice.named, options.reduces)
    elif not chosen.found:
        print_segments((), named(asked), options.reduces)
    if chosen.segments and not chosen.kept:
        click.echo(NOTHING_LEFT)
    done = together(chosen.treated)
    for line, one in zip(segment_lines([one.segment for one in done]), done, strict=True):
        click.echo(f"{line}, {in_words(one.treatment)}")
    if chosen.kept and chosen.found:
        _print_missing(options, asked, chosen)


def _print_missing(options: Options, asked: Asked, chosen: Chosen) -> None:
    """What was not found of a film that is cut all the same."""
    missing = [] if chosen.segments or asked.choice.keep else [asked.choice.drop]
    done = {one.treatment for one in chosen.treated}
    missing += [wish.targets for wish in asked.wishes if wish.treatment not in done]
    where = " in what is kept" if options.selects else ""
    for targets in filter(None, missing):
        click.echo(one_line(f"no segment of {', '.join(targets)} found{where}"))


def named(asked: Asked) -> tuple[str, ...]:
    """All targets."""
    return (*asked.choice.named, *(target for wish in asked.wishes for target in wish.targets))


def chosen_record(chosen: Chosen) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "segments": [segment_record(segment) for segment in chosen.segments],
        "effects": [
            {
                **segment_record(one.segment),
                "blur": one.treatment.blur,
                "mute": one.treatment.mute,
                "speed": float(one.treatment.speed),
            }
            for one in together(chosen.treated)
        ],
    }
