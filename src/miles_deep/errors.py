"""Everything Miles Deep raises on purpose.

::

    MilesDeepError              something failed (exit code 1)
    ├── UsageError              what was asked for makes no sense (exit code 2)
    │   ├── LabelError          a label or group the model does not have
    │   └── OptionError         a number out of range, options that exclude each other
    │       └── ExpressionError a target that does not parse, and where
    ├── VideoError              the film cannot be read
    │   └── NoVideoError        it can, but there is no picture in it
    ├── ModelError              the classifier cannot be read or does not fit together
    │   ├── CaffeError          a prototxt, caffemodel or mean file is broken or does not fit
    │   │   └── UnsupportedLayerError
    │   ├── FetchError          a published model cannot be downloaded, or is not the one that was published
    │   └── DeviceError         the device asked for is not there
    ├── FormatError             a file of another kind (scores, tags, labels) cannot be read
    └── OutputError             the result cannot be written
        └── OutputExistsError   it is there already and `--force` was not given

Every message names the file or value, what is wrong with it, and, where there is something to do,
what to do. Messages are one line.
"""


class MilesDeepError(Exception):
    """Base of all errors that Miles Deep raises on purpose."""


class UsageError(MilesDeepError):
    """What was asked for makes no sense, whatever the film."""


class LabelError(UsageError):
    """A label or group that the model does not have."""


class OptionError(UsageError):
    """An option's value is out of range, or options exclude each other."""


class ExpressionError(OptionError):
    """A target that does not parse."""

    def __init__(self, message: str, text: str, place: int) -> None:
        super().__init__(message)
        self.text = text
        """What was given."""
        self.place = place
        """Index of the character in it that cannot stand there; its length where the end is missing."""


class VideoError(MilesDeepError):
    """The film cannot be read."""


class NoVideoError(VideoError):
    """The file is a media file, but holds no picture to classify."""


class ModelError(MilesDeepError):
    """The classifier cannot be read, or its parts do not fit together."""


class CaffeError(ModelError):
    """A prototxt, caffemodel or mean file is broken, or they do not fit each other."""


class UnsupportedLayerError(CaffeError):
    """A prototxt uses a layer type, or a setting of one, that the import does not know."""


class FetchError(ModelError):
    """A published model cannot be downloaded, or what came is not the one that was published."""


class DeviceError(ModelError):
    """The device asked for is not there."""


class FormatError(MilesDeepError):
    """A scores, tag or label file cannot be read as what it should be."""


class OutputError(MilesDeepError):
    """The result cannot be written."""


class OutputExistsError(OutputError):
    """The output is there already, and overwriting was not asked for."""
