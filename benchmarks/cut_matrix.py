"""Codecs x containers x features: what a smart cut makes of each, ours and the peer's, as one table."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fractions import Fraction
from pathlib import Path

import av
from cutting import ROUNDING, delivered, expected_pictures, sound_of

from cut_cells import FEATURES, PLACES, SMALL_SPANS, make_small, matrix
from cut_streams import warnings
from media import FilmSpec, decode_video, read_frame_number, sound_time
from miles_deep.bench.report import Table

EDIT = """
import json, sys
from fractions import Fraction
import miles_deep as md
spans = [md.Span(*map(Fraction, pair.split(","))) for pair in sys.argv[4:]]
result = md.edit(sys.argv[1], spans, sys.argv[2], sys.argv[3], force=True)
print(json.dumps({"path": str(result.path), "mode": result.mode, "notes": result.notes}))
"""
LONGEST = 900
"""Seconds until a program counts as hanging."""
IN_STEP = 0.02
LEGEND = """Ours, then smartcut's. ✓: every frame asked for and no other, at its time; sound in step within 20
ms; all tracks; no warning. **e**: the same, but encoded whole, and said so. *n*f: so many frames wrong
(missing, alien or spoilt). t: frames at other times. *n*s: sound out of step by so many ms; s: none where there
should be. l: tracks, bits, fields or the turn lost. w: `ffmpeg` or `ffprobe` print warnings that they do not
print of the film itself. ✗: no film, but an error, a crash or a hang. Empty: there is no such film."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program made of a film."""

    failed: str = ""
    """Why there is no film."""
    wrong: int = 0
    late: bool = False
    step: float = 0.0
    lost: bool = False
    warnings: tuple[str, ...] = ()
    whole: bool = False
    """Encoded whole, and said so."""
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        return not (self.failed or self.wrong or self.late or self.lost or self.step > IN_STEP or self.warnings)

    def __str__(self) -> str:
        if self.failed:
            return "✗"
        faults = [f"{self.wrong}f"] * bool(self.wrong) + ["t"] * self.late
        off = f"{self.step * 1000:.0f}s" if self.step < float("inf") else "s"
        faults += [off] * (self.step > IN_STEP) + ["l"] * self.lost
        faults += ["w"] * bool(self.warnings)
        return ("**e**" if self.whole else "" if faults else "✓") + " ".join(faults)


Row = tuple[str, str, str, Outcome, Outcome | None]
"""Codec, container, feature, ours, the peer's."""


def run_matrix(folder: Path, mode: str, peer: Path | None, only: str = "") -> list[Row]:
    """Make every film that is not in the folder yet, cut it, and look at what came of it; two at a time."""
    cells = [cell for cell in matrix() if only in f"{cell[0]}-{cell[1]}-{cell[2]}"]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda cell: _cell(cell, folder, mode, peer), cells))


def _cell(cell: tuple[str, str, str, FilmSpec], folder: Path, mode: str, peer: Path | None) -> Row:
    codec, container, feature, spec = cell
    source = folder / f"{spec}{spec.suffix}"
    if not source.exists():
        half = source.with_stem("half-" + source.stem)
        make_small(spec, half)
        half.replace(source)
    outcome = _ours(spec, source, mode)
    other = _peers(spec, source, peer) if peer else None
    print(codec, container, feature, "|", outcome, *outcome.notes, outcome.failed, end=" | ", file=sys.stderr)
    print(other, other and other.failed, *outcome.warnings[:2], file=sys.stderr)
    return codec, container, feature, outcome, other


def _ours(spec: FilmSpec, source: Path, mode: str) -> Outcome:
    output = source.parent / "ours" / source.name
    output.parent.mkdir(exist_ok=True)
    spans = [f"{span.start},{span.end}" for span in SMALL_SPANS]
    told = _run([sys.executable, "-P", "-c", EDIT, str(source), str(output), mode, *spans])
    if told.returncode:
        return Outcome(failed=_last_words(told))
    result = json.loads(told.stdout.splitlines()[-1])
    outcome = judge(spec, source, Path(result["path"]))
    return replace(outcome, whole=result["mode"] != mode, notes=tuple(result["notes"]))


def _peers(spec: FilmSpec, source: Path, peer: Path) -> Outcome:
    output = source.parent / "peers" / source.name
    output.parent.mkdir(exist_ok=True)
    if output.exists():  # of an earlier run: it does not change
        return judge(spec, source, output)
    edges = ",".join(f"{float(edge):.3f}" for span in SMALL_SPANS for edge in (span.start, span.end))
    told = _run([str(peer / "bin" / "smartcut"), str(source), str(output), "--keep", edges])
    if told.returncode or not output.exists():
        output.unlink(missing_ok=True)
        return Outcome(failed=_last_words(told))
    return judge(spec, source, output)


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "", f"hangs: no end after {LONGEST} s")


