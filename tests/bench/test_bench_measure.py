"""Processes are timed as they are, and the whole benchmark runs."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from media import FilmSpec
from miles_deep.bench import measure
from miles_deep.bench.inside import tell
from miles_deep.bench.jobs import BATCH_SIZES, EFFORTS, Asked, plan_jobs
from miles_deep.bench.machine import machine
from miles_deep.bench.process import run
from miles_deep.classify.sampling import EFFORT
from miles_deep.errors import DeviceError, MilesDeepError, ModelError, OptionError, VideoError

PYTHON = (sys.executable, "-c")
MEGABYTE = 1 << 20


def test_a_process_is_timed():
    before = time.perf_counter()
    spent = run("sleeper", (*PYTHON, "import time; time.sleep(0.3)"), os.environ)
    assert before < spent.began < time.perf_counter() and 0.3 < spent.wall < 10


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell")
def test_memory_is_that_of_the_program_alone():
    """Not of the process that started it, which has much more here."""
    ours = bytearray(os.urandom(1)) * (200 * MEGABYTE)
    small = run("small", (*PYTHON, "pass"), os.environ).peak
    large = run("large", (*PYTHON, f"b'x' * {100 * MEGABYTE}"), os.environ).peak
    assert small and large and small < 50 * MEGABYTE < 100 * MEGABYTE < large < 150 * MEGABYTE
    assert len(ours) == 200 * MEGABYTE


def test_a_program_that_fails():
    with pytest.raises(MilesDeepError, match=r"^broken failed: ValueError: no$"):
        run("broken", (*PYTHON, "raise ValueError('no')"), os.environ)
    with pytest.raises(MilesDeepError, match=r"^silent failed: exit code 3$"):
        run("silent", (*PYTHON, "import sys; sys.exit(3)"), os.environ)
    with pytest.raises(MilesDeepError, match=r"^missing failed: .*no-such-program"):
        run("missing", ("/no-such-program",), os.environ)


def test_jobs():
    asked = Asked(Path("/film.mp4"), "open_nsfw", "auto", Path("/scratch"), quick=False)
    jobs = plan_jobs(asked, ["cpu", "cuda"])
    assert tuple(jobs.batches) == BATCH_SIZES and EFFORT in EFFORTS == tuple(jobs.efforts)
    assert jobs.batches[32] is jobs.exact and jobs.efforts[EFFORT] is jobs.adaptive, "measured once"
    assert len(jobs.networks) == 2 * len(BATCH_SIZES)
    names = [job.name for job in jobs]
    assert len(set(names)) == len(names)
    written = [path for job in jobs for path in (job.scores, job.tells) if path]
    assert len(set(written)) == len(written)


def test_jobs_without_a_film():
    jobs = plan_jobs(Asked(None, "open_nsfw", "cpu", Path("/scratch"), quick=True), ["cpu"])
    assert list(jobs) == list(jobs.networks.values()) and list(jobs.networks) == [("cpu", 32)]


def test_an_error_inside_is_told(tmp_path: Path):
    result = tmp_path / "result.json"
    tell(str(result), "network", "no-such-model", "cpu", "1")
    assert '"error": "ModelError"' in result.read_text() and "no-such-model" in result.read_text()


def test_the_machine():
    found = machine()
    assert found["processor"] and int(found["cores"]) >= 1
    assert {"Python", "PyAV", "OpenVINO"} <= set(found) and all("\n" not in value for value in found.values())


@pytest.mark.parametrize("rounds", [0, -1, 101])
def test_rounds_out_of_range(rounds: int):
    with pytest.raises(OptionError, match=f"the rounds must be 1 to 100, not {rounds}"):
        measure(rounds=rounds)


def test_what_is_not_there(tmp_path: Path):
    with pytest.raises(VideoError, match="no such file"):
        measure(tmp_path / "nope.mp4")
    with pytest.raises(ModelError, match="no model"):
        measure(model="nope")
    with pytest.raises(OptionError, match="no device 'abacus'"):
        measure(device="abacus")
    with pytest.raises(DeviceError, match="CoreML" if sys.platform != "darwin" else "Dml"):
        measure(device="coreml" if sys.platform != "darwin" else "directml")


def test_a_whole_run(film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    before = set(threading.enumerate())
    told: list[tuple[str, int, int]] = []
    report = measure(film(FilmSpec()), device="cpu", rounds=1, quick=True, tell=lambda *what: told.append(what))
    assert report.film.startswith(film(FilmSpec()).name) and report.model == "open_nsfw" and report.rounds == 1
    rows = {row.name: row for row in report.whole}
    bare, exact, adaptive = (
        rows["bare decode, PyAV, all threads"],
        rows["exact, batch 32"],
        rows[f"adaptive, effort {EFFORT}"],
    )
    assert report.whole[0].ratio == 1 and report.whole[0].name.startswith("bare decode") and bare.wall > 0
    assert exact.agreement == 1 and exact.looked == report.seconds > 0
    assert adaptive.agreement and adaptive.looked is not None and 0 <= adaptive.looked <= report.seconds
    assert 0 < rows["start to first batch classified (8 frames)"].wall < exact.wall + 5
    assert rows["cached: tags from kept scores"].wall > 0
    [speed] = report.speeds
    assert (speed.device, speed.batch_size) == ("cpu", 32) and speed.rate > 1
    assert [number for _, number, _ in told] == [0, *range(len(told) - 1)] and told[-1][2] == len(told) - 1
    kept = {path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert kept <= {".digest"}, "scores and networks go to a cache of its own"
    assert set(threading.enumerate()) <= before
