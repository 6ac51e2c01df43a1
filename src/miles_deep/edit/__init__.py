"""From spans to an edited film."""

from typing import TYPE_CHECKING

from miles_deep.later import later

if TYPE_CHECKING:
    from miles_deep.edit.clips import cut_clips
    from miles_deep.edit.cut_plan import plan_cut
    from miles_deep.edit.cutter import EditResult, cut
    from miles_deep.edit.pieces import MODES, Copy, EditPlan, Encode, Mode, Piece
    from miles_deep.edit.plan import plan_edit
    from miles_deep.edit.take import Take
    from miles_deep.edit.treatment import Effect, Treatment
else:
    __getattr__ = later(
        __name__,
        {
            "clips": ("cut_clips",),
            "cut_plan": ("plan_cut",),
            "cutter": ("EditResult", "cut"),
            "pieces": ("MODES", "Copy", "EditPlan", "Encode", "Mode", "Piece"),
            "plan": ("plan_edit",),
            "take": ("Take",),
            "treatment": ("Effect", "Treatment"),
        },
    )

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
