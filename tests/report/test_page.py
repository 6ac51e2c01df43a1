"""The page about a film, read as a browser would."""

import io
import os
import re
import shutil
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from found import CLOCK, HOSTILE, longer, made, segment
from PIL import Image

from media import FilmSpec, read_frame_number
from miles_deep import Span
from miles_deep.errors import OptionError, OutputExistsError
from miles_deep.report.page import COLOURS, render, write
from miles_deep.report.palette import GROUP, PALETTE
from miles_deep.timeline import Margin, Rules, Smoothing
from truth import truth

WHEN = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Page(HTMLParser):
    """All elements of a page, with their attributes and the text directly in them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[int] = []
        self.feed(text)
        self.close()
        assert not self.open, "not all is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.elements[self.open[-1]][2].append(data)

    def all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str | None], str]]:
        """Attributes and text of every such element."""
        return [
            (given, "".join(text))
            for name, given, text in self.elements
            if name == tag and attributes.items() <= given.items()
        ]

    def texts(self, tag: str) -> list[str]:
        return [text for _, text in self.all(tag)]


def page_of(findings, command="miles-deep report film.mp4"):
    return Page(render(findings, command=command, when=WHEN))


def picture_in(url):
    head, _, data = url.partition(",")
    assert head == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(b64decode(data, validate=True))))


@pytest.fixture(scope="module")
def found(film):
    """Seconds 5 to 15 are of `cat`, 16.5 to 18.5 of `dog`; 4 to 16 are kept."""
    return made(film, {"cat": [(5, 15)], "dog": [(Fraction(33, 2), Fraction(37, 2))]}, kept=(Span(4, 16),))


@pytest.fixture(scope="module")
def page(found):
    return page_of(found)


def test_it_asks_nobody_for_anything(found):
    """Every address is a picture in itself or a place on the page; the browser is told to hold it to that."""
    text = render(found, command="", when=WHEN)
    page = Page(text)
    assert "http:" not in text and "https:" not in text and "//" not in re.sub(r"base64,[^\"]*", "", text)
    for tag, attributes, _ in page.elements:
        assert not {"style", "srcset", "action", "data"} & attributes.keys(), tag
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/jpeg;base64,"))
    [(policy, _)] = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    rules = dict(rule.strip().split(" ", 1) for rule in policy["content"].split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        [inline] = page.texts(tag)
        assert rules[rule] == f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


def test_labels_and_names_stay_text(film, tmp_path):
    """Whoever names a label or a film writes nothing but its name."""
    name = "'&amp;.mp4" if os.name == "nt" else "'\"><img src=x onerror=alert(1)>&amp;.mp4"
    shutil.copy(film(CLOCK), tmp_path / name)
    found = made(
        lambda spec: tmp_path / name, {label: [(place, place + 2)] for place, label in enumerate(HOSTILE)}
    )
    scores = replace(found.scores, notes=("<b>damaged</b>", "at \udcff"))
    page = page_of(replace(found, scores=scores), command="miles-deep report '<i>\n\x1b\udcff'")
    assert len(page.all("script")) == 1 and not page.all("b") and not page.all("i")
    assert all(attributes["src"].startswith("data:") for attributes, _ in page.all("img"))
    names = set(page.texts("bdi"))
    assert {"$x_1$", "<script>alert(1)</script>", "影響 🎬", "<b>damaged</b>", name} <= names
    assert not any("\u202e" in name or "\x1b" in name for name in names)
    assert page.texts("code") == ["miles-deep report '<i>\n\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}'"]


def test_segments_are_a_row_each(page, found):
    rows = [attributes["id"] for attributes, _ in page.all("tr") if "id" in attributes]
    assert rows == ["s1", "s2"]
    cells = page.texts("td")
    for text in ("0:00:05", "0:00:15", "0:00:10", "0.88", "0.75", "0:00:16.500", "0:00:18.500"):
        assert text in cells


def test_first_frames_of_segments(page, found):
    """Each beside its segment, to the frame."""
    told = {"The film at 0:00:05": Fraction(5), "The film at 0:00:16.500": Fraction(33, 2)}
    for alt, time in told.items():
        url = page.all("img", alt=alt)[-1][0]["src"]
        assert read_frame_number(picture_in(url)) == truth(CLOCK).at(time)[0]


def test_models_and_groups(film):
    """Each model has a legend and an area of its own; bars of groups, which the table has not, lead nowhere."""
    found = made(film, {"cat": [(5, 15)], "dog": [(16, 18)]}, groups=(segment("pet", 5, 18),))
    page = page_of(replace(found, scores=replace(found.scores, heads=(2, 1))))
    assert len(page.all("ul", **{"class": "legend"})) == len(page.all("svg", **{"class": "scores"})) == 2
    assert [text for text in page.texts("bdi") if text == "pet"] == ["pet"]
    assert len(page.all("rect", **{"class": f"c{COLOURS.index(GROUP)}"})) == 1
    assert [given["href"] for given, _ in page.all("a")] == ["#s1", "#s2"]


def test_the_strip_runs_through_the_film(page):
    alts = [attributes["alt"] for attributes, _ in page.all("img")]
    strip = [alt for alt in alts if alt not in ("The film at 0:00:16.500",)][: 1728 // 144]
    seconds = [int(alt.rpartition(":")[2]) for alt in strip]
    assert seconds == sorted(seconds) and seconds[0] <= 1 and seconds[-1] >= 18
    for alt, second in zip(strip, seconds, strict=True):
        assert read_frame_number(picture_in(page.all("img", alt=alt)[0][0]["src"])) == second * 25


def test_bars_lie_where_segments_are(page):
    rects = [attributes for attributes, _ in page.all("rect")]
    told = page.texts("title")[1:]  # after the page's own
    bars = dict(zip(told, rects[: len(told)], strict=True))
    [cat] = [place for title, place in bars.items() if title.startswith("cat: 0:00:05-0:00:15, score 0.88")]
    [kept] = [place for title, place in bars.items() if title == "kept: 0:00:04-0:00:16"]
    assert (cat["x"], cat["width"], cat["class"]) == ("25.000%", "50.000%", "c0")
    assert (kept["x"], kept["width"]) == ("20.000%", "60.000%")
    colour = PALETTE[0]
    painted = f".c0 {{ fill: {colour}; background-color: {colour}; color: {colour}; }}"
    assert painted in page.texts("style")[0]
    assert [attributes["href"] for attributes, _ in page.all("a")] == ["#s1", "#s2"]


def test_every_second_tells_its_scores(page):
    titles = [title for title in page.texts("title") if title.startswith("0:00:07:")]
    assert titles == ["0:00:07: other 0.50, cat 0.25, dog 0.25"]


def test_the_stack_reaches_from_end_to_end(page):
    """A path of a column a second, that ends where it began."""
    paths = [attributes["d"] for attributes, _ in page.all("path")]
    assert len(paths) == 3
    for path in paths:
        assert sum(int(width) for width in re.findall(r"h(\d+)", path)) == 10_000
    heights = [set(re.findall(r"V(\d+)", path)) - {"1000"} for path in paths]
    assert heights == [{"0"}, {"500"}, {"750"}]


def test_totals(page):
    text = " ".join(page.texts("td"))
    assert "1 0:00:10 50.0 %" in text and "1 0:00:02 10.0 %" in text
    assert any("kept 0:00:12, cut 0:00:08" in paragraph for paragraph in page.texts("p"))


def test_how_it_came_about(found):
    rules = Rules(
        smoothing=Smoothing("viterbi", switch_cost=6), labels={"cat": {"min_score": 0.7}}, temperature=1.5
    )
    given = replace(found, rules=rules, keep=("cat & !dog",), margin=Margin(0.5, 2), refined=True)
    page = page_of(given, command="miles-deep report 'my film.mp4' -t 'cat & !dog'")
    assert page.texts("code") == ["miles-deep report 'my film.mp4' -t 'cat & !dog'"]
    facts = dict(zip(page.texts("dt"), page.texts("bdi")[-len(page.texts("dt")) :], strict=True))
    assert facts["file"] == found.video.path.name
    assert facts["picture"] == "h264, 160 x 120, yuv420p"
    assert facts["frames"] == "25 a second"
    assert facts["keep"] == "cat & !dog"
    assert facts["rule of cat"] == "min score 0.7"
    assert facts["smoothing"] == "Viterbi, switch cost 6 s"
    assert facts["temperature"] == "1.5"
    assert facts["margin"] == "0.5 s before, 2 s after"
    assert facts["looked at"] == "20 of 20 seconds"
    assert {"Miles Deep", "PyAV", "Python"} <= facts.keys()
    assert "2026-11-22 08:30 UTC" in page.texts("p")


def test_a_turned_film_is_told_upright(film):
    spec = FilmSpec(audio=(), rotation=90)
    page = page_of(made(film, {}, spec=spec))
    facts = dict(zip(page.texts("dt"), page.texts("bdi")[-len(page.texts("dt")) :], strict=True))
    assert facts["picture"] == "h264, 160 x 120, yuv420p" and facts["turned"].endswith("degrees clockwise")
    assert "None was found." in page.texts("p")


def test_it_can_be_read_aloud(page):
    """Pictures have words, columns headings, the page a language and a title."""
    assert all(attributes["alt"] for attributes, _ in page.all("img"))
    assert all("scope" in attributes for attributes, _ in page.all("th"))
    drawings = page.all("svg")
    assert all(given.get("aria-hidden") == "true" or given.get("aria-label") for given, _ in drawings)
    ids = [given["id"] for _, given, _ in page.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert all(given["aria-labelledby"] in ids for _, given, _ in page.elements if "aria-labelledby" in given)
    assert page.all("html")[0][0]["lang"] == "en"


def test_three_hours_with_hundreds_of_segments(film):
    found = made(film, {"cat": [(place, place + 9) for place in range(0, 10_000, 20)]})
    text = render(longer(found, 10_800), command="", when=WHEN)
    page = Page(text)
    assert len(text) < 500_000
    assert len([1 for attributes, _ in page.all("tr") if "id" in attributes]) == 500
    assert len(page.all("path")) == 2


def test_a_thousand_labels(film):
    labels = {f"label {number}": [(number % 10, number % 10 + 2)] for number in range(999)}
    page = page_of(made(film, labels))
    assert len(page.all("path")) == 14
    assert "other labels (987)" in page.texts("bdi")


def test_it_appears_whole_or_not_at_all(found, tmp_path):
    path = tmp_path / "film.html"
    write(found, path, command="miles-deep", when=WHEN)
    assert path.read_bytes().decode() == render(found, command="miles-deep", when=WHEN)
    with pytest.raises(OutputExistsError):
        write(found, path)
    write(found, path, force=True)
    with pytest.raises(OptionError, match=r"has to end in \.html"):
        write(found, tmp_path / "film.pdf")
    assert list(tmp_path.iterdir()) == [path]