def _last_words(told: "subprocess.CompletedProcess[str]") -> str:
    lines = [line.strip() for line in told.stderr.splitlines() if line.strip() and "it/s]" not in line]
    return f"{lines[-1] if lines else 'died without a word'} ({told.returncode})"


def judge(spec: FilmSpec, source: Path, output: Path) -> Outcome:
    """Look at a cut of a generated film: whose every frame tells its number, and whose sound its time."""
    expected = expected_pictures(spec, SMALL_SPANS)
    try:
        seen = decode_video(output)
    except (av.error.FFmpegError, AssertionError) as error:
        return Outcome(failed=f"cannot be decoded: {error}")
    if not seen:
        return Outcome(failed="not a frame can be decoded")
    numbers = [_number(rgb) for _, rgb in seen]
    blocks = SequenceMatcher(None, [n for _, n in expected], numbers, autojunk=False).get_matching_blocks()
    pairs = [(block.a + k, block.b + k) for block in blocks for k in range(block.size)]
    start = seen[0][0]
    return Outcome(
        wrong=max(len(expected), len(numbers)) - len(pairs),
        late=any(abs(seen[b][0] - start - expected[a][0]) > ROUNDING for a, b in pairs),
        step=max((_step(spec, output, track) for track in range(len(spec.audio))), default=0.0),
        lost=_kinds(output) != _kinds(source),
        warnings=_own_warnings(source, output),
    )


def _own_warnings(source: Path, output: Path) -> tuple[str, ...]:
    """What is printed of the cut, but not of its film too: some have no regular rate, which ffmpeg's null muxer,
    which counts in frames, minds."""
    known = {re.sub(r"\d+", "", line) for line in warnings(source)}
    return tuple(line for line in warnings(output) if re.sub(r"\d+", "", line) not in known)


def _number(rgb: object) -> int:
    try:
        return read_frame_number(rgb)  # type: ignore[arg-type]
    except ValueError:
        return -1


def _kinds(path: Path) -> list[tuple[object, ...]]:
    """The tracks with their languages, and what the picture is like."""
    with av.open(str(path)) as film:
        tracks = sorted((stream.type, stream.metadata.get("language", "und")) for stream in film.streams)
        frame = next(film.decode(video=0))
        bits = frame.format.components[0].bits
        return [*tracks, (frame.width, frame.height, bits, frame.rotation % 360, frame.interlaced_frame)]


def _step(spec: FilmSpec, output: Path, track: int) -> float:
    """How far a track is out of step at most, seconds: just after every span's start, and before its end."""
    try:
        sound = sound_of(output, track)
    except (av.error.FFmpegError, AssertionError, IndexError, StopIteration, ValueError):
        return float("inf")
    window, at, worst = Fraction(1, 5), Fraction(0), 0.0
    for span in delivered(spec, SMALL_SPANS):
        for inside in (Fraction(1, 20), span.length - window - Fraction(1, 20)):
            truth = float(span.start + inside)
            try:
                heard = sound_time(sound.window(at + inside, window), sound.rate, near=truth)
            except ValueError:
                return float("inf")
            worst = max(worst, abs(heard - truth))
        at += span.length
    return worst


def matrix_table(rows: Iterable[Row]) -> str:
    """The table with its legend, what was encoded whole and why, and how many are exact, as Markdown."""
    rows = list(rows)
    cells = {(codec, container, feature): (ours, peers) for codec, container, feature, ours, peers in rows}
    body = tuple(
        (f"{codec} {container}", *(_both(cells.get((codec, container, feature))) for feature in FEATURES))
        for codec, containers in PLACES.items()
        for container in containers.split()
    )
    rule = "| --- |" + " --- |" * len(FEATURES)
    head, _, *lines = Table(("", *FEATURES), body).markdown()
    ours, peers = [row[3] for row in rows], [row[4] for row in rows if row[4] is not None]
    whole = sum(outcome.whole and outcome.exact for outcome in ours)
    counted = f"{len(rows)} films. Ours: {sum(o.exact for o in ours)} exact, {whole} of them encoded whole."
    if peers:
        counted += f" smartcut 1.7: {sum(o.exact for o in peers)} exact"
        counted += f", {sum(bool(o.failed) for o in peers)} without a film."
    reasons = Counter(note for outcome in ours for note in outcome.notes)
    said = [f"- {count} times: {note}" for note, count in reasons.most_common()]
    if said:
        said = ["", "What ours says of the films:", "", *said]
    return "\n".join([counted, "", LEGEND, "", head, rule, *lines, *said])


def _both(pair: tuple[Outcome, Outcome | None] | None) -> str:
    if pair is None:
        return ""
    return " · ".join(str(outcome) for outcome in pair if outcome is not None)
