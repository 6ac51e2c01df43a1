"""A browser reads the cues of WebVTT: as many, at their times, with their names."""

import base64
import html
import json
import re
import shutil
import subprocess
from fractions import Fraction

import pytest
from player_cases import CASES

from miles_deep.export import webvtt
from miles_deep.export.notation import single_line

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

PAGE = """<!doctype html><meta charset="utf-8"><video></video><pre id="cues"></pre><script>
const track = document.createElement("track");
track.kind = "subtitles";
track.src = "data:text/vtt;base64,%s";
track.onload = () => {
  const cues = [...track.track.cues].map(c => [c.startTime, c.endTime, c.getCueAsHTML().textContent]);
  document.getElementById("cues").textContent = JSON.stringify(cues);
};
track.onerror = () => { document.getElementById("cues").textContent = "error"; };
document.querySelector("video").append(track);
track.track.mode = "hidden";
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed here")
def test_cues(tmp_path):
    cases = [CASES["names"], CASES["fractions"], CASES["two-hours"], CASES["overlapping"]]
    for number, cutlist in enumerate(cases):
        page = tmp_path / f"{number}.html"
        page.write_text(PAGE % base64.b64encode(webvtt.write(cutlist).encode()).decode(), encoding="utf-8")
        words = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        shown = subprocess.run(
            [*words, "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        ).stdout
        cues = json.loads(html.unescape(re.search(r'<pre id="cues">(.*?)</pre>', shown, re.DOTALL)[1]))
        assert [name for _, _, name in cues] == [single_line(segment.label) for segment in cutlist.segments]
        for (start, end, _), segment in zip(cues, cutlist.segments, strict=True):
            assert start < end
            assert abs(Fraction(start) - segment.span.start) < Fraction(11, 10_000)
            assert abs(Fraction(end) - segment.span.end) < Fraction(22, 10_000)
