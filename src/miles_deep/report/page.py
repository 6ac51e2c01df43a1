"""A page about a film: one HTML file that needs nothing else."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from miles_deep.errors import OptionError
from miles_deep.files import partial_file
from miles_deep.report.facts import film_facts, looking_facts, rule_facts, versions
from miles_deep.report.findings import Findings
from miles_deep.report.layout import bands, found_seconds, label_colours
from miles_deep.report.palette import BACKGROUND, GROUP, KEPT, PALETTE, REST, on_dark
from miles_deep.report.shapes import ACROSS, lanes, share, stack_of, time_ticks
from miles_deep.report.thumbnails import jpeg, pictures, shown_size, strip_times
from miles_deep.report.wording import legible
from miles_deep.timecode import Span, clock, merge

TEMPLATE = "page.html.jinja"
SUFFIXES = (".html", ".htm")
COLUMNS = 800
"""Into which the scores are averaged; on most screens each is a pixel or two wide."""
BOX = (192, 108)
"""Most width and height of a thumbnail, pixels: twice as many as on the page, for fine screens."""
STRIP = 1728
"""Pixels that the strip's thumbnails have side by side."""
MOST_STARTS = 150
"""Segments whose first frame is shown: the longest, those of the background after all others. With more, the file
would have megabytes."""

COLOURS = (*PALETTE, BACKGROUND, REST, GROUP, KEPT)


def check_suffix(path: Path) -> None:
    """Refuse a file that is no page. Raises OptionError."""
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: a page's name has to end in {' or '.join(SUFFIXES)}")


def write(
    findings: Findings, path: Path, *, command: str = "", when: datetime | None = None, force: bool = False
) -> None:
    """Write a page with the film's timeline, thumbnails, segments and totals, and how they came about.

    Args:
        findings: of the film.
        path: the file, `.html`.
        command: what was typed, quoted for a shell.
        when: the time to put on it; now, where None.
        force: replace the file where it is there already.

    Raises:
        OptionError: another kind of file was asked for.
        VideoError: the film cannot be read.
        OutputError: the page cannot be written, or is there already; no partial file stays.
    """
    check_suffix(path)
    text = render(findings, command=command, when=when or datetime.now().astimezone())
    with partial_file(path, force=force) as partial:
        partial.write_bytes(text.encode())


def render(findings: Findings, *, command: str, when: datetime) -> str:
    """The page's text. Whatever labels and names hold, it stays text there. Raises VideoError."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    room = Environment(
        loader=PackageLoader("miles_deep.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.filters.update(
        clock=clock, round_clock=_round_clock, legible=legible, source_hash=_source_hash, on_dark=on_dark
    )
    page = room.get_template(TEMPLATE)
    return page.render(_content(findings, command, when))


def _content(findings: Findings, command: str, when: datetime) -> Mapping[str, object]:
    duration = findings.scores.duration
    found = merge(segment.span for segment in findings.segments)
    strip, starts = _thumbnails(findings)
    return {
        "film": legible(findings.video.path.name),
        "findings": findings,
        "duration": duration,
        "kept": _length(findings.kept or ()),
        "found": _length(found),
        "totals": _totals(findings),
        "stacks": [stack_of(stack) for stack in bands(findings, COLUMNS)],
        "across": ACROSS,
        "lanes": lanes(findings),
        "ticks": time_ticks(duration),
        "colours": COLOURS,
        "colour_of": label_colours(findings),
        "class_of": {colour: f"c{number}" for number, colour in enumerate(COLOURS)},
        "strip": strip,
        "starts": starts,
        "most_starts": MOST_STARTS,
        "size": shown_size(findings.video, BOX),
        "facts": {
            "Film": film_facts(findings.video),
            "Model and sampling": looking_facts(findings),
            "Targets and rules": rule_facts(findings),
            "Made with": versions(),
        },
        "command": "\n".join(map(legible, command.split("\n"))),
        "when": when,
    }


def _totals(findings: Findings) -> list[dict[str, object]]:
    """A row for every label with segments, the longest first."""
    found, duration = found_seconds(findings.segments), findings.scores.duration
    return [
        {
            "label": label,
            "segments": sum(segment.label == label for segment in findings.segments),
            "length": length,
            "share": share(length, duration),
            "percent": f"{100 * float(length / duration):.1f} %",
        }
        for label, length in sorted(found.items(), key=lambda item: -item[1])
    ]


def _thumbnails(findings: Findings) -> tuple[list[tuple[Fraction, str]], dict[Fraction, str]]:
    """Of a strip of the film, and of the first frames of segments: time to a picture in a URL."""
    video, background = findings.video, findings.scores.background
    count = max(1, STRIP // shown_size(video, BOX)[0])
    strip = strip_times(video.keyframes, findings.scores.duration, min(count, 24))
    by_interest = sorted(findings.segments, key=lambda s: (s.label in background, -s.span.length))
    starts = {segment.span.start for segment in by_interest[:MOST_STARTS]}
    urls = {
        time: f"data:image/jpeg;base64,{b64encode(jpeg(picture)).decode()}"
        for time, picture in pictures(video, {*strip, *starts}, BOX)
    }
    return (
        [(time, urls[time]) for time in dict.fromkeys(strip) if time in urls],
        {time: urls[time] for time in starts if time in urls},
    )


def _length(spans: "tuple[Span, ...] | list[Span]") -> Fraction:
    return sum((span.length for span in spans), Fraction(0))


def _round_clock(time: Fraction) -> str:
    return clock(int(time))


def _source_hash(text: str) -> str:
    """What a content security policy knows an inline script or style by."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
