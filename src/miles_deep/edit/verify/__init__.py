"""What was written is looked at: every join decoded as a player would, and compared with the films."""

from miles_deep.edit.verify.faults import Fault, faults

__all__ = ["Fault", "faults"]
