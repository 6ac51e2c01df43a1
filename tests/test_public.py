"""The public face: its names, what they say of themselves, and what importing it costs."""

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import miles_deep
from miles_deep import errors

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "miles_deep"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "caffe_pb2.py")

PUBLIC = {
    # What is done, in the order of the story.
    *("load_model", "import_caffe", "probe", "frames_at", "analyze", "find_segments", "find_all", "classic"),
    *("refine", "select", "edit", "edit_clips", "join", "mark", "export"),
    *("read_truth", "evaluate", "tune", "read_rules", "write_rules"),
    *("import_onnx", "classify_pictures", "size_of"),
    # What is handed on.
    *("Model", "ModelCard", "Preprocess", "Video", "Scaler", "Scores", "Store", "Rule", "Segment", "Span"),
    *("Rules", "Smoothing", "Margin", "Selection", "Take", "Effect", "Treatment", "EditResult", "ExportResult"),
    *("Truth", "Evaluation", "Tuning", "Imported", "PictureScores"),
    # What may go wrong.
    *("errors", "MilesDeepError"),
}
"""A name that comes or goes is a change of the public face: it is written here, and in the changelog."""

HEAVY = ("torch", "ray", "matplotlib", "flask", "fastapi", "starlette", "uvicorn", "aiohttp", "django", "tornado")
HEAVY += ("openvino", "onnxruntime", "pyarrow", "pandas", "rich", "click", "cv2", "onnx", "PIL", "google")
HEAVY += ("opentimelineio", "jinja2", "tomli_w", "urllib3", "truststore", "timm", "safetensors")
HEAVY += ("numpy", "av")
"""Loaded when they are needed, not before."""


def relative(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_the_public_names():
    assert set(miles_deep.__all__) == PUBLIC
    assert len(miles_deep.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_says_what_it_is(name):
    value = getattr(miles_deep, name)
    said = inspect.getdoc(value) or ""
    assert said.strip() and not said.startswith(f"{name}("), "dataclasses make up a docstring of their own"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_name_of_a_module_says_what_it_is(path):
    """Modules, classes, functions and methods without a leading underscore."""
    module = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = [node for node in module.body if isinstance(node, kinds)]
    named += [
        inner
        for node in named
        if isinstance(node, ast.ClassDef)
        for inner in node.body
        if isinstance(inner, kinds)
    ]
    silent = [
        f"{node.name}, line {node.lineno}" for node in named if node.name[0] != "_" and not ast.get_docstring(node)
    ]
    assert ast.get_docstring(module) and not silent


def test_the_import_is_light():
    """In a fresh interpreter; the others are loaded where they are used."""
    program = "import sys, miles_deep; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    packages = {name.split(".")[0] for name in loaded.split()}
    assert "miles_deep" in packages and not packages & set(HEAVY)


def test_the_names_of_rooms_that_are_functions_too():
    """Importing a room puts its name into the package, where the function of that name has to stay."""
    program = (
        "import miles_deep as md, miles_deep.edit.cutter, miles_deep.export.write, miles_deep.video.probing\n"
        "from miles_deep import edit, export, probe\n"
        "from miles_deep.video import probe as room_probe\n"
        "print(edit.__module__, export.__module__, probe.__module__, room_probe is probe, md.edit is edit)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    rooms = ("workflow", "export.write", "video.probing")
    assert told.split() == [*(f"miles_deep.{room}" for room in rooms), "True", "True"]


def test_the_names_are_listed_before_they_are_used():
    program = "import miles_deep; print(*dir(miles_deep))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert PUBLIC | {"__version__"} <= set(told.split())
    with pytest.raises(AttributeError, match=r"^module 'miles_deep' has no attribute 'analyse'$"):
        miles_deep.analyse  # noqa: B018


@pytest.mark.parametrize("room", ["video", "edit", "export"])
def test_a_room_has_what_it_lists(room):
    package = import_module(f"miles_deep.{room}")
    assert all(getattr(package, name) is not None for name in package.__all__)


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert miles_deep.__version__ == project["version"]


def test_the_changelog_knows_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[?{re.escape(miles_deep.__version__)}\b", changelog, re.MULTILINE)


def drawn_tree() -> dict[str, str]:
    """The tree in the docstring of `errors`: every class with the one above it."""
    above, parents = [], {}
    for line in (errors.__doc__ or "").splitlines():
        if not (match := re.match(r"    ([│├└─ ]*)(\w+Error)\b", line)):
            continue
        depth = len(match[1]) // 4
        del above[depth:]
        parents[match[2]] = above[-1] if above else "Exception"
        above.append(match[2])
    return parents


def test_the_tree_of_errors_is_true():
    classes = {name: value for name, value in vars(errors).items() if inspect.isclass(value)}
    assert drawn_tree() == {name: value.__base__.__name__ for name, value in classes.items()}
    assert all(issubclass(value, miles_deep.MilesDeepError) for value in classes.values())


def test_everything_raised_on_purpose_is_in_the_tree():
    """Errors that a user can meet are defined in `errors`, not beside the code that raises them."""
    elsewhere = {
        node.name
        for path in MODULES
        if path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }
    assert not elsewhere


@pytest.mark.parametrize("path", [path for path in MODULES if "cli" not in path.parts], ids=relative)
def test_the_library_never_prints_or_exits(path):
    tree = ast.parse(path.read_text("utf-8"))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {"print", "exit", "quit", "sys.exit", "os._exit", "click.echo", "warnings.warn"} & set(calls)
    raised = [ast.unparse(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    assert not [name for name in raised if name.startswith("SystemExit")]
    written = [name for name in map(ast.unparse, ast.walk(tree)) if name in ("sys.stdout", "sys.stderr")]
    assert not written
