"""A network's weights are found in whatever a training script wrote around them."""

from pathlib import Path

import pytest

from miles_deep.errors import ModelError
from miles_deep.train.weights_file import load_into, own_weights, read_weights

NAMES = ("conv.weight", "norm.weight", "norm.bias", "norm.num_batches_tracked", "fc.weight")
WEIGHTS = {name: number for number, name in enumerate(NAMES)}
OTHERS = {name: -1 for name in NAMES}


def under(prefix: str, weights: dict[str, int] = WEIGHTS) -> dict[str, int]:
    return {prefix + name: value for name, value in weights.items()}


PREFIXES = [
    "state_dict.",
    "model_state_dict.",
    "net.",
    "model.",
    "params.",
    "weights.",
    "module.",
    "_orig_mod.",
    "state_dict._orig_mod.module.",
    "state_dict.model.",
    "teacher.backbone.",
]


@pytest.mark.parametrize("prefix", ["", *PREFIXES])
def test_under_whatever_name(prefix):
    optimizer = {"optimizer.state.0.exp_avg": -1, "optimizer.state.1.weight": -1, "best": -1}
    assert own_weights({**optimizer, **under(prefix)}, NAMES) == WEIGHTS | (optimizer if not prefix else {})


@pytest.mark.parametrize("averaged", ["state_dict_ema.", "model_ema.module.", "ema.", "swa_state_dict."])
def test_averaged_ones_come_first(averaged):
    assert own_weights({**under("state_dict.", OTHERS), **under(averaged)}, NAMES) == WEIGHTS


def test_averaged_ones_that_are_not_whole_are_left():
    partly = {"ema.conv.weight": -1, "ema.fc.weight": -1}
    assert own_weights({**partly, **under("model.")}, NAMES) == WEIGHTS


def test_a_schema_is_not_taken_for_an_average():
    with pytest.raises(ModelError, match="more than once"):
        own_weights({**under("schema."), **under("cinema.")}, NAMES)


def test_what_only_counts_need_not_be_there():
    old = {name: value for name, value in under("net.").items() if "tracked" not in name}
    assert own_weights(old, NAMES) == {k: v for k, v in WEIGHTS.items() if "tracked" not in k}


def test_weights_that_are_there_twice():
    with pytest.raises(ModelError) as raised:
        own_weights({**under("student.module."), **under("teacher.", OTHERS)}, NAMES)
    assert str(raised.value) == (
        "these weights are there more than once, as 'student.module', 'teacher'; save those that are meant alone"
    )


def test_weights_of_another_network_are_left_to_the_one_who_loads_them():
    other = {"a.conv.weight": 1, "a.x": 2, "b.conv.weight": 3}
    assert own_weights(other, NAMES) == {"conv.weight": 1, "x": 2}
    assert own_weights({"x.y": 1}, NAMES) == {"x.y": 1}


@pytest.mark.slow
def test_names_that_would_be_looked_through_for_ever(tmp_path):
    import torch
    from safetensors import torch as files

    files.save_file({"a." * 50_000: torch.zeros(1)}, tmp_path / "net.safetensors")
    with pytest.raises(ModelError, match=r"net.safetensors: its key 'a\.a\..* has more than 500 characters"):
        read_weights(tmp_path / "net.safetensors")


class Untrained:
    """A network that has tensors of these names."""

    def state_dict(self) -> dict[str, int]:
        return WEIGHTS


def test_a_network_saved_whole_beside_tensors_of_other_kinds():
    with pytest.raises(ModelError) as raised:
        load_into(Untrained(), {"best": 1, "optimizer.state.0.exp_avg": 2}, "resnet18", Path("last.pth.tar"))
    assert str(raised.value) == (
        "last.pth.tar: not the weights of resnet18: none of its tensors is there; "
        "save a state_dict instead: torch.save(model.state_dict(), PATH)"
    )
