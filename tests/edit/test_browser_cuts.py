"""A real browser plays cuts: it shows the frames asked for after a seek to a join, and plays over all of them."""

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from cutting import expected_pictures

import miles_deep as md
from media import AudioTrack, FilmSpec, decode_video, read_frame_number
from miles_deep.timecode import Span

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
SOUND = (AudioTrack("opus"),)
LENGTH = Fraction(6)
SPECS = {
    "h264 in mp4": FilmSpec(duration=LENGTH, gop=15, texture=True),
    "h264 in mp4, open groups": FilmSpec(duration=LENGTH, gop=15, bframes=3, open_gop=True, texture=True),
    "vp9 in webm": FilmSpec("webm", "vp9", SOUND, duration=LENGTH, gop=15, texture=True),
    "av1 in webm": FilmSpec("webm", "av1", SOUND, duration=LENGTH, gop=15, texture=True),
}
UNSOUGHT = {"h264 in mp4, open groups"}
"""Only played: after a seek to an open group, Chromium gives up at its leading pictures, in the source too."""
SPANS = [Span(Fraction(92, 100), Fraction(236, 100)), Span(3, Fraction(38, 10)), Span(Fraction(452, 100), 6)]
"""The second begins on a keyframe and ends inside a group; each has a whole group in it."""

PAGE = """<!doctype html><meta charset="utf-8"><script>
const wait = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, {once: true});
  target.addEventListener("error", () => fail(target.error.message), {once: true});
});
// Drawn and not only decoded: the frame before stays on the screen for a moment after "seeked".
const seek = async (video, time) => {
  const drawn = new Promise(done => { video.requestVideoFrameCallback(done); setTimeout(done, 5000); });
  const there = wait(video, "seeked");
  video.currentTime = time;
  await there;
  await drawn;
};
const look = (video) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.drawImage(video, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192) {
    text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  }
  return {width: canvas.width, height: canvas.height, pixels: btoa(text)};
};
const watch = async ({url, times}) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const ready = wait(video, "loadeddata");
  video.src = URL.createObjectURL(await (await fetch(url)).blob());
  await ready;
  const sought = [], played = [];
  for (const time of times) {
    await seek(video, time);
    sought.push(look(video));
  }
  if (times.length) {
    await seek(video, 0);
  }
  const note = (now, {mediaTime}) => {
    played.push([mediaTime, look(video)]);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  const end = wait(video, "ended");
  await video.play();
  await end;
  return {sought, played, duration: video.duration};
};
onload = async () => {
  const films = await (await fetch("/films")).json();
  const seen = await Promise.all(films.map(film => watch(film).catch(error => ({failed: String(error)}))));
  await fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
};
</script><body>"""


class Server(ThreadingHTTPServer):
    """Gives the page and the films to a browser, and takes from it what it saw."""

    def __init__(self, films: list[tuple[Path, list[float]]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        listed = [{"url": f"/{n}", "times": times} for n, (_, times) in enumerate(films)]
        self.contents = {"/": PAGE.encode(), "/films": json.dumps(listed).encode()}
        self.contents |= {f"/{n}": path.read_bytes() for n, (path, _) in enumerate(films)}
        self.seen: list[dict[str, object]] = []
        self.done = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.contents.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def do_POST(self) -> None:
        self.server.seen = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.done.set()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(films: list[tuple[Path, list[float]]]) -> Iterator[Server]:
    with Server(films) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def browse(films: list[tuple[Path, list[float]]], profile: Path) -> list[dict[str, object]]:
    """What a browser sees of films: after seeks to some times, and while it plays them."""
    words = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--mute-audio", "--remote-debugging-port=0"]
    words += ["--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}"]
    with serving(films) as server:
        process = subprocess.Popen(
            [*words, f"http://127.0.0.1:{server.server_port}/"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert server.done.wait(120), "the browser does not answer"
        finally:
            process.terminate()
            process.wait(30)
        return server.seen


def pixels(look: dict[str, object]) -> np.ndarray:
    """RGB of what the browser drew: uint8 [H, W, 3]."""
    shape = (look["height"], look["width"], 4)
    return np.frombuffer(base64.b64decode(look["pixels"]), np.uint8).reshape(shape)[:, :, :3]


def watched(frames: list[tuple[Fraction, int]], spec: FilmSpec) -> list[tuple[Fraction, int]]:
    """(time, number) of the frames to seek: those around every join, and around keyframes of the source, at which
    copying begins and ends."""
    joins = {n for n in range(1, len(frames)) if frames[n][1] != frames[n - 1][1] + 1}
    keys = {n for n, (_, number) in enumerate(frames) if number % spec.gop == 0}
    near = {n + k for n in joins | {0, len(frames)} for k in range(-3, 4)} | {
        n + k for n in keys for k in (-1, 0, 1)
    }
    return [frame for n, frame in enumerate(frames) if n in near]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed here")
def test_a_browser_plays_cuts(film: Callable[[FilmSpec], Path], tmp_path: Path) -> None:
    films = []
    for number, (name, spec) in enumerate(SPECS.items()):
        output = tmp_path / f"{number}{spec.suffix}"
        assert md.edit(film(spec), SPANS, output, mode="smart").mode == "smart"
        frames = [] if name in UNSOUGHT else watched(expected_pictures(spec, SPANS), spec)
        films.append((output, [float(time + Fraction(1, 50)) for time, _ in frames]))
    for (name, spec), saw in zip(SPECS.items(), browse(films, tmp_path / "profile"), strict=True):
        assert "failed" not in saw, f"{name}: {saw['failed']}"
        if name not in UNSOUGHT:
            check_sought(name, watched(expected_pictures(spec, SPANS), spec), saw, decode_video(film(spec)))
        check_played(name, expected_pictures(spec, SPANS), saw)


def check_sought(
    name: str, frames: list[tuple[Fraction, int]], saw: dict, source: list[tuple[Fraction, np.ndarray]]
) -> None:
    """After a seek the frame that belongs there is shown, and looks as in the source."""
    pictures = {read_frame_number(rgb): rgb for _, rgb in source}
    for (time, number), look in zip(frames, saw["sought"], strict=True):
        shown = pixels(look)
        assert read_frame_number(shown) == number, f"{name}: sought {float(time):.2f} s"
        off = np.abs(shown.astype(int) - pictures[number]).mean()
        assert off < 8, f"{name}: frame {number} looks unlike the source's, by {off:.1f} of 255"


def check_played(name: str, frames: list[tuple[Fraction, int]], saw: dict) -> None:
    """It plays to the end, each picture in its place.

    Those that the machine has no time to show may be missing. What is drawn may be the next one already: the
    callback is told of a picture, and does not hold it.
    """
    assert abs(saw["duration"] - float(frames[-1][0] + Fraction(1, 25))) < 0.05, name
    numbers = [number for _, number in frames]
    places = [numbers.index(read_frame_number(pixels(look))) for _, look in saw["played"]]
    due = [round(time * 25) for time, _ in saw["played"]]
    assert len(places) > len(frames) / 4, name
    assert places == sorted(places), name
    assert all(place - at in (0, 1) for place, at in zip(places, due, strict=True)), name
    assert places[-1] >= len(frames) - 3, name
