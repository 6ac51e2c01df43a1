"""The last pictures of an encoded run, so that a copied picture can go on counting from them.

A copied I picture that is no IDR picture gets its place in the order shown from the picture before it, and is
dropped where it seems to be late. It must also not have the number of the frame before it. All pictures of a run
refer to the one before them and to nothing else, so that their places can be chosen freely: the last ones' are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

from miles_deep.edit.splice.h264_sets import Sequence
from miles_deep.edit.splice.h264_slices import Place

STEP = 2
"""From frame to frame in the order shown: each of its fields has a place."""

TAIL = 3
"""Pictures by which any place is reached: each can be nearly half the range of places ahead of the one before."""

Item = TypeVar("Item")


def with_distance(items: Iterable[Item], most: int) -> Iterator[tuple[Item, int]]:
    """Each item with the number of those behind it, as far as that is below `most`."""
    waiting: deque[Item] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > most:
            yield waiting.popleft(), most
    while waiting:
        item = waiting.popleft()
        yield item, len(waiting)


def restart_at(number: int, behind: int, target: Place, sequence: Sequence) -> bool:
    """Whether a frame must be an IDR picture so that the run's last frame does not have the number of the target.

    Args:
        number: of the frame in its group.
        behind: frames behind it in the run.
        target: the copied picture.
        sequence: the parameter set.
    """
    same = (number + behind) % (1 << sequence.frame_num_bits) == target.frame_num
    return same and number > 0 and behind == (0 if target.frame_num else 1)


def tail_orders(before: int, count: int, fresh: bool, target: Place, sequence: Sequence) -> list[int]:
    """Places in the order shown of the last pictures of a run.

    FFmpeg puts pictures where numbers of frames are missing, up to as many as may be referred to, two places apart
    from the last one on. They have to stay behind the target, or B-frames after it would take them for neighbours.

    Args:
        before: place of the picture before them.
        count: of them.
        fresh: whether the first of them is an IDR picture, whose place is 0 and counts from nothing.
        target: the copied picture.
        sequence: the parameter set.
    """
    whole = 1 << sequence.order_bits
    begin = 0 if fresh else before
    last = target.order - min(room(sequence), whole // 2 - 1)
    steps = count - 1 if fresh else count
    way = (last - begin) % whole
    while way < STEP * steps:
        way += whole
    if way > steps * (whole // 2 - 1):
        # Too few pictures to get there. Places need not begin at 0 for decoders, though they should (8.2.1).
        return [last - STEP * (count - 1 - number) for number in range(count)]
    places = [begin + way * number // max(1, steps) for number in range(0 if fresh else 1, steps + 1)]
    return places[:count]


def room(sequence: Sequence) -> int:
    """Places to leave before the target."""
    return STEP * sequence.references + 1


def has_room(sequence: Sequence) -> bool:
    """Whether there are places enough; without B-frames none are needed."""
    return sequence.order_type != 0 or room(sequence) < 1 << sequence.order_bits - 1
