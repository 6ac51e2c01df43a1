"""Measure how well groups are found in photographs, on films made of them.

Usage: python benchmarks/photos.py GCOMPRIS TUXPAINT OUT

GCOMPRIS is `usr/share/gcompris-qt/rcc` of Debian's gcompris-qt-data 3.1 (photographs, most of them CC-BY-SA),
TUXPAINT `usr/share/tuxpaint/stamps` of tuxpaint-stamps-default 2022.06.04 (photographs that were cut out, GPL-2;
they are laid upon some of the others). `data/photos.csv` says what each shows, by groups of the model `imagenet`,
and what may be taken for it and counts neither way. They are shown for 3 to 6 seconds each, once or twice, with a
slow zoom, in two films that have no picture in common: constants were chosen with pictures of the first, and the
second judges.
"""

import argparse
import csv
import random
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageFilter, ImageOps

import miles_deep as md
from groups import WAYS, Seen, agreement
from miles_deep.bench.report import Table

PHOTOS = Path(__file__).parent / "data" / "photos.csv"
SIZE, RATE = (640, 360), 4
CANVAS = (2 * SIZE[0], 2 * SIZE[1])
BEHIND = ("dam3", "dam4", "dam5", "geothermal", "windmill6", "solar6")
"""Of `categorization/images/renewable`: what cut out photographs are laid upon."""
LEAST = 8
"""Seconds in which a group must be shown to be judged."""
LARGEST = 130
"""Labels: of larger groups, backgrounds show some too."""
NOT_SHOWN = [
    *(
        "snake",
        "spider",
        "turtle",
        "shark",
        "computer",
        "telephone",
        "swimwear",
        "hat",
        "train",
        "van",
        "appliance",
    ),
    *("bag", "bread", "dessert", "shop", "bed", "wolf", "fence", "bridge", "timepiece", "electronics"),
]
"""Groups of which nothing is in either film, but for what may be taken for it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A row of the table."""

    picture: bytes
    cut_out: bool
    shows: tuple[str, ...]
    perhaps: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make the films where they are not there yet, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("gcompris", "tuxpaint", "out"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args(arguments)
    photos, behind = read_photos(asked.gcompris, asked.tuxpaint)
    model = md.load_model("imagenet")
    for half, some in photos.items():
        shots = list(shots_of(some, random.Random(half)))
        film = asked.out / f"photos{half}.mp4"
        if not film.exists():
            write_film(film, shots, behind, random.Random(half))
        scores = md.analyze(film, model=model, store=md.Store())
        seen = seen_of(shots)
        print(f"\n{film.name}: {len(some)} photographs, {len(scores)} s, {len(judged(scores, seen))} groups\n")
        print("\n".join(by_way(scores, seen).markdown()), flush=True)


def read_photos(gcompris: Path, tuxpaint: Path) -> tuple[dict[str, list[Photo]], list[bytes]]:
    """The photographs of each half, and those that others are laid upon."""
    with PHOTOS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    inside: dict[str, bytes] = {}
    for activity in sorted({row["picture"].split("/")[0] for row in rows if row["package"] == "gcompris"}):
        inside.update(resources((gcompris / f"{activity}.rcc").read_bytes()))
    photos: dict[str, list[Photo]] = {}
    for row in rows:
        cut_out = row["package"] == "tuxpaint"
        picture = (tuxpaint / row["picture"]).read_bytes() if cut_out else inside[row["picture"]]
        groups = (tuple(filter(None, row[column].split(", "))) for column in ("shows", "perhaps"))
        photos.setdefault(row["half"], []).append(Photo(picture, cut_out, *groups))
    return photos, [inside[f"categorization/images/renewable/{name}.webp"] for name in BEHIND]


def resources(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of the files in a Qt resource file (doc.qt.io, "The Qt Resource System"; version 3)."""
    version, tree, data, names = struct.unpack_from(">4I", content, 4)
    size = 14 if version < 2 else 22

    def walk(node: int, above: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        name, flags, first, second = struct.unpack_from(">IHII", content, tree + node * size)
        length = struct.unpack_from(">H", content, names + name)[0] if node else 0
        here = (*above, content[names + name + 6 :][: 2 * length].decode("utf-16-be"))
        if flags & 2:  # a folder: how many are in it, and the first
            for child in range(second, second + first):
                yield from walk(child, here)
            return
        (count,) = struct.unpack_from(">I", content, data + second)
        body = content[data + second + 4 :][:count]
        path = "/".join(part for part in here if part)
        short = path.removeprefix("gcompris/src/activities/").replace("/resource/", "/", 1)
        yield short, zlib.decompress(body[4:]) if flags & 1 else body

    yield from walk(0, ())


def shots_of(photos: Sequence[Photo], chance: random.Random) -> Iterator[tuple[Photo, int]]:
    """What is shown one after the other, and for how many seconds."""
    for photo in chance.sample(photos, len(photos)):
        for _ in range(chance.choice((1, 1, 2))):
            yield photo, chance.randint(3, 6)


def write_film(
    path: Path, shots: Sequence[tuple[Photo, int]], behind: Sequence[bytes], chance: random.Random
) -> None:
    """Write the film."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "23", "preset": "veryfast", "g": "16"}
        for photo, seconds in shots:
            for picture in zoomed(canvas(photo, behind, chance), seconds * RATE, chance):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())


def canvas(photo: Photo, behind: Sequence[bytes], chance: random.Random) -> Image.Image:
    """A photograph as large as needed; one that was cut out lies upon another, which is often out of focus."""
    picture = Image.open(BytesIO(photo.picture))
    if not photo.cut_out:
        return ImageOps.fit(picture.convert("RGB"), CANVAS, centering=(0.5, 0.4))
    ground = ImageOps.fit(Image.open(BytesIO(chance.choice(behind))).convert("RGB"), CANVAS)
    if chance.random() < 0.6:
        ground = ground.filter(ImageFilter.GaussianBlur(chance.choice((6, 15, 35))))
    picture = picture.convert("RGBA")
    picture = picture.crop(picture.getbbox())
    room = tuple(int(side * chance.uniform(0.45, 0.85)) for side in CANVAS)
    picture = ImageOps.contain(picture, room)
    if chance.random() < 0.5:
        picture = ImageOps.mirror(picture)
    free = [whole - side for whole, side in zip(CANVAS, picture.size, strict=True)]
    ground.paste(
        picture, (int(free[0] * chance.uniform(0.25, 0.75)), int(free[1] * chance.uniform(0.5, 1))), picture
    )
    return ground


def zoomed(whole: Image.Image, frames: int, chance: random.Random) -> Iterator[Image.Image]:
    """Frames of a slow zoom, in or out, with a slow pan."""
    zooms = chance.sample((chance.uniform(1, 1.25), chance.uniform(1.1, 1.7)), 2)
    centres = [[chance.uniform(0.35, 0.65) for _ in range(2)] for _ in range(2)]
    for frame in range(frames):
        along = frame / max(1, frames - 1)
        zoom = zooms[0] + (zooms[1] - zooms[0]) * along
        corner, sides = [], [side / zoom for side in whole.size]
        for axis, (side, full) in enumerate(zip(sides, whole.size, strict=True)):
            centre = centres[0][axis] + (centres[1][axis] - centres[0][axis]) * along
            corner.append(min(max(centre * full - side / 2, 0), full - side))
        box = (*corner, corner[0] + sides[0], corner[1] + sides[1])
        yield whole.resize(SIZE, Image.Resampling.BILINEAR, box=box, reducing_gap=2)


def seen_of(shots: Sequence[tuple[Photo, int]]) -> dict[str, Seen]:
    """Where each group is shown, and where it may be."""
    length = sum(seconds for _, seconds in shots)
    groups = {group for photo, _ in shots for group in (*photo.shows, *photo.perhaps)} | {*NOT_SHOWN}
    seen = {group: Seen(np.zeros(length, np.bool_), np.zeros(length, np.bool_)) for group in groups}
    begin = 0
    for photo, seconds in shots:
        for groups_of, kind in ((photo.perhaps, "hardly"), (photo.shows, "well")):
            for group in groups_of:
                getattr(seen[group], kind)[begin : begin + seconds] = True
        begin += seconds
    return seen


def judged(scores: md.Scores, seen: Mapping[str, Seen]) -> list[str]:
    """The groups that are shown for long enough, and are not too large."""
    return sorted(
        group for group, one in seen.items() if one.well.sum() >= LEAST and len(scores.groups[group]) <= LARGEST
    )


def by_way(scores: md.Scores, seen: Mapping[str, Seen]) -> Table:
    """A row a way to find segments: means over groups, and seconds found of groups that are not shown."""
    rows = []
    for name, rules in WAYS.items():
        found = [agreement(scores, [group], rules, seen[group]) for group in judged(scores, seen)]
        means = (float(np.mean([getattr(one, key) for one in found])) for key in ("f1", "precision", "recall"))
        wrong = sum(
            (~seen[group].hardly[int(one.span.start) : int(one.span.end)]).sum()
            for group in NOT_SHOWN
            for one in md.find_segments(scores, [group], rules)
        )
        rows.append((name, *(f"{mean:.2f}" for mean in means), str(wrong)))
    heading = (
        "F1 of seconds",
        "precision",
        "recall",
        f"s of {len(NOT_SHOWN)} groups not shown",
    )
    return Table(("", *heading), tuple(rows))


if __name__ == "__main__":
    main()
