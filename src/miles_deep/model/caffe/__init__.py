"""Classifiers trained with Caffe: prototxt, caffemodel, mean and labels, made into one `Model`.

Read `import_caffe` first, then `importing` (the story from files to model), `convert` (the network as a whole) and
`layers` (one function a layer type).
"""

from collections.abc import Sequence
from pathlib import Path

from miles_deep.model.caffe.asked import read
from miles_deep.model.converted import keep, look_up
from miles_deep.model.model import Model
from miles_deep.model.network import Precision
from miles_deep.model.onnx_import.wanted import Activation
from miles_deep.model.preprocess import Preprocess
from miles_deep.model.presets import Preset


def import_caffe(
    prototxt: str | Path,
    weights: str | Path,
    mean: str | Path | Sequence[float] | None = None,
    labels: str | Path | Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    device: str = "auto",
    precision: Precision = "auto",
    *,
    preprocess: str | Path | Preset | Preprocess | None = None,
    activation: Activation | None = None,
) -> Model:
    """Make a model of a classifier trained with Caffe.

    Pictures are treated as the first Miles Deep did: stretched to the network's input, BGR, minus the mean
    of each channel. Files of every year are read, back to those of 2013. Where the network ends in raw numbers,
    a Softmax is added (see `convert`), and the card's source says so. Then some pictures are scored, so that no
    network is taken whose scores mean nothing. The converted network is kept in the user's cache folder
    (`MILES_DEEP_CACHE` in the environment names another) under a digest of everything that it was made from.

    Args:
        prototxt: the network's description for use, not for training (`deploy.prototxt`).
        weights: its `.caffemodel`.
        mean: a mean image (`.binaryproto`), an array (`.npy`), or three numbers, blue, green, red, 0…255,
            also as text (`104,117,123`), or one, of grey. None: nothing is subtracted. See `read_mean`.
        labels: a file that `read_labels` reads, or the labels. None: they are called 0, 1, 2 …
        background: the labels that mean "none of the others". None: the `BACKGROUND_NAMES` among them.
        device: as in `load_model`.
        precision: likewise.
        preprocess: a name in `PRESETS`, a `.toml` file with a preset's fields, a preset, or all of it, in place of
            a mean: where values are divided, pictures cropped, or RGB.
        activation: what makes probabilities of the scores. None: found out by the last layers.

    Raises:
        CaffeError: a file is missing or damaged, they do not fit each other, or scores are no numbers of 0…1.
        UnsupportedLayerError: the prototxt uses a layer type or setting that is not known.
        ModelError: `labels` are none, or `background` names what is no label.
        OptionError: what was given does not fit the network, or a mean is given and preprocessing.
    """
    asked = read(prototxt, weights, mean, labels, background, preprocess, activation)
    model = look_up(asked.key)
    if model is None:
        # Here, since it brings in onnx, which takes longer to import than a kept network to read.
        from miles_deep.model.caffe.importing import import_files

        model = import_files(asked).model
        keep(asked.key, model)
    return model.on(device, precision)
