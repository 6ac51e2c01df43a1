"""Bad input: one line that names file or value and cause, an exit code, no partial file, no harm to the film."""

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import pytest
from cli_media import colour_model, paint, sound_only
from cli_run import Tree, run, tree

from media import text_file
from miles_deep.model.caffe import caffe_pb2

FAILED, USAGE = 1, 2


@dataclass(frozen=True)
class Case:
    """A command line, and what has to be said of it."""

    arguments: str
    """Without the film and the model, unless they are what is wrong; {0} is the folder."""
    says: Sequence[str]
    code: int
    movie: str | None = "movie.mp4"
    model: str | None = "colour.onnx"

    def command(self, folder: Path) -> list[str]:
        words = [word.replace("_", " ") if "," in word else word for word in self.arguments.split()]
        movie = [] if self.movie is None else [str(folder / self.movie)]
        model = [] if self.model is None else ["--model", str(folder / self.model)]
        return [*movie, *model, *(word.replace("{0}", str(folder)) for word in words)]


def usage(arguments: str, *says: str, **what: str | None) -> Case:
    return Case(arguments, says, USAGE, **what)


def fails(arguments: str, *says: str, **what: str | None) -> Case:
    return Case(arguments, says, FAILED, **what)


def film(movie: str, *says: str) -> Case:
    return fails("-x", movie, *says, movie=movie)


def numbers(flag: str, says: str, *values: str) -> list[Case]:
    return [usage(f"-t red {flag} {value}", flag if says == "Invalid" else says, value) for value in values]


