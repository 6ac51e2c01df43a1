"""-a: MOVIE.tag."""

from pathlib import Path

from cli_media import paint
from cli_run import done, done_json, run, tree

from miles_deep.export.tag import read


def test_tag(movie, model):
    before = movie.read_bytes()
    out = done(movie, "-a", "--model", model)
    path = movie.with_name("movie.tag")
    assert out == f"wrote {path}: 3 segments of 3 labels\n"
    tags = read(path)
    scores = [segment.score for segment in tags.segments]
    assert path.read_text() == (
        "movie.mp4,red,green,blue\n20,10,6,4\nlabel,start,end,score,coverage\n"
        f"red,0,9,{scores[0]:.6g},1\ngreen,10,15,{scores[1]:.6g},1\nblue,16,19,{scores[2]:.6g},1\n"
    )
    assert min(scores) > 0.99
    assert set(tree(movie.parent)) == {"movie.mp4", "movie.tag"} and movie.read_bytes() == before


def test_labels_without_a_segment_are_in_the_totals(place, model):
    movie = paint(place / "green.mkv", "r2 g5", container="matroska")
    assert done("-a", movie, "--model", model, "-n") == f"wrote {place / 'green.tag'}: 1 segment of 1 label\n"
    assert (place / "green.tag").read_text().splitlines()[:2] == ["green.mkv,red,green,blue", "7,0,5,0"]


def test_folder_force_and_json(movie, model, tmp_path):
    (out := tmp_path / "out").mkdir()
    said = done_json("-a", "-o", out, movie, "--model", model)
    assert said["path"] == str(out / "movie.tag") and len(said["segments"]) == 3
    assert [name for name in tree(movie.parent)] == ["movie.mp4"]
    written = (out / "movie.tag").read_bytes()

    (out / "movie.tag").write_bytes(b"mine")
    result = run("-a", "-o", out, movie, "--model", model)
    assert result.returncode == 1 and (out / "movie.tag").read_bytes() == b"mine"
    assert result.stderr == f"miles-deep: {out / 'movie.tag'}: is there already; --force overwrites it\n"
    done("-a", "-o", out, movie, "--model", model, "--force")
    assert (out / "movie.tag").read_bytes() == written


def test_the_rule_counts(movie, model):
    done("-a", movie, "--model", model, "-u", "5")
    assert Path(movie.with_name("movie.tag")).read_text().splitlines()[1] == "20,10,6,0"
