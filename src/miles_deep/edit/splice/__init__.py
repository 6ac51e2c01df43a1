"""Encoded pictures between packets that are copied bit for bit, in one track."""

from miles_deep.edit.splice.protocol import CannotSplice, Splice
from miles_deep.edit.splice.splice import splice_for

__all__ = ["CannotSplice", "Splice", "splice_for"]
