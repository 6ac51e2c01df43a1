"""Write the table of flags into README.md from the program itself; with --check, only tell whether it is right."""

import sys
from pathlib import Path

import click

from miles_deep.cli.bare import bare

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- flags: written by tools/reference.py -->\n"
END = "<!-- end of flags -->\n"


def table() -> str:
    """One row a flag: how it is written, what it means, its default."""
    rows = ["| flag | meaning |", "| --- | --- |"]
    for option in bare.params:
        if not isinstance(option, click.Option):
            continue
        meaning, _, spoken = (option.help or "").replace("|", "\\|").partition("  [default: ")
        metavar = option.metavar
        if isinstance(option.type, click.Choice):
            metavar = "|".join(option.type.choices)
        names = " ".join(f"`{name} {metavar}`" if metavar else f"`{name}`" for name in option.opts)
        default = str(option.default) if option.show_default else spoken.removesuffix("]")
        meaning = meaning.removesuffix(".") + (f" ({default})" if default else "")
        rows.append(f"| {names.replace('|', chr(92) + '|')} | {meaning} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    right = text[:start] + table() + text[end:]
    if "--check" not in sys.argv:
        README.write_text(right, encoding="utf-8")
    elif right != text:
        sys.exit("README.md: its flags are not those of the program; run make reference")