CASES = [
    film("nope.mp4", "no such file"),
    film("missing/nope.mp4", "no such file"),
    film("a folder", "is a folder, not a film"),
    film("empty.mp4", "is empty"),
    film("text.mp4", "not a film that can be read"),
    film("sound.mp4", "has no picture, nothing to watch"),
    film("dark.mp4", "not one frame can be decoded"),
    film("x" * 300 + ".mp4", "too long"),
    fails("-x", "x.cut.mp4: cannot be written", "too long", movie="x" * 250 + ".mp4"),
    fails("-a", "no such file", movie="nope.mp4"),
    fails("", "no such file", movie="nope.mp4"),
    usage("-t red", "Missing argument 'MOVIE'", movie=None),
    usage("{0}/other.mp4", "other.mp4: one movie at a time; `miles-deep cut --join` makes one film of several"),
    usage("-x {0}/other.mp4", "other.mp4: one movie at a time"),
    usage("-t gren", "no label 'gren' in the model; did you mean 'green'?"),
    usage("-t red,zzz", "no label 'zzz' in the model; it has: red, green, blue, warm"),
    usage("-t warn", "no label 'warn' in the model; did you mean 'warm'?"),
    usage("-t", "-t", "requires an argument"),
    usage("-q", "-q"),
    usage("--bogus", "--bogus"),
    *numbers("-b", "the batch size must be 1 to 256, not", "0", "-1", "257"),
    *numbers("-b", "Invalid", "x", "1.5", "nan"),
    *numbers("-u", "min length must be 0 or more seconds, not", "-1", "nan", "inf"),
    *numbers("-u", "Invalid", "x"),
    *numbers("-g", "max gap must be 0 or more seconds, not", "-1"),
    usage(f"-x -g 1{'0' * 400}", "max gap must be 0 or more seconds, not so much"),
    usage("-x --smooth median:999999999999", "up to 599, not 999999999999"),
    *numbers("-g", "Invalid", "x", "1.5", "inf"),
    *numbers("-s", "min score must be 0 to 1, not", "-0.1", "1.1", "nan", "inf"),
    *numbers("-s", "Invalid", "x"),
    *numbers("-v", "min coverage must be 0 to 1, not", "-0.1", "1.1", "nan", "50"),
    *numbers("-v", "Invalid", "50%"),
    usage("-s 2", "min score must be 0 to 1, not 2"),
    usage("-a -v -1", "min coverage must be 0 to 1, not -1"),
    usage("-t red -x", "-t and -x exclude each other"),
    usage("-t red -a", "-t, -x, --drop and -a exclude each other"),
    usage("--drop red -a", "-t, -x, --drop and -a exclude each other"),
    usage("-c", "-c is about a cut, so it needs -t, -x or --drop"),
    usage("-a -c", "-c is about a cut"),
    usage("--replace", "--replace is about a cut"),
    usage("-a --dry-run", "--dry-run is about a cut"),
    usage("--margin 1", "--margin is about what is kept, so it needs -t, -x or --drop"),
    usage("--refine", "--refine is about what is kept"),
    *[
        usage(f"-x --margin {value}", f"--margin '{value}'", "give seconds")
        for value in ("x", "1,2,3", "nan", "1,")
    ],
    *[usage(f"-x --margin {value}", "give seconds") for value in ("1/0", "inf")],
    usage("-x --smooth mean", "--smooth 'mean': no such smoothing; there are: none, median, viterbi"),
    usage("-x --smooth median:4", "must be an odd number of seconds up to 599, not 4"),
    usage("-x --smooth median:x", "--smooth 'median:x': 'x' is no number of seconds"),
    usage("-x --smooth viterbi:", "'' is no number of seconds"),
    usage("-x --smooth viterbi:nan", "switch cost must be 0 or more seconds, not nan"),
    usage("-x --smooth none:1", "there is nothing to say of none"),
    usage("-x --classic --smooth median", "the classic rule knows no smoothing"),
    usage("-t red&green", "target 'red&green': no label of the model is in it"),
    usage("-x -c --replace", "-c makes many films"),
    usage("-x --replace -o {0}", "-o has no say"),
    usage("-x -n --replace", "-n keeps the original and --replace does not"),
    usage("-x --mode clever", "--mode", "'clever'", "smart", "copy", "encode"),
    usage("--no-verify", "--no-verify is about a cut"),
    usage("-x --no-verify --mode copy", "--no-verify is about mode smart"),
    usage("-x --no-verify --mode encode", "--no-verify is about mode smart"),
    *[
        usage(f"{effect} --mode copy", "--mode copy changes no frame, so it can neither blur, mute nor")
        for effect in ("--blur red", "-x --mute red", "--speed red=2")
    ],
    *[usage(f"-a {effect}", "are about a cut and -a cuts nothing") for effect in ("--blur red", "--speed red=2")],
    *[usage(f"{flag} gren", "did you mean 'green'?") for flag in ("--blur", "--mute", "-x --blur")],
    usage("--blur red&green", "target 'red&green': no label of the model is in it"),
    usage("--speed gren=2", "no label 'gren' in the model; did you mean 'green'?"),
    *[usage(f"--speed {text}", f"--speed '{text}': say of what, and how fast") for text in ("red", "=8", "8")],
    *[
        usage(f"--speed red={value}", f"--speed 'red={value}': '{value}' is no number")
        for value in ("x", "8x", "nan", "1/0", "")
    ],
    *[
        usage(f"--speed red={value}", f"--speed 'red={value}': a speed has to lie between 0.1 and 100, not")
        for value in ("0", "-2", "0.09", "101")
    ],
    usage("--speed red=1", "--speed 'red=1': that is how fast it is played anyway"),
    usage("--speed red=2 --margin 1", "--margin is about what is kept, blurred or muted"),
    usage("--mute red", "movie.mp4: has no sound, so there is nothing to mute"),
    fails("--blur one", "done.cut.mp4: is there already", movie="done.mp4", model="two.onnx"),
    usage("-x -o {0}/missing", "-o", "missing: no such folder"),
    usage("-x -o {0}/text.mp4", "-o", "text.mp4: no such folder"),
    usage("-x -d {0}/missing", "-d", "missing: no such folder"),
    # With a model that fails at the first frame: what is there is seen before hours of watching.
    fails("-t one", "done.cut.mp4: is there already; --force overwrites it", movie="done.mp4", model="two.onnx"),
    fails("-a", "done.tag: is there already; --force overwrites it", movie="done.mp4", model="two.onnx"),
    fails("-t one -c", "done.cut: is there already; --force overwrites it", movie="done.mp4", model="two.onnx"),
    fails("-t one -c --force", "done.cut: is not a folder", movie="done.mp4", model="two.onnx"),
    fails("-t one --force", "other.cut.mp4: is a folder", movie="other.mp4", model="two.onnx"),
    fails("-t one --replace", "bare.mp4: is there already", movie="bare", model="two.onnx"),
    fails("-x", "no model", "nope.onnx'", "neither a file nor one of open_nsfw", model="nope.onnx"),
    fails("-x", "text.mp4: not an ONNX network", model="text.mp4"),
    fails("-x", "empty.mp4: not an ONNX network", model="empty.mp4"),
    fails("-x", "a folder: not a file", model="a folder"),
    fails("-x", "bare.onnx: an ONNX network without labels", model="bare.onnx"),
    fails("-t two", "gives 3 scores for 2 labels", model="two.onnx"),
    usage("-x", "the model names no background label", model="nothing.onnx"),
    usage("-x --device warp", "no device 'warp'; there are: auto, cpu"),
    fails("-x --device directml", "no DmlExecutionProvider"),
    usage("-m {0}/mean2", "a Caffe model needs both -p (prototxt) and -w (weights)", model=None),
    usage("-p {0}/net", "needs both -p (prototxt) and -w", model=None),
    usage("-w {0}/net", "needs both -p (prototxt) and -w", model=None),
    usage("-l {0}/net", "needs both -p (prototxt) and -w", model=None),
    usage("-p {0}/net -w {0}/weights", "--model and -p -w both name a model"),
    fails("-x -p {0}/nope -w {0}/weights", "nope: cannot be read (No such file or directory)", model=None),
    fails("-x -p {0}/net -w {0}/nope", "nope: cannot be read (No such file or directory)", model=None),
    fails("-x -p {0}/net -w {0}/weights -m {0}/nope", "nope: cannot be read", model=None),
    fails("-x -p {0}/net -w {0}/weights -l {0}/nope", "nope: cannot be read", model=None),
    fails("-x -p {0}/weights -w {0}/net", "weights: not a", "is this the prototxt", model=None),
    fails("-x -p {0}/net -w {0}/text.mp4", "text.mp4: not a caffemodel", model=None),
    fails("-x -p {0}/net -w {0}/weights -m {0}/mean2", "mean2: a mean of 2 channels", model=None),
    fails("-x -p {0}/net -w {0}/weights -m {0}/text.mp4", "text.mp4: not a mean file", model=None),
    fails(
        "-x -p {0}/net -w {0}/weights -l {0}/labels",
        "net: 2 labels of ",
        "/labels for the 3 scores it gives",
        model=None,
    ),
    fails("-x -p {0}/net -w {0}/weights -l {0}/movie.mp4", "movie.mp4: labels must be UTF-8 text", model=None),
]
if sys.platform == "linux":  # a folder in which even root cannot make a file
    CASES.append(fails("-a -o /proc", "/proc"))


