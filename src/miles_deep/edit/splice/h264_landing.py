"""The last pictures of an encoded run, so that a copied picture can go on counting from them.

A copied I picture that is no IDR picture gets its place in the order shown from the picture before it, and is dropped
where it seems to be late. It must also not have the number of the frame before it. All pictures of a run refer to
the one before them and to nothing else, so that their places can be chosen freely: only the last ones' are.
"""

from collections.abc import Iterable, Iterator
from collections import deque
from typing import TypeVar

from miles_deep.edit.splice.h264_sets import Sequence
from miles_deep.edit.splice.h264_slices import Place

STEP = 2
"""From frame to frame in the order shown: each of its fields has a place."""

TAIL = 3
"""Pictures by which any place is reached: each can be less than half the range of places ahead of the one before."""

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

    Args:
        before: place of the picture before them.
        count: of them.
        fresh: whether the first of them is an IDR picture, whose place is 0 and counts from nothing.
        target: the copied picture.
        sequence: the parameter set.
    """
    whole = 1 << sequence.order_bits
    begin = 0 if fresh else before
    way = (target.order - begin) % whole or whole
    steps = count if fresh else count + 1
    while way < STEP * steps:
        way += whole
    if (way + steps - 1) // steps >= whole // 2:
        # Too few pictures to get there. Places need not begin at 0 for decoders, though they should (8.2.1).
        return [target.order - STEP * (count - number) for number in range(count)]
    places = [begin + way * number // steps for number in range(0 if fresh else 1, steps + 1)]
    return places[:count]
