"""From which files models are imported: a suffix, and a function that reads what has it."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from miles_deep.errors import LabelError, ModelError, OptionError
from miles_deep.model.naming import resolve
from miles_deep.model.onnx_import import Imported, import_onnx

if TYPE_CHECKING:
    from miles_deep.train import Exported


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported, and how: one field a flag of `miles-deep models import`."""

    net: Path | None
    timm: str | None
    weights: Path | None
    mean: Path | None
    labels: Path | None
    preprocess: str | None
    background: str | None
    licence: str | None
    size: str | None
    head: str | None
    activation: Literal["softmax", "sigmoid", "none"] | None

    def check(self) -> None:
        """Refuse flags that do not belong together. Raises OptionError."""
        if self.net is None and self.timm is None:
            raise OptionError("give a file to import, or --timm NAME")
        if self.timm is None and self.suffix not in KINDS:
            raise OptionError(f"{self.net}: not a kind of file that is imported; there are: {', '.join(KINDS)}")
        if self.timm is not None and self.net is not None and KINDS.get(self.suffix) is not _needs_timm:
            raise OptionError(f"{self.net}: no weights of a network of timm: {', '.join(WEIGHTS)}")
        caffe = self.timm is None and self.suffix == ".prototxt"
        if caffe and self.weights is None:
            raise OptionError(f"{self.net}: a Caffe model needs its weights too: -w FILE.caffemodel")
        for flag, given in (("-w", self.weights), ("-m", self.mean)):
            if given and not caffe:
                raise OptionError(f"{flag} is of a Caffe model, which is given by its .prototxt")
        for flag, value in (("--size", self.size), ("--head", self.head)):
            if value and caffe:
                raise OptionError(f"{flag}: the files of a Caffe model say that themselves")

    @property
    def suffix(self) -> str:
        """Of the file, in small letters."""
        return "" if self.net is None else self.net.suffix.lower()

    @property
    def stem(self) -> str:
        """What the model is called where nobody says."""
        return self.timm or "" if self.net is None else Path(self.net.name.removesuffix(".tar")).stem

    @property
    def told(self) -> str:
        """The file or network, as it was given."""
        return f"--timm {self.timm}" if self.timm is not None else str(self.net)

    def backgrounds(self, labels: Sequence[str]) -> tuple[str, ...] | None:
        """The background labels, where they are given: each by its name, WordNet id or one of its words.

        Raises:
            OptionError: one of them is no label.
        """
        if self.background is None:
            return None
        whole = self.background.strip()
        names = [whole] if whole in labels else [name.strip() for name in whole.split(",")]
        try:
            return tuple(dict.fromkeys(resolve(name, labels, {}) for name in names if name))
        except LabelError as error:
            raise OptionError(f"--background: {error}") from error

    @property
    def sides(self) -> tuple[int, int] | None:
        """Width and height of the input, where they are given: 224, or 320x240. Raises OptionError."""
        if self.size is None:
            return None
        width, _, height = self.size.partition("x")
        try:
            return int(width), int(height or width)
        except ValueError as error:
            raise OptionError(f"--size {self.size!r}: give one number, or width x height: 320x240") from error

    def read(self) -> Imported:
        """The model, and what was understood of it. Raises MilesDeepError."""
        return (_timm if self.timm is not None else KINDS[self.suffix])(self)


def _onnx(source: Source) -> Imported:
    assert source.net is not None
    return import_onnx(
        source.net,
        source.labels,
        source.preprocess,
        licence=source.licence or "",
        size=source.sides,
        output=source.head,
        activation=source.activation,
    )


def _caffe(source: Source) -> Imported:
    from miles_deep.model.caffe.asked import read
    from miles_deep.model.caffe.importing import import_files

    assert source.net is not None and source.weights is not None
    asked = read(
        source.net,
        source.weights,
        source.mean,
        source.labels,
        preprocess=source.preprocess,
        activation=source.activation,
    )
    return import_files(asked)


def _pt2(source: Source) -> Imported:
    from miles_deep.train import export_pt2

    assert source.net is not None
    return _exported(source, export_pt2(source.net))


def _timm(source: Source) -> Imported:
    from miles_deep.train import export_timm

    assert source.timm is not None
    return _exported(source, export_timm(source.timm, source.net))


def _needs_timm(source: Source) -> Imported:
    raise OptionError(f"{source.net}: weights alone; --timm NAME says of which network they are")


def _exported(source: Source, exported: "Exported") -> Imported:
    """What PyTorch exported, with what it knows and the flags do not say otherwise."""
    with tempfile.TemporaryDirectory(prefix="miles-deep-") as folder:
        path = Path(folder, "exported.onnx")
        path.write_bytes(exported.onnx)
        try:
            return import_onnx(
                path,
                source.labels or exported.labels,
                source.preprocess or exported.preprocess,
                licence=source.licence or exported.licence,
                source=exported.source,
                given="of timm",  # a .pt2 knows of neither
                size=source.sides,
                output=source.head,
                activation=source.activation,
            )
        except (ModelError, OptionError) as error:  # which name a file that nobody gave
            raise type(error)(str(error).replace(str(path), source.told)) from error


WEIGHTS = (".safetensors", ".pth", ".pt", ".bin", ".tar")
"""Suffixes of weights alone; `.tar` is that of a checkpoint: `model_best.pth.tar`."""

KINDS: dict[str, Callable[[Source], Imported]] = {
    ".onnx": _onnx,
    ".prototxt": _caffe,
    ".pt2": _pt2,
    **dict.fromkeys(WEIGHTS, _needs_timm),
}
"""Suffix to what reads such a file."""
