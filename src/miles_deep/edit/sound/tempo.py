"""Sound at another speed, at its own pitch."""

import contextlib
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av.error
from av.audio.frame import AudioFrame
from av.filter import Graph

SLOWEST, FASTEST = Fraction(1, 2), Fraction(2)
"""What FFmpeg's atempo does at once; beyond 2 it leaves samples out instead of blending them (FFmpeg's filter
documentation, atempo)."""


def factors(speed: Fraction) -> list[Fraction]:
    """Speeds that are done one after the other to come to `speed`."""
    steps: list[Fraction] = []
    while speed > FASTEST:
        steps.append(FASTEST)
        speed /= FASTEST
    while speed < SLOWEST:
        steps.append(SLOWEST)
        speed /= SLOWEST
    return [*steps, speed]


def at_speed(frames: Iterable[AudioFrame], speed: Fraction) -> Iterator[AudioFrame]:
    """The frames, which are alike and follow each other, played at another speed.

    What comes out is about as long as it should be, to some thousandths of a second.
    """
    graph: Graph | None = None
    count = 0
    for frame in frames:
        if graph is None:
            graph = _graph(frame, speed)
        frame.pts, frame.time_base = count, Fraction(1, frame.sample_rate)
        count += frame.samples
        graph.push(frame)
        yield from _ready(graph)
    if graph is not None:
        graph.push(None)
        yield from _ready(graph)


def _graph(frame: AudioFrame, speed: Fraction) -> Graph:
    graph = Graph()
    rate, layout, kind = frame.sample_rate, frame.layout.name, frame.format.name
    steps = [graph.add_abuffer(None, rate, kind, layout, None, None, Fraction(1, rate))]
    steps += [graph.add("atempo", f"{float(step):.9f}") for step in factors(speed)]
    steps.append(
        graph.add("aformat", f"sample_fmts={kind}:sample_rates={rate}:channel_layouts={layout.replace(' ', '')}")
    )
    steps.append(graph.add("abuffersink"))
    graph.link_nodes(*steps).configure()
    return graph


def _ready(graph: Graph) -> Iterator[AudioFrame]:
    with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            frame = graph.pull()
            assert isinstance(frame, AudioFrame)
            yield frame
