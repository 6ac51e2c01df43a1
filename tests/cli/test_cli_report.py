"""`miles-deep report`: from a film to a page about it."""

import html
import os
import re

from cli_run import done, tree

from media import FilmSpec, truncate


def test_beside_the_movie(movie, model, place):
    """A process of its own; the page tells the command that made it, quoted for a shell."""
    film = movie.rename(place / "my movie.mp4")
    told = done("report", film, "--model", model, "-t", "red|green", "--drop", "green", cwd=place)
    assert told == f"wrote {place / 'my movie.html'}: 1 segment\n"
    assert set(tree(place)) == {"my movie.mp4", "my movie.html"}
    page = (place / "my movie.html").read_text("utf-8")
    command = html.unescape(re.search(r"<pre><code>(.*?)</code></pre>", page, re.S)[1])
    assert command == f"miles-deep report '{film}' --model {model} -t 'red|green' --drop green"
    assert "<title>red: 0:00:00-0:00:10" in page and "<title>kept: 0:00:00-0:00:10" in page
    for fact in ("colour", "Apache-2.0", "made by the tests", "to the frame", "red|green", "20 of 20 seconds"):
        assert f"<bdi>{fact}</bdi>" in page


def test_another_name(movie, model, place, here):
    name = "a&b.HTM" if os.name == "nt" else "<a>.HTM"
    assert here("report", movie, "--model", model, "-o", place / name, "--classic").returncode == 0
    page = (place / name).read_text("utf-8")
    assert "classic: min score 0.5" in page and ">Kept</h2>" not in page
    assert page.count('<tr id="s') == 2  # blue is 4 s long, and has to be longer


def test_refused_before_the_film_is_watched(movie, model, place, here):
    (place / "movie.html").write_text("mine")
    before = tree(place)
    for flags, said in ((["-o", place / "a.pdf"], "has to end in .html"), ([], "is there already; --force")):
        result = here("report", movie, "--model", model, *flags)
        assert result.returncode in (1, 2) and said in result.stderr
    assert tree(place) == before


def test_what_was_wrong_with_the_film_is_told(film, model, place, here):
    """A film that ends before its header says so; its pictures and thumbnails are those that are there."""
    whole = film(FilmSpec(audio=(), faststart=True))
    short = truncate(whole, place / "short.mp4", 0.5)
    result = here("report", short, "--model", model)
    assert result.returncode == 0 and result.stderr.startswith("short.mp4: ")
    page = html.unescape((place / "short.html").read_text("utf-8"))
    for line in result.stderr.splitlines():
        assert f"<li><bdi>{line.removeprefix('short.mp4: ')}</bdi></li>" in page
