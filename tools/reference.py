"""Write the tables of flags and commands into README.md from the program; with --check, only compare them."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from miles_deep.cli.bare import bare
from miles_deep.cli.commands import COMMANDS, command
from miles_deep.cli.flags import BATCH_SIZE, CAFFE, EDGES, MODEL, RULE, TARGETS, WATCHING, Flag
from miles_deep.cli.flags import flags as together

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- flags: written by tools/reference.py -->\n"
END = "<!-- end of flags -->\n"


def options(found: click.Command) -> list[click.Option]:
    """Its flags, in the order of its help."""
    return [param for param in found.params if isinstance(param, click.Option)]


def names_of(*given: Flag | Sequence[Flag]) -> list[str]:
    """The flags of `cli.flags`, as they are written in a list."""
    return [f"`{option.opts[0]}`" for option in options(click.command()(together(*given)(lambda: None)))]


GROUPS = {
    "targets": names_of(TARGETS),
    "rules": names_of(RULE),
    "edges": names_of(EDGES),
    "watching": names_of(WATCHING, BATCH_SIZE),
    "models": names_of(MODEL, CAFFE),
}
"""Flags that go together; a command that has all of a group only names it."""


def flags() -> Iterator[str]:
    """One row a flag of the bare form: how it is written, what it means, its default."""
    yield "| flag | meaning |"
    yield "| --- | --- |"
    for option in options(bare):
        yield f"| {written(option)} | {meaning(option)} |"


def commands() -> Iterator[str]:
    """One row a command: how it is written, what it does, its flags."""
    yield from (f"- *{group}*: {' '.join(names)}" for group, names in GROUPS.items())
    yield ""
    yield "| command | meaning |"
    yield "| --- | --- |"
    for name in COMMANDS:
        for words, found in leaves(f"miles-deep {name}", command(name)):
            context = click.Context(found)
            arguments = [part.make_metavar(context) for part in found.params if isinstance(part, click.Argument)]
            said = [found.get_short_help_str(200), *own_flags(found)]
            typed = " ".join([words, *arguments]).replace("|", "\\|")
            yield f"| `{typed}` | {' '.join(said)} |"


def own_flags(found: click.Command) -> Iterator[str]:
    """The flags of a command; of those the bare form has as well, the names only."""
    known = {option.name for option in options(bare)}
    for option in options(found):
        if option.name not in known:
            yield f"{written(option)}: {meaning(option)}."
    shared = [f"`{option.opts[0]}`" for option in options(found) if option.name in known]
    for group, of_group in GROUPS.items():
        if set(of_group) <= set(shared):
            shared = [f"*{group}*", *(name for name in shared if name not in of_group)]
    if shared:
        yield f"Also {', '.join(sorted(shared))}."


def leaves(words: str, found: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command, or all that are in it, with what is typed for each."""
    if not isinstance(found, click.Group):
        yield words, found
        return
    for name, inner in found.commands.items():
        yield from leaves(f"{words} {name}", inner)


def written(option: click.Option) -> str:
    """Its names with what follows them."""
    metavar = option.metavar
    if isinstance(option.type, click.Choice):
        metavar = "|".join(option.type.choices)
    names = [f"{name} {metavar}" if metavar else name for name in [*option.opts, *option.secondary_opts]]
    return " ".join(f"`{name}`" for name in names).replace("|", "\\|")


def meaning(option: click.Option) -> str:
    """Its help with its default."""
    said, _, spoken = (option.help or "").replace("|", "\\|").partition("  [default: ")
    default = str(option.default) if option.show_default else spoken.removesuffix("]")
    return said.removesuffix(".") + (f" ({default})" if default else "")


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    right = text[:start] + "\n".join([*flags(), "", *commands()]) + "\n" + text[end:]
    if "--check" not in sys.argv:
        README.write_text(right, encoding="utf-8")
    elif right != text:
        sys.exit("README.md: its flags are not those of the program; run make reference")
