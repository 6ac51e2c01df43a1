"""What the programs that read our exports make of them, as their sources say: times in seconds, and names."""

import csv
import html
import io
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av


@dataclass(frozen=True)
class Read:
    """A stretch of the film with a name."""

    start: Fraction
    end: Fraction
    name: str = ""


def kodi(text: str) -> tuple[list[Read], list[Fraction], list[str]]:
    """Edits, scene markers and comments; an edit that Kodi refuses is an error (Edl.cpp: ReadEdl, AddEdit)."""
    edits: list[Read] = []
    markers, comments = [], []
    for line in text.splitlines():
        assert len(line.encode()) < 1023
        if line.startswith("##"):
            comments.append(line.split(" ", 3)[3])
            continue
        start, end, action = line.split()
        # Both ways in which its versions make milliseconds of it.
        times = [Fraction(int(float(time) * 1000), 1000) for time in (start, end)]
        assert times == [Fraction(round(float(time) * 1000), 1000) for time in (start, end)]
        if action == "2":
            markers.append(times[1])
            continue
        assert action == "0" and times[0] < times[1]
        assert not edits or edits[-1].end < times[0]
        edits.append(Read(*times))
    return edits, markers, comments


def mplayer(text: str) -> list[Read]:
    """Skips (edl.c: edl_parse_file)."""
    skips: list[Read] = []
    for line in text.splitlines():
        assert len(line) < 99
        start, end, action = line.split()
        assert action == "0"
        assert Fraction(start) < Fraction(end) and (not skips or skips[-1].end < Fraction(start))
        skips.append(Read(Fraction(start), Fraction(end)))
    return skips


def losslesscut(text: str) -> list[Read]:
    """Segments (edlFormats.ts: parseCsv); its times have three decimals at most."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    for row in rows:
        assert len(row) == 3 and all(re.fullmatch(r"\d+\.\d{3}", time) for time in row[:2])
    return [Read(Fraction(start), Fraction(end), name) for start, end, name in rows]


def llc(text: str) -> list[Read]:
    """Segments of a project (types.ts: llcProjectV2Schema)."""
    project = json5(text)
    assert project["version"] == 2 and isinstance(project["mediaFileName"], str)
    for segment in project["cutSegments"]:
        assert segment.keys() == {"start", "end", "name", "tags", "selected"} and segment["selected"] is True
        assert all(isinstance(value, str) for value in segment["tags"].values())
    return [Read(s["start"], s["end"], s["name"]) for s in project["cutSegments"]]


def auto_editor(text: str, rate: Fraction) -> list[Read]:
    """What is kept (json.nim: parseV1); chunks follow one another from 0."""
    timeline = json.loads(text)
    assert timeline["version"] == "1" and timeline["timebase"] == f"{rate.numerator}/{rate.denominator}"
    last = 0
    for start, end, speed in timeline["chunks"]:
        assert start == last < end and speed in (1, 99999)
        last = end
    return [Read(start / rate, end / rate) for start, end, speed in timeline["chunks"] if speed == 1]


def stash(text: str) -> list[Read]:
    """Markers (marker_import.go); no two start at the same time."""
    markers = json.loads(text)["markers"]
    assert len({marker["seconds"] for marker in markers}) == len(markers)
    for marker in markers:
        assert marker["primary_tag"] == marker["title"] != ""
    return [Read(Fraction(m["seconds"]), Fraction(m["end_seconds"]), m["title"]) for m in markers]


def webvtt(text: str) -> list[Read]:
    """Cues (WebVTT, 6.1): blocks, each a line of times and one of text."""
    head, *blocks = text.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        times, payload = block.split("\n")
        assert "-->" not in payload and "<" not in payload and payload
        cues.append(Read(*_clocks(times, "."), html.unescape(payload)))
    return cues


def srt(text: str) -> list[Read]:
    """Subtitles: number, times, text."""
    cues = []
    for number, block in enumerate(text.rstrip("\n").split("\n\n") if text else [], 1):
        index, times, payload = block.split("\n")
        assert index == str(number) and "-->" not in payload and payload
        cues.append(Read(*_clocks(times, ","), payload))
    return cues


def ffmetadata(text: str) -> list[Read]:
    """Chapters, as FFmpeg itself reads them."""
    with av.open(io.BytesIO(text.encode()), format="ffmetadata") as file:
        chapters = file.chapters()
        assert not file.metadata
    for chapter in chapters:
        assert chapter["metadata"].keys() <= {"title"}
    return [
        Read(c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"].get("title", ""))
        for c in chapters
    ]


def youtube(text: str) -> list[tuple[int, str]]:
    """Chapters that YouTube shows, three or more: seconds and title."""
    chapters = []
    for line in text.splitlines():
        time, title = line.split(" ", 1)
        assert (
            re.fullmatch(r"(\d+:[0-5])?\d:[0-5]\d|[0-5]\d:[0-5]\d", time) and title and not set(title) & set("<>")
        )
        seconds = 0
        for part in time.split(":"):
            seconds = seconds * 60 + int(part)
        chapters.append((seconds, title))
    assert chapters[0][0] == 0
    for (one, _), (other, _) in pairwise(chapters):
        assert other - one >= 10
    return chapters


def csv_table(text: str) -> list[Read]:
    """Segments; no number has an exponent."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == ["label", "start", "end", "score", "coverage"]
    assert all(re.fullmatch(r"\d+(\.\d*[1-9])?", number) for row in rows for number in row[1:])
    return [Read(Fraction(start), Fraction(end), label) for label, start, end, _, _ in rows]


def json_document(text: str) -> list[Read]:
    """Segments."""
    document = json.loads(text, parse_float=Fraction, parse_int=Fraction)
    return [Read(s["start"], s["end"], s["label"]) for s in document["segments"]]


TOKEN = re.compile(r"""\s*(?:([{}\[\]:,])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)|([\d.]+))""")


def json5(text: str):
    """As much of JSON5 as LosslessCut writes: names without quotes, texts in either, a comma after the last."""
    parts = []
    place = 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        assert match, text[place : place + 40]
        sign, quoted, word, number = match.groups()
        if quoted:
            inner = quoted[1:-1].replace("\\'", "'")
            parts.append('"' + re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', inner) + '"')
        elif word:
            parts.append(word if word in ("true", "false", "null") else f'"{word}"')
        else:
            if sign in ("}", "]") and parts[-1] == ",":
                parts.pop()
            parts.append(sign or number)
        place = match.end()
    return json.loads("".join(parts), parse_float=Fraction, parse_int=Fraction)


def _clocks(line: str, point: str) -> tuple[Fraction, Fraction]:
    match = re.fullmatch(
        rf"(\d\d+):([0-5]\d):([0-5]\d)\{point}(\d{{3}}) --> (\d\d+):([0-5]\d):([0-5]\d)\{point}(\d{{3}})", line
    )
    assert match, line
    numbers = [int(part) for part in match.groups()]
    start, end = (
        Fraction(((h * 60 + m) * 60 + s) * 1000 + ms, 1000) for h, m, s, ms in (numbers[:4], numbers[4:])
    )
    return start, end
