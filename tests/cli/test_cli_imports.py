"""What a command imports: a stored analysis is answered in the time that others need to be imported."""

import os
import subprocess
import sys

import pytest
from cli_run import environment

HEAVY = {"onnx", "openvino", "onnxruntime", "PIL", "rich", "google.protobuf", "requests", "importlib.metadata"}

CUTTING = {f"miles_deep.{name}" for name in ("edit.cutter", "edit.verify", "edit.sound", "classify.pipeline")}
"""Of our own: what writes films, and what watches them."""

PROGRAM = """
import sys
from miles_deep.cli.main import run
code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def loaded(*arguments, env=None) -> set[str]:
    """Everything that a command line brings in."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**environment(), **(env or {})},
        check=True,
    )
    return set(result.stderr.split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scores", "list"]], ids=" ".join)
def test_without_a_film(arguments, tmp_path):
    modules = loaded(*arguments, env={"MILES_DEEP_CACHE": str(tmp_path)})
    assert "numpy" in modules and not modules & {*HEAVY, "pyarrow"}


@pytest.mark.parametrize("arguments", [["-a", "--force"], [], ["-x", "--dry-run"], ["analyze"]], ids=" ".join)
def test_a_stored_analysis(movie, arguments, tmp_path):
    """With the default model, its labels read and its digest checked."""
    words, flags = (["analyze"], []) if arguments == ["analyze"] else ([], arguments)
    env = {"MILES_DEEP_CACHE": str(tmp_path)}
    os.utime(movie, (10**9, 10**9))  # of what was just written nothing is believed to stay
    assert {"openvino", "av"} <= loaded(*words, movie, *flags, env=env)
    second = loaded(*words, movie, *flags, env=env)
    assert not second & {*HEAVY, *CUTTING, "numpy.ma"}
    assert ("av" in second) == ("--dry-run" in flags), "only to plan a cut the film is opened once more"


def test_a_compiled_network(movie, tmp_path):
    """The second look needs no graph."""
    env = {"MILES_DEEP_CACHE": str(tmp_path)}
    assert "onnx" in loaded(movie, "--no-cache", env=env)
    modules = loaded(movie, "--no-cache", env=env)
    assert "openvino" in modules and not modules & {"onnx", "onnxruntime", "PIL", "rich", "google.protobuf"}
