"""`miles-deep export MOVIE -f NAMES`: what was found, for other programs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from miles_deep.cli.choosing import Choosing
from miles_deep.cli.flags import (
    BATCH_SIZE,
    CAFFE,
    EDGES,
    FORCE,
    HELP,
    JSON,
    MARK,
    MODEL,
    MOVIE,
    OUTPUT,
    RULE,
    TARGETS,
    WATCHING,
    flags,
)
from miles_deep.cli.printing import print_json, segment_record
from miles_deep.cli.text import counted, one_line, shown
from miles_deep.cli.watch import Watched, notes, watch
from miles_deep.errors import OptionError
from miles_deep.export import FORMATS, ExportResult, export_all
from miles_deep.export.cutlist import Cutlist
from miles_deep.export.write import no_format
from miles_deep.files import check_writable, same_file
from miles_deep.timeline import Selection
from miles_deep.video import Video

NAMES = click.option("-f", "--format", "formats", multiple=True, metavar="NAMES", help="Formats: edl,csv,…")


@dataclass(frozen=True, slots=True)
class Exporting(Choosing):
    """One field a flag."""

    formats: tuple[str, ...]
    mark: bool
    output: Path | None

    @property
    def names(self) -> list[str]:
        """The formats asked for, each once."""
        return list(
            dict.fromkeys(name.strip() for text in self.formats for name in text.split(",") if name.strip())
        )

    def check(self) -> None:
        """Refuse what no film could change. Raises OptionError."""
        if not self.names:
            raise OptionError(f"-f names no format; there are: {', '.join(FORMATS)}")
        for name in self.names:
            if name not in FORMATS:
                raise OptionError(f"-f {name}: {no_format(name)}")
        self.check_model()
        self.check_choice()
        cutting = [name for name in self.names if FORMATS[name].cuts]
        dumb = [name for name in self.names if not FORMATS[name].marks]
        if self.mark and dumb:
            raise OptionError(f"-f {','.join(dumb)} can only cut: give -t, -x or --drop, and no --mark")
        if cutting and not (self.chooses or self.mark):
            mark = "" if dumb else ", or mark all segments with --mark"
            raise OptionError(f"-f {','.join(cutting)} cuts: say what to keep with -t, -x or --drop{mark}")

    def paths(self, video: Video) -> dict[str, Path]:
        """Format to file: `movie.srt`, or `movie.kodi.edl` where another format asked for takes `movie.edl`.

        Raises:
            OptionError: -o fits no such files.
            OutputError: a file is there already, or cannot be written.
        """
        if self.output is not None and not self.output.is_dir():
            if len(self.names) > 1:
                raise OptionError(f"-o {self.output}: no such folder, and one file does not hold several formats")
            paths = {self.names[0]: self.output}
        else:
            folder, suffixes = self.output or video.path.parent, Counter(FORMATS[n].suffix for n in self.names)
            paths = {}
            for name in self.names:
                suffix = FORMATS[name].suffix
                word = f".{name}" if suffixes[suffix] > 1 and suffix != f".{name}" else ""
                paths[name] = folder / f"{video.path.stem}{word}{suffix}"
        for path in paths.values():
            if same_file(path, video.path):
                raise OptionError(f"{path}: is the film itself; give another place with -o")
            check_writable(path, self.force)
        return paths


class WithFormats(click.Command):
    """A command whose help also tells of the formats."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add a table of them."""
        with formatter.section("Formats"):
            formatter.write_dl([(name, f"{format.suffix:<12} {format.about}") for name, format in FORMATS.items()])
        super().format_epilog(ctx, formatter)


@click.command(cls=WithFormats, context_settings=HELP)
@flags(MOVIE, TARGETS, NAMES, OUTPUT, MARK, RULE, EDGES, BATCH_SIZE, WATCHING, MODEL, CAFFE, FORCE, JSON)
def export(**given: Any) -> None:
    """Write what was found in MOVIE for editors, players and other programs: MOVIE.edl, MOVIE.vtt, …

    Without -t, -x or --drop that is the segments of all labels. With a single format, -o may name the file.
    """
    how = Exporting(**given)
    how.check()
    model, video = how.load(), how.probe()
    choice = how.asked(model)
    paths = how.paths(video)
    watched = watch(how, video, model)
    selection = how.choose(choice, watched, model)
    labels = how.asked_groups(model) or model.labels
    results = export_all(
        _cutlist(how, watched, selection, labels), _wanted(how, paths, selection, video), force=how.force
    )
    notes((note for result in results for note in result.notes), video.path)
    _print(how, video, selection, results)


def _wanted(how: Exporting, paths: dict[str, Path], selection: Selection, video: Video) -> dict[str, Path]:
    """Without formats that would cut a film in which nothing was found that was asked for."""
    if how.mark or (selection.segments and selection.kept):
        return paths
    idle = [name for name in paths if FORMATS[name].cuts]
    stale = {name: "; the file there is of another time" if paths[name].exists() else "" for name in idle}
    said = (f"nothing found to keep or to drop, so {name} is not written{stale[name]}" for name in idle)
    notes(said, video.path)
    return {name: path for name, path in paths.items() if name not in idle}


def _cutlist(how: Exporting, watched: Watched, selection: Selection, labels: tuple[str, ...]) -> Cutlist:
    scores = watched.scores
    return Cutlist(watched.video, scores.duration, selection.segments, selection.kept, labels, scores, how.mark)


def _print(how: Exporting, video: Video, selection: Selection, results: Sequence[ExportResult]) -> None:
    if how.as_json:
        print_json(
            {
                "movie": shown(video.path),
                "segments": [segment_record(segment) for segment in selection.segments],
                "kept": [[float(span.start), float(span.end)] for span in selection.kept],
                "outputs": [
                    {"path": shown(result.path), "format": result.format, "notes": result.notes}
                    for result in results
                ],
            }
        )
        return
    found = counted(len(selection.segments), "segment")
    for result in results:
        click.echo(one_line(f"wrote {shown(result.path)}: {found} ({result.format})"))
