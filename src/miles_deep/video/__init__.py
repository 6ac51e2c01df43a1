"""Reading films: what they are, and the frames shown at given times."""

from typing import TYPE_CHECKING

from miles_deep.later import later

if TYPE_CHECKING:
    from miles_deep.video.frame import Frame, Reading
    from miles_deep.video.frames import FrameReader, frames_at, frames_between
    from miles_deep.video.hardware import Accelerator, choose
    from miles_deep.video.picture import Scaler
    from miles_deep.video.probing import probe
    from miles_deep.video.straight import straight_frames
    from miles_deep.video.video import Colour, Orientation, Stream, Video
    from miles_deep.video.visits import Visit, plan_visits
else:
    __getattr__ = later(
        __name__,
        {
            "frame": ("Frame", "Reading"),
            "frames": ("FrameReader", "frames_at", "frames_between"),
            "hardware": ("Accelerator", "choose"),
            "picture": ("Scaler",),
            "probing": ("probe",),
            "straight": ("straight_frames",),
            "video": ("Colour", "Orientation", "Stream", "Video"),
            "visits": ("Visit", "plan_visits"),
        },
    )

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
