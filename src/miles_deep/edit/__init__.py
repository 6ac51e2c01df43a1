"""From spans to an edited film."""

from miles_deep.edit.clips import cut_clips
from miles_deep.edit.cutter import EditResult, cut, plan_cut
from miles_deep.edit.pieces import MODES, Copy, EditPlan, Encode, Mode, Piece
from miles_deep.edit.plan import plan_edit
from miles_deep.edit.take import Take
from miles_deep.edit.treatment import Effect, Treatment

__all__ = [
    "MODES",
    "Copy",
    "EditPlan",
    "EditResult",
    "Effect",
    "Encode",
    "Mode",
    "Piece",
    "Take",
    "Treatment",
    "cut",
    "cut_clips",
    "plan_cut",
    "plan_edit",
]
