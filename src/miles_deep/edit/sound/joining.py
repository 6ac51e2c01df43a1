"""One track of copied packets and, around joins, new ones."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, dropwhile, islice

from av.packet import Packet
from av.stream import Stream

from miles_deep.edit.sound.reading import Tracks
from miles_deep.edit.sound.renewal import Renewal
from miles_deep.edit.sound.runs import Grid, Placed, Run, runs_of
from miles_deep.edit.sound.signal import Heard, Signal
from miles_deep.edit.sound.stretches import FADE, SoundStretch

HELD = 10
"""Packets before a join among which the last one to be copied is chosen."""

CHOOSY, PATIENT = 8, 16
"""Packets after a join up to which only a perfect place to go on copying is taken; up to which a good one."""

WARM = 4
"""Packets that an encoder is fed before the first one that is taken from it."""

BRIDGE = 6
"""Our last packets that can still be changed when it turns out where copying goes on."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How the track of a container can begin."""

    anywhere: bool
    """Packets from before the beginning may stand in it, and players begin in the midst of one."""
    on_the_dot: bool
    """A packet has to begin exactly where players begin."""
    declared: int
    """Samples at the beginning that players leave out by the track's header."""


Made = tuple["Packet[Stream]", int]
"""A packet for the output, and its first sample there."""


