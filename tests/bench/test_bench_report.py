"""A report, and what is made of it: figures of rounds, tables, JSON, the picture."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from miles_deep import Scores
from miles_deep.bench.chart import draw
from miles_deep.bench.figures import Run, agreement, ratio, summed_up
from miles_deep.bench.jobs import Job, Jobs
from miles_deep.bench.process import Spent
from miles_deep.bench.report import Figure, Report, Speed, as_markdown, as_text
from miles_deep.errors import OutputError, OutputExistsError

DECODE = Figure("bare decode, PyAV", 12.04, 1.0, 60_400_000)
EXACT = Figure("exact", 9.0, 0.75, 310_000_000, 600, 1.0)
ADAPTIVE = Figure("adaptive, effort 0.95", 3.0, 0.25, 300_000_000, 213, 0.9917)
REPORT = Report(
    machine={"processor": "Abacus 3", "cores": "2", "Python": "3.11.7"},
    date="2026-11-22",
    rounds=3,
    model="open_nsfw",
    film="film.mp4: 0:10:00, 1280x720 h264, 24 fps",
    seconds=600,
    whole=(DECODE, EXACT, ADAPTIVE, Figure("start to first batch", 0.61)),
    efforts={0.8: replace(ADAPTIVE, looked=190, agreement=0.98), 0.95: ADAPTIVE},
    batches={1: replace(EXACT, peak=250_000_000), 32: EXACT},
    speeds=(Speed("cpu", 1, 200.0, 240_000_000), Speed("cpu", 32, 800.0, None), Speed("cuda", 1, 90.0)),
    notes=("other programs were running: load 2.2 on 2 cores",),
)
NETWORK = Report({"processor": "Abacus 3"}, "2026-11-22", 1, "open_nsfw", speeds=REPORT.speeds)


def test_text():
    assert as_text(REPORT) == "\n".join(
        [
            "film.mp4: 0:10:00, 1280x720 h264, 24 fps",
            "Abacus 3, cores 2, Python 3.11.7",
            "2026-11-22, open_nsfw, 3 rounds",
            "other programs were running: load 2.2 on 2 cores",
            "",
            "what                   wall, s  ratio  peak, MB   looked at  as exact",
            "bare decode, PyAV         12.0   1.00        60",
            "exact                     9.00   0.75       310  600 of 600    100.0%",
            "adaptive, effort 0.95     3.00   0.25       300  213 of 600     99.2%",
            "start to first batch      0.61",
            "",
            "adaptive, effort  wall, s  ratio  peak, MB   looked at  as exact",
            "0.8                  3.00   0.25       300  190 of 600     98.0%",
            "0.95                 3.00   0.25       300  213 of 600     99.2%",
            "",
            "exact, batch size  wall, s  ratio  peak, MB   looked at  as exact",
            "1                     9.00   0.75       250  600 of 600    100.0%",
            "32                    9.00   0.75       310  600 of 600    100.0%",
            "",
            "network alone  batch size  frames/s  ms a batch  peak, MB",
            "cpu                     1       200           5       240",
            "cpu                    32       800          40",
            "cuda                    1        90        11.1",
        ]
    )


def test_text_without_a_film():
    text = as_text(NETWORK)
    assert text.startswith("Abacus 3\n2026-11-22, open_nsfw, 1 round\n\nnetwork alone") and "ratio" not in text


def test_text_without_empty_columns():
    """Where a system tells no memory, and nothing was scored."""
    text = as_text(replace(NETWORK, whole=(replace(DECODE, peak=None),), speeds=()))
    assert text.split("\n")[-2:] == ["what               wall, s  ratio", "bare decode, PyAV     12.0   1.00"]


def test_markdown():
    text = as_markdown(REPORT)
    assert "| exact | 9.00 | 0.75 | 310 | 600 of 600 | 100.0% |\n" in text
    tables = [part.split("\n") for part in text.split("\n\n") if part.startswith("|")]
    assert len(tables) == 4 and all(len({line.count("|") for line in table}) == 1 for table in tables)


def test_json():
    said = json.loads(json.dumps(REPORT.record()))
    assert said["against"] == "bare decode, PyAV" and said["rounds"] == 3
    assert said["whole"][2] == {
        "name": "adaptive, effort 0.95",
        "wall": 3.0,
        "ratio": 0.25,
        "peak": 300_000_000,
        "looked": 213,
        "agreement": 0.9917,
    }
    assert [row["effort"] for row in said["efforts"]] == [0.8, 0.95]
    assert [row["batch_size"] for row in said["batches"]] == [1, 32]
    assert said["network"][0]["batch_time"] == pytest.approx(0.005)
    assert json.loads(json.dumps(NETWORK.record()))["against"] is None


@pytest.mark.parametrize(
    "report",
    [REPORT, NETWORK, replace(REPORT, whole=(replace(EXACT, ratio=None),), film="$x_1$ $ .mp4")],
    ids=["all", "no film", "no decode"],
)
def test_picture(report: Report, tmp_path: Path):
    path = tmp_path / "bench.picture"
    draw(report, path)
    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "PNG" and picture.width > 500 and picture.height > 400
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50, "something is drawn on it"
    assert list(tmp_path.iterdir()) == [path]


def test_picture_takes_no_place_of_another(tmp_path: Path):
    path = tmp_path / "bench.png"
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match=r"bench\.png: is there already"):
        draw(NETWORK, path)
    assert path.read_text() == "mine"
    draw(NETWORK, path, force=True)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="no such folder"):
        draw(NETWORK, tmp_path / "missing" / "bench.png")


def test_ratio_is_of_each_round():
    """A round in which everything took twice as long counts as any other."""
    assert ratio([5, 10, 5.5], [10, 20, 10]) == 0.5
    assert ratio([5], []) is None


def scores(*winners: int, looked: tuple[bool, ...] = ()) -> Scores:
    values = np.eye(3, dtype=np.float32)[list(winners)]
    times = np.arange(len(winners)) + 0.5
    marks = np.array(looked or (True,) * len(winners))
    return Scores(("a", "b", "c"), times, values, Fraction(len(winners)), looked=marks)


def test_agreement():
    assert agreement(scores(0, 1, 2, 2), scores(0, 1, 2, 2)) == 1
    assert agreement(scores(0, 1, 2, 0), scores(0, 1, 2, 2)) == 0.75
    assert agreement(scores(0, 1), scores(0, 1, 2, 2)) == 0.5, "a second that is missing does not agree"
    assert agreement(scores(), scores()) == 0


def runs(*walls: float, peak: int | None = 1000) -> list[Run]:
    return [Run(Spent(100.0, wall, peak)) for wall in walls]


def test_rounds_are_summed_up(tmp_path: Path):
    bare, broken = Job("bare", ("bare",)), Job("broken", ("broken",), optional=True)
    exact = Job("exact", ("exact",), scores=tmp_path / "exact.parquet")
    adaptive = Job("adaptive", ("adaptive",), scores=tmp_path / "adaptive.parquet")
    first, network = Job("first", ("first",)), Job("network", ("network",))
    scores(0, 1, 2, 2).save(tmp_path / "exact.parquet")
    scores(0, 1, 2, 0, looked=(True, False, True, False)).save(tmp_path / "adaptive.parquet")
    jobs = Jobs((broken, bare), exact, adaptive, None, first, {0.5: adaptive}, {32: exact}, {("cpu", 8): network})
    assert list(jobs) == [broken, bare, exact, adaptive, first, network], "each once"
    took = {
        bare: runs(10, 30, 10),
        exact: [*runs(8, 24), *runs(9, peak=3000)],
        adaptive: runs(2, 7.5, 2, peak=None),
        first: [Run(run.spent, {"at": 100.5}) for run in runs(4, 4, 4)],
        network: [Run(Spent(100.0, 9, 1000), {"frames": 80, "seconds": seconds}) for seconds in (1, 2, 4)],
    }
    report = summed_up(None, "m", 3, jobs, took, ["left out: broken"])
    assert report.whole == (
        Figure("bare", 10, 1, 1000),
        Figure("exact", 9, 0.8, 3000, 4, 1.0),
        Figure("adaptive", 2, 0.2, None, 2, 0.75),
        Figure("first", 0.5, None, 1000),
    )
    assert report.efforts[0.5] == report.whole[2] and report.batches[32] == report.whole[1]
    assert report.speeds == (Speed("cpu", 8, 40, 1000),) and report.speeds[0].batch_time == 0.2
    assert report.notes == ("left out: broken",) and report.seconds == 4
