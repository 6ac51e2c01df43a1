"""Networks of timm: an architecture by name, with what timm knows of its pictures and labels."""

import difflib
import math
from pathlib import Path
from typing import Any

from miles_deep.errors import ModelError
from miles_deep.files import name_and_digest
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.quoting import quoted
from miles_deep.train.export import Exported, to_onnx
from miles_deep.train.extra import need_timm, quiet, reason
from miles_deep.train.weights_file import load_into, own_weights, read_weights

ELSEWHERE = ("hf-hub:", "local-dir:")
"""How timm itself names networks that are not its own: `hf-hub:USER/NAME`, `local-dir:FOLDER`."""


def export_timm(name: str, weights: str | Path | None = None) -> Exported:
    """A network of timm as ONNX.

    Labels are ImageNet's where there are as many as of the published weights: "n02123045 tabby, tabby cat".

    Args:
        name: an architecture (`resnet18`), one with the tag of its weights (`resnet18.a1_in1k`), or one of
            `ELSEWHERE`.
        weights: a `.safetensors`, `.pth`, `.pth.tar`, `.pt` or `.bin` file with weights of that architecture, of
            any number of labels, or a checkpoint that has them. None: the published ones, which timm downloads.

    Raises:
        ModelError: the extra is missing, there is no such network, the weights cannot be had or are another's, or
            its preprocessing is of a kind that we do not have.
    """
    timm = need_timm()
    _check_name(timm, name)
    if weights is None:
        network = _published(timm, name)
        source = f"timm {timm.__version__}, {name}"
        tag = network.pretrained_cfg.get("tag")
        if tag and "." not in name and not name.startswith(ELSEWHERE):
            source += f".{tag}"
    else:
        network = _with_weights(timm, name, Path(weights))
        source = f"timm {timm.__version__}, {name}, {name_and_digest(Path(weights))}"
    spec = _preprocess(timm, network, name)
    return Exported(
        onnx=to_onnx(network.eval(), name, (spec.height, spec.width)),
        preprocess=spec,
        labels=_labels(timm, network),
        licence="" if weights else str(network.pretrained_cfg.get("license") or ""),
        source=source,
    )


def _check_name(timm: Any, name: str) -> None:
    if name.startswith(ELSEWHERE) or timm.is_model(name.partition(".")[0]):
        return
    close = difflib.get_close_matches(name, timm.list_models(), 3)
    hint = f"; did you mean {', '.join(close)}?" if close else "; timm.list_models() lists them"
    raise ModelError(f"timm has no network {quoted(name)}{hint}")


def _published(timm: Any, name: str) -> Any:
    try:
        with quiet():
            network = timm.create_model(name, pretrained=True)
    except Exception as error:  # of the hub's client, of sockets, of timm: whatever keeps the weights away
        hint = "without a network, download them elsewhere and give the file as well"
        why = reason(error).partition(". ")[0]  # advice follows, on settings of the hub's client
        raise ModelError(f"the weights of {name} cannot be had ({why}); {hint}") from error
    if not network.num_classes:
        raise ModelError(f"{name} has no labels: its published weights give features; give a file of a classifier")
    return network


def _with_weights(timm: Any, name: str, weights: Path) -> Any:
    """The architecture with as many scores as the file has weights for."""
    whole = read_weights(weights)
    network = _untrained(timm, name)
    try:
        state = own_weights(whole, network.state_dict())
    except ModelError as error:
        raise ModelError(f"{weights}: {error}") from error
    count = _label_count(timm, name, state)
    if count not in (None, network.num_classes):
        network = _untrained(timm, name, count)
    load_into(network, state, name, weights)
    return network


def _untrained(timm: Any, name: str, label_count: int | None = None) -> Any:
    try:
        with quiet():
            return timm.create_model(name, pretrained=False, num_classes=label_count)
    except Exception as error:  # a tag that is not there, or a configuration that cannot be
        raise ModelError(f"timm cannot make {name} ({reason(error)})") from error


def _label_count(timm: Any, name: str, state: dict[str, Any]) -> int | None:
    """How many scores these weights give. None: the architecture's configuration says it, or nobody."""
    if name.startswith(ELSEWHERE):
        return None
    classifier = timm.get_pretrained_cfg_value(name, "classifier") or ""
    weights = state.get(f"{classifier if isinstance(classifier, str) else classifier[0]}.weight")
    return None if weights is None else len(weights)


def _preprocess(timm: Any, network: Any, name: str) -> Preprocess:
    """What timm's own evaluation does (`timm.data.transforms_factory.transforms_imagenet_eval`), as ours."""
    config = timm.data.resolve_data_config(pretrained_cfg=network.pretrained_cfg)
    mode, interpolation = config["crop_mode"], config["interpolation"]
    try:
        channels, height, width = config["input_size"]
        wide, high = (math.floor(side / config["crop_pct"]) for side in (width, height))
        red, green, blue = (255 * value for value in config["mean"])
        scale = tuple(1 / (255 * value) for value in config["std"])
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ModelError(f"{name}: its configuration does not say what its pictures should look like") from error
    squash = mode == "squash"
    fits = squash or (mode == "center" and width == height)
    if channels != 3 or not fits or interpolation not in ("bilinear", "bicubic"):
        wanted = f"{channels} channels, {width} x {height}, {interpolation}, {mode}"
        raise ModelError(f"{name}: its pictures are prepared in a way that we do not have ({wanted})")
    return Preprocess(
        width,
        height,
        "stretch" if squash else "shortest_side",
        resize_width=wide if squash else None,
        resize_height=high,
        mean=(red, green, blue),
        scale=scale,
        interpolation=interpolation,
    )


def _labels(timm: Any, network: Any) -> tuple[str, ...] | None:
    """Those its configuration names; else ImageNet's, where the published weights are ImageNet's."""
    config, count = network.pretrained_cfg, network.num_classes
    named = config.get("label_names")
    if named and len(named) == count:
        return tuple(map(str, named))
    subset = timm.data.infer_imagenet_subset(config)
    if named or subset is None or config.get("num_classes") != count:
        return None
    info = timm.data.ImageNetInfo(subset)
    words = info.label_descriptions(as_dict=True)
    return tuple(f"{wnid} {words[wnid]}" for wnid in info.label_names())
