"""`miles-deep models remove` takes what was compiled of a model along, and nothing of another's."""

import json

from cli_media import colour_model

from miles_deep import load_model
from miles_deep.model.kept import Kept, cache_dir


def test_what_was_compiled_of_a_model_goes_with_it(here, tmp_path, monkeypatch):
    monkeypatch.setenv("MILES_DEEP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MILES_DEEP_CACHE", str(tmp_path / "cache"))
    (shelf := tmp_path / "data" / "models").mkdir(parents=True)
    mine = colour_model(shelf / "mine.onnx")
    (shelf / "broken.onnx").write_bytes(b"no network")
    size, network = mine.stat().st_size, load_model("mine")._built_from
    for digest in (network, "other" * 8):
        Kept(digest, ["a machine"]).keep(b"compiled")
    [compiled, other] = sorted(cache_dir().glob("*.compiled"), key=lambda path: "other" in path.name)
    size += compiled.stat().st_size

    said = here("models", "remove", "mine", "--json")
    assert json.loads(said.stdout) == {"name": "mine", "path": str(mine), "freed": size}
    assert [*cache_dir().glob("*.compiled")] == [other] and not mine.exists()

    assert here("models", "remove", "broken").returncode == 0
    assert [*shelf.iterdir()] == []
