"""Chapters as players show them: one flat list, from beginning to end."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from miles_deep.timecode import Span

LONGEST_TITLE = 255
"""Bytes of UTF-8: what MP4's older kind of chapters holds (Nero's `chpl`, with one byte for the length)."""

SLIVER = Fraction(1)
"""Seconds below which what is left of one of the film's own chapters is not worth a stop of its own."""

CONTROL = frozenset({"Cc", "Cs"})
"""Unicode categories that no container and no player takes: control characters, halves of characters."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named stretch of a film."""

    span: Span
    """Seconds from the video's start."""
    title: str
    """Players show an untitled one by its number."""


def flat_chapters(marks: Sequence[Chapter], own: Sequence[Chapter], end: Fraction) -> list[Chapter]:
    """One list of chapters without gap or overlap, from 0 to the film's end.

    Players show a flat list and look at the starts only, and MP4 stores nothing else: so what lies between two
    marks is a chapter too, or the first would seem to last until the second. There it is the film's own chapter,
    where it has one, and untitled otherwise. Marks come out exactly as they are; where some overlap, the stretch
    they share is a chapter of its own with all their titles.

    Args:
        marks: what to show.
        own: the chapters that the film has already; they give way.
        end: seconds the film lasts.
    """
    flat: list[Chapter] = []
    previous: _Key | None = None
    for span, key in _without_slivers(list(_stretches(marks, own, end)), own):
        if flat and key == previous:
            flat[-1] = Chapter(Span(flat[-1].span.start, span.end), flat[-1].title)
            continue
        covering = [marks[number].title for number in key[0]]
        title = ", ".join(dict.fromkeys(covering)) if covering else own[key[1]].title if key[1] >= 0 else ""
        flat.append(Chapter(span, title))
        previous = key
    return flat


def clean_title(title: str) -> str:
    """A title on one line, without characters that cannot be written, no longer than containers hold."""
    printable = "".join(" " if unicodedata.category(letter) in CONTROL else letter for letter in title)
    return " ".join(printable.split()).encode()[:LONGEST_TITLE].decode(errors="ignore").rstrip()


_Key = tuple[tuple[int, ...], int]
"""What a stretch shows: numbers of the marks that cover it, and of the film's own chapter, or -1; the latter is
-1 too where there are marks."""


def _stretches(marks: Sequence[Chapter], own: Sequence[Chapter], end: Fraction) -> Iterator[tuple[Span, _Key]]:
    """The film in pieces, cut at every edge of every chapter."""
    spans = [chapter.span for chapter in (*marks, *own)]
    edges = sorted({Fraction(0), end} | {time for span in spans for time in (span.start, span.end) if time < end})
    waiting = sorted(range(len(spans)), key=lambda number: spans[number].start, reverse=True)
    shown: list[int] = []
    for start, stop in pairwise(edges):
        while waiting and spans[waiting[-1]].start <= start:
            shown.append(waiting.pop())
        shown = [number for number in shown if spans[number].end > start]
        marked = tuple(number for number in shown if number < len(marks))
        beneath = [number - len(marks) for number in shown if number >= len(marks)]
        # Of the film's own chapters that overlap, the one begun last counts, as players take it.
        yield Span(start, stop), (marked, -1 if marked or not beneath else beneath[-1])


def _without_slivers(stretches: list[tuple[Span, _Key]], own: Sequence[Chapter]) -> list[tuple[Span, _Key]]:
    """Leave no moment of the film's own chapters beside a mark that begins or ends a little off their edge."""
    found = list(stretches)
    for place, (span, key) in enumerate(stretches):
        marked, number = key
        if marked or span.length >= SLIVER or (number >= 0 and own[number].span == span):
            continue
        before = found[place - 1][1] if place else None
        after = stretches[place + 1][1] if place + 1 < len(stretches) else None
        if before is not None and not before[0] and after is not None and after[0]:
            found[place] = span, before
        elif after is not None and not after[0] and before is not None and before[0]:
            found[place] = span, after
    return found
