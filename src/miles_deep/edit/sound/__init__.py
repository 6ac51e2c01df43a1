"""The sound tracks of the output: packets copied, with those at joins encoded anew, or all of it encoded."""

from miles_deep.edit.sound.track import sound_track

__all__ = ["sound_track"]
