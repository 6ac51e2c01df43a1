"""Reading films: what they are, and the frames shown at given times."""

from miles_deep.video.frame import Frame, Reading
from miles_deep.video.frames import FrameReader, frames_at, frames_between
from miles_deep.video.hardware import Accelerator, choose
from miles_deep.video.picture import Scaler
from miles_deep.video.probe import probe
from miles_deep.video.straight import straight_frames
from miles_deep.video.video import Colour, Orientation, Stream, Video
from miles_deep.video.visits import Visit, plan_visits

__all__ = [
    "Accelerator",
    "Colour",
    "Frame",
    "FrameReader",
    "Orientation",
    "Reading",
    "Scaler",
    "Stream",
    "Video",
    "Visit",
    "choose",
    "frames_at",
    "frames_between",
    "plan_visits",
    "probe",
    "straight_frames",
]
