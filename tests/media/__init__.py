"""Small real films, generated: the picture tells the time, and so does the sound.

`make(path, container="mkv", codec="hevc", ...)` makes a film and gives its `FilmSpec`; `make_film(spec, path)`
makes a known one. A frame's number, colour and way up are read from its pixels (`media.picture`), the moment
a sound was made from its pitch (`media.sound`); the readers lay both on the time line of the PTS.
"""

from .coded import CODED
from .damage import corrupt, text_file, truncate
from .h264_fields import FIELDS, MIXED, FieldSpec, make_field_film
from .picture import colour_at, read_colour, read_frame_number, read_orientation
from .plain import PlainFilm, PlainFrame, decode_plainly, picture_digest
from .read import chapters, decode_audio, decode_video, subtitle_cues, to_rgb
from .sound import PERIOD, sound_seed, sound_time
from .spec import MATRIX, ONE_KEYFRAME, SPECIAL, AudioTrack, FilmSpec, SubtitleTrack
from .write import chapter_times, cue_times, make, make_film

__all__ = [
    "CODED",
    "FIELDS",
    "MATRIX",
    "MIXED",
    "ONE_KEYFRAME",
    "PERIOD",
    "SPECIAL",
    "AudioTrack",
    "FieldSpec",
    "FilmSpec",
    "PlainFilm",
    "PlainFrame",
    "SubtitleTrack",
    "chapter_times",
    "chapters",
    "colour_at",
    "corrupt",
    "cue_times",
    "decode_audio",
    "decode_plainly",
    "decode_video",
    "make",
    "make_field_film",
    "make_film",
    "picture_digest",
    "read_colour",
    "read_frame_number",
    "read_orientation",
    "sound_seed",
    "sound_time",
    "subtitle_cues",
    "text_file",
    "to_rgb",
    "truncate",
]
