"""`miles-deep models fetch`: what is said before and after, and that --model finds what was fetched."""

import json

import stand_in

from miles_deep import load_model
from miles_deep.cli import main


def run(capsys, *arguments):
    code = main.run(["models", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_fetched_and_found(site, home, capsys):
    code, out, err = run(capsys, "fetch", stand_in.NAME)
    assert (code, err) == (0, "")
    path = home / "data" / "models" / f"{stand_in.NAME}.onnx"
    assert out.startswith("nobody's\n") and f"wrote {path}; the git blob ids of its files are those" in out
    assert f"  miles-deep MOVIE --model {stand_in.NAME}\n" in out
    assert load_model(stand_in.NAME).labels == stand_in.LABELS
    assert [stand_in.NAME, "here"] in [line.split()[:2] for line in run(capsys, "list")[1].splitlines()]
    site.requests.clear()
    said = f"{stand_in.NAME} is here already; miles-deep MOVIE --model {stand_in.NAME}\n"
    assert run(capsys, "fetch", stand_in.NAME) == (0, said, "") and not site.requests
    assert json.loads(run(capsys, "fetch", stand_in.NAME, "--json")[1])["path"] == str(path)
    path.write_bytes(b"damaged")
    code, out, err = run(capsys, "fetch", stand_in.NAME)
    said = f"miles-deep: {stand_in.NAME}: a model of that name is there already; --force overwrites it\n"
    assert (code, out, err) == (1, "nobody's\n", said)
    assert run(capsys, "fetch", stand_in.NAME, "--force")[0] == 0


def test_out_of_a_folder_as_json(site, contents, home, capsys):
    site.files.clear()  # nothing is asked of the web
    for name, content in contents.items():
        (home / name).write_bytes(content)
    code, out, err = run(capsys, "fetch", stand_in.NAME, "--from", home, "--json")
    told = json.loads(out)
    assert (code, err, told["labels"]) == (0, "", list(stand_in.LABELS))
    assert told["digest"] == load_model(stand_in.NAME).digest and not site.requests


def test_models_of_packages_are_here(home, capsys):
    said = "open_nsfw is here already; miles-deep MOVIE --model open_nsfw\n"
    assert run(capsys, "fetch", "open_nsfw") == (0, said, "")


def test_what_cannot_be_fetched(home, capsys):
    assert run(capsys, "fetch", "nosuch") == (
        1,
        "",
        "miles-deep: no model 'nosuch' can be fetched; there are: miles-deep\n",
    )
    code, out, err = run(capsys, "fetch", "miles-deep", "--from", home)
    assert code == 1 and "GNU General Public License" in out
    assert err.startswith(f"miles-deep: {home}") and err.count("\n") == 1
