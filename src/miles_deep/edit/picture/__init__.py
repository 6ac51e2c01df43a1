"""The picture track of an output."""

from miles_deep.edit.picture.track import copied_picture, encoded_picture

__all__ = ["copied_picture", "encoded_picture"]
