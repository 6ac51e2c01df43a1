"""What hostile and mutilated files cost before they are refused: less than a second and 200 MB each."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from caffe_network import write
from test_caffe_damage import GOOD, MEANS, TEXTS, UNSUPPORTED, WEIGHTS
from wire import head, nested

LARGE = 50_000_000
"""Bytes: the file itself has to be read."""


NAMED = nested(1, content=b"c")
HOSTILE = {
    "empty layers without end": head(100, 0) * (LARGE // 3),
    "empty old layers without end": head(2, 0) * (LARGE // 2),
    "empty blobs without end": nested(100, content=NAMED + head(7, 0) * (LARGE // 2)),
    "unknown fields without end": b"\x08\x01" * (LARGE // 2),
    "dimensions without end": nested(100, content=NAMED + nested(7, 7, 1, content=b"\x01" * LARGE)),
    "shapes without end": nested(100, content=NAMED + nested(7, content=head(7, 0) * (LARGE // 2))),
    "numbers one by one": nested(100, content=NAMED + nested(7, content=b"\x2d\0\0\x80\x3f" * (LARGE // 5))),
    "messages in messages": nested(*[100] * 5000, content=NAMED),
    "old layers in old layers": nested(*[2] * 5000, content=NAMED),
    "a layer of two billion bytes": head(100, (1 << 31) - 1) + NAMED,
    "a blob of two billion bytes": nested(100, content=NAMED + head(7, (1 << 31) - 1)),
    "numbers of two billion bytes": nested(100, content=NAMED + nested(7, content=head(5, (1 << 31) - 1))),
    "a length of 18 quintillion": head(100, (1 << 64) - 1),
    "a number too long for a number": nested(100, content=NAMED + b"\x08" + b"\xff" * 200),
    "a group": b"\xa3\x06" + NAMED,
    "a name of nothing but 0xff": nested(100, content=nested(1, content=b"\xff" * 1000) + nested(7, content=b"")),
}

CHILD = """
import json, pathlib, re, time
from miles_deep.errors import CaffeError
from miles_deep.model.caffe import import_caffe

def peak():
    # Not getrusage, which counts what the parent held before it started this.
    return int(re.search(r"VmHWM:\\s+(\\d+)", STATUS.read_text())[1]) / 1024

STATUS = pathlib.Path("/proc/self/status")

import_caffe("good/net.prototxt", "good/net.caffemodel")  # brings in all that is needed for it
before, found = peak(), {}
for case, files in json.loads(pathlib.Path("cases.json").read_text()).items():
    started = time.process_time()
    try:
        import_caffe(*files)
        outcome = "imported"
    except CaffeError as error:
        outcome = str(error)
    found[case] = outcome, time.process_time() - started, peak() - before
print(json.dumps(found))
"""


@pytest.fixture
def cases(tmp_path):
    """All the broken files that other tests look at one by one, and large ones, each beside its good partners."""
    (tmp_path / "good").mkdir()
    good = write(tmp_path / "good", *GOOD)
    text, weights = good.prototxt.read_text(), good.weights.read_bytes()
    found = {}

    def add(case: str, place: int, content: str | bytes) -> None:
        path = tmp_path / f"{len(found)}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        triple = [str(good.prototxt), str(good.weights), None]
        triple[place] = str(path)
        found[case] = triple

    for case, (change, _) in TEXTS.items():
        add(f"prototxt: {case}", 0, change(text))
    for case, (old, new, _) in UNSUPPORTED.items():
        add(f"unsupported: {case}", 0, text.replace(old, new))
    for case, (change, _) in WEIGHTS.items():
        add(f"caffemodel: {case}", 1, change(weights))
    for case, content in HOSTILE.items():
        add(f"hostile: {case}", 1, content)
    for case, (content, _) in MEANS.items():
        add(f"mean: {case}", 2, content)
    add("mean: large", 2, np.zeros(LARGE // 8).tobytes())
    (tmp_path / "cases.json").write_text(json.dumps(found))
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a program's own memory")
def test_none_costs_a_second_or_200_megabytes(cases):
    run = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=cases,
        env={**os.environ, "MILES_DEEP_CACHE": str(cases / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert len(found) > 100
    for case, (outcome, seconds, megabytes) in found.items():
        assert outcome != "imported", case
        assert "\n" not in outcome, case
        assert seconds < 1, (case, seconds)
        assert megabytes < 200, (case, megabytes)
