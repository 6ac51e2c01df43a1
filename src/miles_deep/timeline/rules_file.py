"""Rules as a TOML file: what `tune` writes, and what `--rules` reads.

::

    min_score = 0.5          # of every label
    max_gap = 2              # seconds
    min_length = 4           # seconds
    min_coverage = 0.4
    method = "each"          # plain: a second is its winner's; each: every label's that reaches its min score;
                             # evidence: every label's for which the seconds around speak together
    smooth = "viterbi"       # none, median, viterbi
    window = 5               # of median: seconds, odd
    switch_cost = 4          # of viterbi: seconds
    temperature = 1.3

    [labels.cat]             # what differs for a label or group
    min_score = 0.7
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from miles_deep.errors import FormatError, LabelError, OptionError
from miles_deep.files import partial_file
from miles_deep.model.card import OF_LABEL
from miles_deep.model.naming import resolve
from miles_deep.timeline.rules import Rule, Rules, Smoothing
from miles_deep.timeline.rules_table import rules_of


def read_rules(path: str | Path) -> Rules:
    """Read rules.

    Raises:
        FormatError: the file is missing, no TOML, or says something that makes no rules; the message names it.
    """
    path = Path(path)
    try:
        return rules_of(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise FormatError(f"{path}: the rules cannot be read ({why})") from error
    except (FormatError, OptionError) as error:
        raise FormatError(f"{path}: {error}") from error
    except (ValueError, RecursionError) as error:  # not TOML; ValueError too: a NUL in the name, endless numbers
        raise FormatError(f"{path}: not a rules file in TOML: {error}") from error


def write_rules(rules: Rules, path: str | Path, comment: str = "", force: bool = False) -> None:
    """Write rules to a file that appears only when complete.

    Args:
        rules: not the classic rule, which has no file.
        path: the file.
        comment: put before them, a `#` a line.
        force: replace the file where it is there already.

    Raises:
        OptionError: the rules are the classic one.
        OutputError: the file cannot be written.
        OutputExistsError: it is there already, and `force` was not given.
    """
    if rules.general.method == "classic":
        raise OptionError("the classic rule cannot be written to a file of rules; --classic selects it")
    import tomli_w

    general, smoothing, usual = rules.general, rules.smoothing, Smoothing()
    table: dict[str, Any] = {key: getattr(general, key) for key in OF_LABEL} | {"smooth": smoothing.method}
    if general.method != Rule().method:
        table["method"] = general.method
    if smoothing.method == "median" or smoothing.window != usual.window:
        table["window"] = smoothing.window
    if smoothing.method == "viterbi" or smoothing.switch_cost != usual.switch_cost:
        table["switch_cost"] = smoothing.switch_cost
    table["temperature"] = rules.temperature
    if rules.labels:
        table["labels"] = {label: dict(changes) for label, changes in rules.labels.items()}
    lines = "".join(f"# {_printable(line)}".rstrip() + "\n" for line in comment.splitlines())
    text = lines + "\n" * bool(lines) + tomli_w.dumps(table)
    with partial_file(Path(path), force=force) as partial:
        partial.write_bytes(text.encode("utf-8", "replace"))


def check_labels(
    rules: Rules, path: str | Path, labels: Sequence[str], groups: Mapping[str, tuple[str, ...]]
) -> Rules:
    """The same rules, with the labels in them named as the model does.

    Args:
        rules: as they were read.
        path: from where.
        labels: all labels of the model.
        groups: group to its labels.

    Raises:
        LabelError: there are rules for what is no label or group of the model, or two for one.
    """
    named: dict[str, Mapping[str, float]] = {}
    for name, changes in rules.labels.items():
        try:
            label = resolve(name, labels, groups)
        except LabelError as error:
            raise LabelError(f"{path}: {error}") from error
        if label in named:
            raise LabelError(f"{path}: two rules for {label!r}, one of them called {name!r}")
        named[label] = changes
    return replace(rules, labels=named)


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else " " for char in line)