def name(case: Case) -> str:
    """A readable id."""
    return f"{case.arguments} {case.movie} {case.model}".replace("{0}/", "")[:70]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files of every kind. None of the cases may change a thing in it."""
    place = tmp_path_factory.mktemp("bad input")
    paint(place / "movie.mp4", "r3 g5")
    for copy in ("other.mp4", "done.mp4", "x" * 250 + ".mp4"):
        shutil.copy(place / "movie.mp4", place / copy)
    shutil.copy(place / "movie.mp4", place / "bare")
    for written in ("bare.mp4", "done.cut.mp4", "done.tag", "done.cut"):
        (place / written).write_bytes(b"mine")
    for made in ("a folder", "other.cut.mp4"):
        (place / made).mkdir()
    (place / "empty.mp4").touch()
    text_file(place / "text.mp4")
    sound_only(place / "sound.mp4")
    _without_pictures(place / "movie.mp4", place / "dark.mp4")
    colour_model(place / "colour.onnx")
    colour_model(place / "two.onnx", labels=("one", "two"), background=())
    colour_model(place / "nothing.onnx", background=())
    bare = onnx.load(place / "colour.onnx")
    del bare.metadata_props[:]
    onnx.save(bare, place / "bare.onnx")
    _caffe(place)
    return place


@pytest.fixture(scope="module")
def content(folder: Path) -> Tree:
    """What is in it before any case."""
    return tree(folder)


def _without_pictures(movie: Path, dark: Path) -> None:
    """A film whose coded pictures are all zeros, its header whole."""
    content = bytearray(movie.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    dark.write_bytes(content)


def _caffe(place: Path) -> None:
    """The smallest network that is one: three scores from a picture of 4 x 4."""
    net = caffe_pb2.NetParameter(name="small")
    net.layer.add(name="data", type="Input", top=["data"], input_param={"shape": [{"dim": [1, 3, 4, 4]}]})
    dense = net.layer.add(name="fc", type="InnerProduct", bottom=["data"], top=["fc"])
    dense.inner_product_param.num_output = 3
    dense.blobs.add(shape={"dim": [3, 48]}, data=[0.01] * 96 + [-0.01] * 48)
    dense.blobs.add(shape={"dim": [3]}, data=[0.0] * 3)
    net.layer.add(name="prob", type="Softmax", bottom=["fc"], top=["prob"])
    (place / "weights").write_bytes(net.SerializeToString())
    del dense.blobs[:]
    (place / "net").write_text(str(net))
    mean = caffe_pb2.BlobProto(num=1, channels=2, height=1, width=1, data=[100.0, 100.0])
    (place / "mean2").write_bytes(mean.SerializeToString())
    (place / "labels").write_text("one\ntwo\n")


@pytest.mark.parametrize("case", CASES, ids=name)
def test_one_line_and_an_exit_code(folder, content, case, here):
    """In this process, since there are many; the next test shows that the program is the same."""
    result = here(*case.command(folder))
    assert result.stderr.startswith("miles-deep: ") and result.stderr.count("\n") == 1, result.stderr
    for part in case.says:
        assert part in result.stderr
    assert (result.returncode, result.stdout) == (case.code, "")
    assert set(tree(folder)) == set(content), "nothing is left"
    assert tree(folder) == content, "nothing is harmed"


@pytest.mark.parametrize("case", [CASES[0], CASES[4], CASES[13], CASES[20]], ids=name)
def test_the_program_says_the_same(folder, content, case, here):
    result = run(*case.command(folder))
    again = here(*case.command(folder))
    assert (result.returncode, result.stdout, result.stderr) == (again.returncode, again.stdout, again.stderr)
    assert tree(folder) == content


def test_the_files_that_are_not_at_fault_work(folder, here):
    """The cases would prove little if the good film, model and Caffe pair did not work."""
    good = ["--json", str(folder / "movie.mp4")]
    for model in (["--model", folder / "colour.onnx"], ["-p", folder / "net", "-w", folder / "weights"]):
        result = here(*good, *model)
        assert (result.returncode, result.stderr) == (0, "") and result.stdout


@pytest.mark.parametrize(
    ("target", "says", "before"),
    [
        ("red & | green", "a label is missing (at character 7)", "red & "),
        ("(red | green", "this bracket is not closed (at character 1)", ""),
        ("red | 映画 )", "a closing bracket that nothing opens (at character 10)", "red | 映画 "),
    ],
)
@pytest.mark.parametrize("flag", ["-t", "--drop"])
def test_a_caret_under_what_does_not_parse(folder, here, flag, target, says, before):
    result = here(folder / "movie.mp4", "--model", folder / "colour.onnx", flag, target)
    assert (result.returncode, result.stdout) == (2, "")
    first, line, caret = result.stderr.splitlines()
    assert first == f"miles-deep: target {target!r}: {says}"
    columns = sum(2 if unicodedata.east_asian_width(char) == "W" else 1 for char in before)
    assert (line, caret) == (f"  {target}", f"  {' ' * columns}^")
