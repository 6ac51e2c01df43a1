"""Pipes, terminals and interruptions: what POSIX systems have."""

import contextlib
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_media import colour_model, paint
from cli_run import PROGRAM, done, environment, run, tree

PATIENCE = 60
INTERRUPTED = "miles-deep: interrupted; nothing unfinished is left behind"


class Terminal:
    """The program on a terminal of its own: everything it shows, and a keyboard."""

    def __init__(self, *arguments: str | Path) -> None:
        self._keyboard, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            env={**environment(), "TERM": "xterm-256color"},
            stdin=screen,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(screen)
        self.shown = ""

    def type(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def wait_for(self, pattern: str) -> None:
        """Look on until this is shown."""
        limit = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            assert self._look(), f"it ended without {pattern!r}: {self.shown}"
            assert time.monotonic() < limit, f"no {pattern!r} in {PATIENCE} s: {self.shown}"

    def wait(self) -> int:
        """Look on until it ends."""
        while self._look():
            pass
        return self.process.wait(PATIENCE)

    def _look(self) -> bool:
        ready, _, _ = select.select([self._keyboard], [], [], PATIENCE)
        assert ready, f"nothing happens: {self.shown}"
        try:
            seen = os.read(self._keyboard, 65536)
        except OSError:  # how Linux says that the last who had the terminal open has gone
            return False
        self.shown += seen.decode(errors="replace")
        return bool(seen)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._keyboard)


def final(screen: str) -> list[str]:
    """The lines of text that stay on the screen; those of a bar that was wiped away do not."""
    wiped = screen[screen.rfind("\x1b[2K") + 4 :] if "\x1b[2K" in screen else screen
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", wiped)
    return [line for line in text.split("\n") if line.strip() and line.strip() != "^C"]


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    with contextlib.ExitStack() as stack:

        def start(*arguments: str | Path) -> Terminal:
            started = Terminal(*arguments)
            stack.callback(started.close)
            return started

        yield start


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory) -> Path:
    """Takes long over every frame."""
    return colour_model(tmp_path_factory.mktemp("slow") / "slow.onnx", work=96)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory) -> Path:
    """A film that takes long to encode."""
    return paint(tmp_path_factory.mktemp("noisy") / "noisy.mp4", "r16", size=(640, 480), noise=60)