class Joiner:
    """Puts one track together: copies, and where copied packets cannot follow each other, encodes some."""

    def __init__(
        self, stretches: Sequence[SoundStretch], tracks: Tracks, signal: Signal, renewal: Renewal, begin: Beginning
    ) -> None:
        """Make one for a track.

        Args:
            stretches: what is heard; those that are `plain` can be copied.
            tracks: where packets are copied from.
            signal: what decodes the others.
            renewal: what makes new packets.
            begin: how the track can begin.
        """
        self._tracks, self._signal, self._renewal = tracks, signal, renewal
        self._samples, self._rate = renewal.framing.samples, renewal.rate
        self._fade = round(FADE * renewal.rate)
        self._end = stretches[-1].end - self._samples // 2
        """Packets that begin here or later are mostly behind the end."""
        self._earliest = -begin.declared
        self._next = -renewal.run_up if begin.anywhere else -begin.declared
        """Where the next packet stands."""
        phase: int | None = self._next
        if begin.anywhere:
            self._earliest = 1 - 2 * self._samples  # one packet before that with sample 0, for what overlaps
        if renewal.framing.begins_anywhere and stretches[0].plain and not begin.on_the_dot:
            phase = None
        self._grid = Grid(self._samples, phase)
        self._parts = self._all_parts(stretches)
        self._run: Run | None = None
        """The one that is being decoded."""

    def packets(self) -> Iterator[Made]:
        """The track's packets."""
        run: Run | None = None
        following = next(self._parts, None)
        if isinstance(following, Run) and self._begins_with(following):
            run, following = following, None
        while True:
            held: list[Placed] = []
            if run is not None:
                held = yield from self._copied(run)
                following = next(self._parts, None)
                if following is None:
                    yield from ((one.packet, one.start) for one in held if one.start < self._end)
                    return
            if following is None:
                return
            run = yield from self._joined(run, held, following)
            if run is None:
                return

    def _all_parts(self, stretches: Sequence[SoundStretch]) -> Iterator[Run | SoundStretch]:
        for stretch in stretches:
            if stretch.plain:
                yield from runs_of(stretch, self._tracks, self._rate, self._grid)
            else:
                yield stretch

    def _begins_with(self, run: Run) -> bool:
        """Whether the output can begin with packets of a run; then they are next."""
        first = next((one for one in run.all() if one.start >= self._earliest), None)
        if first is None or 0 < run.stretch.start > first.start:
            return False  # before a later stretch there is silence, and not what was cut away before it
        at_its_beginning = run.is_beginning and abs(run.seen[0].start - self._next) < self._samples
        if not (self._renewal.framing.begins_anywhere or at_its_beginning):
            return False
        self._next = first.start
        return True

    def _copied(self, run: Run) -> Generator[Made, None, list[Placed]]:
        """Packets of a run from where the next one stands on, but for the last few."""
        held: deque[Placed] = deque()
        for placed in run.all():
            if placed.start >= run.stretch.end:
                break
            if placed.start >= self._next:
                held.append(placed)
            if len(held) > HELD:
                yield self._taken(held.popleft())
        return list(held)

    def _taken(self, placed: Placed) -> Made:
        self._next = placed.start + self._samples
        return placed.packet, placed.start

    def _joined(
        self, left: Run | None, held: list[Placed], following: Run | SoundStretch
    ) -> Generator[Made, None, Run | None]:
        """Packets over a join, and over what comes behind it, up to where a run can be copied again.

        Args:
            left: what was copied before it.
            held: its last packets that are not written yet.
            following: what comes after it.

        Returns:
            that run; None at the end of the track.
        """
        begin = held[0].start if held else self._next
        warm = 0 if left is None and begin == -self._renewal.run_up else WARM
        since = begin + self._renewal.run_up - warm * self._samples
        parts = self._chain(left, since, chain([following], self._parts))
        made = self._renewal.packets(self._signal.joined(parts, since))
        ours: Iterator[tuple[int, bytes]] = dropwhile(lambda entry: entry[0] < begin, made)
        if left is not None and held:
            ours = yield from self._left(left, held, ours)
        waiting: deque[tuple[int, bytes]] = deque()
        for count, (start, data) in enumerate(ours):
            if start >= self._end:
                break
            waiting.append((start, data))
            over = self._bridged(waiting, count)
            if over is not None:
                yield from over
                self._next = start + self._samples
                return self._run
            if len(waiting) > BRIDGE:
                yield _new(*waiting.popleft())
        yield from (_new(*entry) for entry in waiting)
        return None

    def _bridged(self, waiting: Sequence[tuple[int, bytes]], count: int) -> list[Made] | None:
        """Our last packets, made so that copying can go on after them; None where it cannot."""
        start, data = waiting[-1]
        run, bridge = self._run, self._renewal.framing.bridge
        if run is None or not self._goes_over(run, start, data, count):
            return None
        if bridge is None:
            return [_new(*entry) for entry in waiting]
        theirs = [bytes(one.packet) for one in run.seen if one.start <= start]
        following = next(bytes(one.packet) for one in run.seen if one.start == start + self._samples)
        made = bridge([data for _, data in waiting], theirs, following)
        if made is None:
            return None
        return [_new(at, data) for (at, _), data in zip(waiting, made, strict=True)]

    def _left(
        self, left: Run, held: list[Placed], ours: Iterator[tuple[int, bytes]]
    ) -> Generator[Made, None, Iterator[tuple[int, bytes]]]:
        """The last packets to be copied; gives our own that follow."""
        last = left.seen[-1].start + self._samples
        pure = min(left.stretch.end, last) - self._fade - 2 * self._samples  # what it adds to the next is pure too
        candidates = [one for one in held if one.start <= pure]
        new = list(islice(ours, len(candidates)))
        rated = [
            (self._renewal.framing.likeness(data, bytes(one.packet)), at)
            for at, (one, (_, data)) in enumerate(zip(candidates, new, strict=False))
        ]
        best = max(rated, default=(0, -1))[1]
        for one in candidates[: best + 1]:
            yield self._taken(one)
        return chain(new[best + 1 :], ours)

    def _goes_over(self, run: Run, start: int, data: bytes, count: int) -> bool:
        """Whether copying can go on after our packet in a place."""
        following = start + self._samples
        if run.at(following) is None or (theirs := run.at(start)) is None:
            return False
        settled = run.stretch.start + self._fade + (self._renewal.framing.settle - 1) * self._samples
        left = run.stretch.end - following
        if following < settled or left < (HELD + 2) * self._samples:
            return False
        needed = 2 if count < CHOOSY else 1 if count < PATIENT else 0
        return self._renewal.framing.likeness(data, bytes(theirs.packet)) >= needed

    def _chain(
        self, left: Run | None, since: int, parts: Iterable[Run | SoundStretch]
    ) -> Iterator[tuple[SoundStretch, Iterable[Heard]]]:
        """What is heard from somewhere before a join on."""
        self._run = None
        if left is not None:
            end = min(left.stretch.end, left.seen[-1].start + self._samples)
            stretch = replace(left.stretch, start=min(since, end), end=end, fade_in=False, fade_out=True)
            yield stretch, self._decoded(left, list(left.seen))
        for part in parts:
            if isinstance(part, Run):
                self._run = part
                yield part.stretch, self._decoded(part, part.all())
            else:
                self._run = None
                yield part, self._signal.heard(part, part.start)

    def _decoded(self, run: Run, packets: Iterable[Placed]) -> Iterator[Heard]:
        """What packets of a run hold."""
        run.decoder.flush_buffers()
        begun = False
        for one in packets:
            frames = [
                even
                for frame in self._signal.decoded(run.decoder, one.packet)
                for even in self._signal.even(frame)
            ]
            # The beginning of a track's first packets may be left out.
            place = one.start if begun else one.start + self._samples - sum(frame.samples for frame in frames)
            for frame in frames:
                begun = True
                yield place, frame
                place += frame.samples


def _new(start: int, data: bytes) -> Made:
    packet = Packet(data)
    packet.is_keyframe = True
    return packet, start
