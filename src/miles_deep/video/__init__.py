"""Reading films: what they are, and the frames shown at given times."""

from miles_deep.video.frames import Frame, Reading, frames_at, frames_between
from miles_deep.video.picture import Scaler
from miles_deep.video.probe import probe
from miles_deep.video.video import Colour, Orientation, Stream, Video

__all__ = [
    "Colour",
    "Frame",
    "Orientation",
    "Reading",
    "Scaler",
    "Stream",
    "Video",
    "frames_at",
    "frames_between",
    "probe",
]
