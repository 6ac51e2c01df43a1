"""Models whose files their authors publish, but nobody packages: where they lie, and what they must be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """One file of a published model."""

    name: str
    blobs: tuple[str, ...]
    """The git blob ids it may have, hexadecimal."""
    size: int | None = None
    """Bytes, where known."""


@dataclass(frozen=True, slots=True)
class Source:
    """A classifier trained with Caffe that can be fetched, and what it is."""

    about: str
    """What it tells apart, in a few words."""
    page: str
    """Where a person finds the files."""
    base: str
    """What stands before their names in the addresses that a program finds them at."""
    prototxt: File
    weights: File
    mean: File
    labels: File
    background: tuple[str, ...]
    """Labels that mean "none of the interesting ones"."""
    licence: str
    terms: str
    """One sentence on the licence, to be read before the download."""

    @property
    def files(self) -> tuple[File, ...]:
        """All of them; the large one comes last, so that what is wrong with the others is soon known."""
        return (self.labels, self.prototxt, self.mean, self.weights)


FETCHABLE: dict[str, Source] = {
    "miles-deep": Source(
        about="six categories of adult film (the first Miles Deep, 2016)",
        page="https://github.com/ryanjay0/miles-deep/tree/c3918cb/model",
        base="https://github.com/ryanjay0/miles-deep/raw/c3918cb/model",
        # The second is the file of commit 54920ae, of 60,572 bytes, which this project's tests import: the same
        # network in another version of its text.
        prototxt=File(
            "deploy.prototxt",
            ("08039dc5355f60ecdeb475a85085b73f3a19fb44", "cc50b5541b9be24a1dea32267e531f0548b0383b"),
        ),
        weights=File("weights.caffemodel", ("de42b89783ba211a8235302476bd3d128f827133",)),
        mean=File("mean.binaryproto", ("ebac103f47c800160df2f5f7478a269fb8bee837",), 602_126),
        labels=File("labels.txt", ("e99d21084f6b51785852f041c5e5c23cd13d33dd",), 61),
        background=("other",),
        licence="GPL-3.0",
        terms="The network and its weights are licensed under the GNU General Public License, version 3 "
        '("Code licensed under GPLv3, including the trained model", its README says).',
    ),
}
"""Name to source."""