def no_process_of(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_quiet_in_a_pipe(movie, model):
    """`done` asserts that stderr is empty."""
    assert "\x1b" not in done(movie, "-x", "--model", model)


def test_a_bar_on_a_terminal(movie, slow_model, terminal):
    window = terminal(movie, "-t", "blue", "--model", slow_model, "-b", "1")
    assert window.wait() == 0
    assert re.search(r"watching.*\b[1-9]\d?%.*\d+x.*\d:\d\d", window.shown), "how far, how fast, how long"
    assert "cutting" in window.shown
    assert [re.sub(r" .*", "", line) for line in final(window.shown)] == ["0:00:16-0:00:20", "wrote"]


def test_json_on_a_terminal_is_only_json_on_stdout(movie, model):
    """The bar is on stderr, so that stdout can go elsewhere."""
    keyboard, screen = pty.openpty()
    result = subprocess.run(
        [PROGRAM, movie, "--model", model, "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=screen,
        env=environment(),
        text=True,
    )
    os.close(screen)
    os.close(keyboard)
    assert result.returncode == 0 and result.stdout.startswith("{\n") and result.stdout.endswith("}\n")


@pytest.mark.parametrize("extra", [[], ["--json"], ["-t", "red,blue"]], ids=" ".join)
def test_whoever_reads_has_gone(movie, model, extra):
    """As `| head -1` does, at its earliest."""
    process = subprocess.Popen(
        [PROGRAM, movie, "--model", model, *extra],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    with process:
        assert process.stderr.read() == b""
    assert process.returncode == 1
    assert set(tree(movie.parent)) == {"movie.mp4", *["movie.cut.mp4"] * ("-t" in extra)}


@pytest.mark.parametrize("action", [["-a"], ["-x"], []], ids=["tag", "cut", "summary"])
def test_ctrl_c_while_watching(movie, slow_model, terminal, action):
    before = tree(movie.parent)
    window = terminal(movie, *action, "--model", slow_model, "-b", "1")
    window.wait_for(r"watching.*\b[1-9]\d?%")
    window.type(b"\x03")
    assert window.wait() == 130
    assert final(window.shown) == [INTERRUPTED]
    assert tree(movie.parent) == before and no_process_of(window.process.pid)


def test_termination_while_watching(movie, slow_model, terminal):
    before = tree(movie.parent)
    window = terminal(movie, "-x", "--model", slow_model, "-b", "1")
    window.wait_for(r"watching.*\b[1-9]\d?%")
    window.process.terminate()
    assert window.wait() == 130
    assert final(window.shown) == [INTERRUPTED]
    assert tree(movie.parent) == before and no_process_of(window.process.pid)


@pytest.mark.parametrize(
    ("signum", "extra"),
    [
        (signal.SIGINT, ["--blur", "red"]),
        (signal.SIGTERM, ["--mode", "encode"]),
        (signal.SIGINT, ["-c", "--mode", "encode"]),
        (signal.SIGTERM, ["--replace", "--blur", "red"]),
        (signal.SIGINT, ["cut", "--join"]),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else " ".join(value),
)
def test_interruption_while_cutting(noisy, model, tmp_path, signum, extra):
    """In a pipe: the signal comes once part of the film is written."""
    (place := tmp_path / "place").mkdir()
    movie = place / "noisy.mp4"
    movie.write_bytes(noisy.read_bytes())
    before = tree(place)
    films = [movie, movie, "--blur", "red"] if "--join" in extra else [movie]
    process = subprocess.Popen(
        [PROGRAM, *extra, *films, "-t", "red", "--model", model],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    with process:
        limit = time.monotonic() + PATIENCE
        while most_written(place) <= 5000:
            assert process.poll() is None and time.monotonic() < limit
            time.sleep(0.01)
        os.killpg(process.pid, signum)
        told, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told, said.decode()) == (130, b"", f"{INTERRUPTED}\n")
    assert tree(place) == before and no_process_of(process.pid)


def most_written(place: Path) -> int:
    """Bytes of the largest unfinished file; these come and go as they like."""
    sizes = [0]
    with contextlib.suppress(FileNotFoundError):
        files = [path for path in place.rglob("*") if path.is_file()]
        sizes += [path.stat().st_size for path in files if ".miles-deep-" in str(path)]
    return max(sizes)


@pytest.mark.parametrize("extra", [[], ["-c", "--blur", "red"]], ids=["one film", "clips"])
def test_a_disk_that_takes_no_more(noisy, model, tmp_path, extra):
    """As far as a limit of the size of files is one."""
    (place := tmp_path / "place").mkdir()
    before = noisy.read_bytes()
    limit = 100_000
    result = run(
        *[noisy, "-t", "red", "--model", model, "-o", place, *extra],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(r"miles-deep: .*noisy.*\.mp4: cannot be written \(File too large\)\n", result.stderr)
    assert tree(place) == {} and noisy.read_bytes() == before


def test_nothing_is_written_at_home(movie, model, tmp_path):
    """A library may think that it can leave its own files there, or count its uses and tell of them."""
    (home := tmp_path / "home").mkdir()
    done(movie, "--model", model, env={"HOME": str(home)})
    assert tree(home) == {}
    done(movie, "--model", model, env={"HOME": str(home), "MILES_DEEP_CACHE": "", "XDG_CACHE_HOME": ""})
    assert {Path(name).parts[:1] for name in tree(home)} <= {(".cache",), ("Library",)}, "but what is kept"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_behind_the_output() -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [PROGRAM, "models", "list"], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    assert result.stderr == "miles-deep: the output: cannot be used (No space left on device)\n"
