"""What was measured, and its tables as text, Markdown and JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """What one job took, over all rounds."""

    name: str
    wall: float
    """Seconds: the median."""
    ratio: float | None = None
    """Wall against that of the first bare decode in the same round, the median of the rounds; None without one."""
    peak: int | None = None
    """Peak resident memory in bytes, the highest; None where the system does not tell."""
    looked: int | None = None
    """Seconds of the film that were looked at, where scores came of it."""
    agreement: float | None = None
    """0…1, the fraction of seconds labelled as the exact analysis labels them."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What the network alone does on one device."""

    device: str
    batch_size: int
    rate: float
    """Frames a second: the median over all rounds."""
    peak: int | None = None
    """Of a process that does nothing else, in bytes."""

    @property
    def batch_time(self) -> float:
        """Seconds a batch."""
        return self.batch_size / self.rate


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the benchmark."""

    machine: dict[str, str]
    """Processor, system, versions, by their names."""
    date: str
    """ISO 8601, the day."""
    rounds: int
    model: str
    film: str = ""
    """Name and kind of the film; empty where there was none."""
    seconds: int = 0
    """How many the film has."""
    whole: tuple[Figure, ...] = ()
    """Whole processes; the first is what the others are held against."""
    efforts: dict[float, Figure] = field(default_factory=dict)
    """Adaptive analyses, by effort."""
    batches: dict[int, Figure] = field(default_factory=dict)
    """Exact analyses, by batch size."""
    speeds: tuple[Speed, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know: jobs that failed, a machine that was busy."""

    def record(self) -> dict[str, object]:
        """All of it as JSON values."""
        return {
            "machine": self.machine,
            "date": self.date,
            "rounds": self.rounds,
            "model": self.model,
            "film": self.film,
            "seconds": self.seconds,
            "against": self.whole[0].name if self.whole else None,
            "whole": list(map(asdict, self.whole)),
            "efforts": [{"effort": effort, **asdict(figure)} for effort, figure in self.efforts.items()],
            "batches": [{"batch_size": size, **asdict(figure)} for size, figure in self.batches.items()],
            "network": [{**asdict(speed), "batch_time": speed.batch_time} for speed in self.speeds],
            "notes": self.notes,
        }

    def head(self) -> list[str]:
        """What was measured, on what, when: a line each."""
        machine = ", ".join(
            value if name in ("processor", "system") else f"{name} {value}" for name, value in self.machine.items()
        )
        rounds = f"{self.rounds} round{'s' * (self.rounds > 1)}"
        return [*[self.film] * bool(self.film), machine, f"{self.date}, {self.model}, {rounds}", *self.notes]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under their names."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def without_empty(self) -> "Table":
        """The same without columns that are empty in every row."""
        kept = [number for number in range(len(self.head)) if any(row[number] for row in self.rows)]
        head, *rows = (tuple(row[number] for number in kept) for row in (self.head, *self.rows))
        return Table(head, tuple(rows))

    def text(self) -> list[str]:
        """Columns in line: the first to the left, numbers to the right."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        return [
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (self.head, *self.rows)
        ]

    def markdown(self) -> list[str]:
        """The same as a table of Markdown."""
        rule = ("---",) + ("---:",) * (len(self.head) - 1)
        return [f"| {' | '.join(row)} |" for row in (self.head, rule, *self.rows)]


def tables(report: Report) -> Iterator[Table]:
    """The tables that have rows, one after the other."""
    columns = ("wall, s", "ratio", "peak, MB", "looked at", "as exact")
    if report.whole:
        rows = tuple((row.name, *_cells(row, report.seconds)) for row in report.whole)
        yield Table(("what", *columns), rows).without_empty()
    for name, figures in (("adaptive, effort", report.efforts), ("exact, batch size", report.batches)):
        if figures:
            rows = tuple((f"{key:g}", *_cells(row, report.seconds)) for key, row in figures.items())
            yield Table((name, *columns), rows).without_empty()
    if report.speeds:
        yield Table(
            ("network alone", "batch size", "frames/s", "ms a batch", "peak, MB"),
            tuple(map(_speed, report.speeds)),
        )


def as_text(report: Report) -> str:
    """Everything for a terminal."""
    parts = [report.head(), *(table.text() for table in tables(report))]
    return "\n\n".join("\n".join(part) for part in parts)


def as_markdown(report: Report) -> str:
    """Everything for a page."""
    parts: list[Sequence[str]] = [[f"{line}  " for line in report.head()]]
    return "\n\n".join("\n".join(part) for part in (*parts, *(table.markdown() for table in tables(report))))


def _cells(figure: Figure, seconds: int) -> tuple[str, ...]:
    return (
        f"{figure.wall:.1f}" if figure.wall >= 10 else f"{figure.wall:.2f}",
        _or_empty(figure.ratio, "{:.2f}"),
        _megabytes(figure.peak),
        _or_empty(figure.looked, f"{{}} of {seconds}"),
        _or_empty(figure.agreement, "{:.1%}"),
    )


def _speed(speed: Speed) -> tuple[str, ...]:
    ms = f"{speed.batch_time * 1000:.3g}"
    return (speed.device, str(speed.batch_size), f"{speed.rate:.0f}", ms, _megabytes(speed.peak))


def _megabytes(size: int | None) -> str:
    return _or_empty(None if size is None else size / 1e6, "{:.0f}")


def _or_empty(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
