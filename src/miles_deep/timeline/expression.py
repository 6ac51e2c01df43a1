"""Targets as set algebra over labels and groups: `cat`, `cat|dog`, `animal & !(cat, dog)`.

::

    any     = all   (("|" | ",") all)*        either
    all     = one   ("&" one)*                both
    one     = "!" one | "(" any ")" | name    all but
    name    = anything without | & ! ( ) , or, in single or double quotes, anything at all
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import reduce
from operator import and_

from miles_deep.errors import ExpressionError

DEEPEST = 100
"""Brackets and exclamation marks inside each other; more is no target but an attack on the stack."""

TOKEN = re.compile(
    r"""\s*(?:(?P<sign>[|,&!()])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^|,&!()"'][^|,&!()]*))"""
)


@dataclass(frozen=True, slots=True)
class Name:
    """A label or group, as the user wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """All labels but those of a part."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class All:
    """Labels that are in every part."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Labels that are in at least one part."""

    parts: tuple["Expression", ...]


Expression = Name | Not | All | Any


def parse(text: str, names: Collection[str] = ()) -> Expression:
    """Read an expression.

    Args:
        text: what the user wrote. A text that is a name as it stands is that name, whatever signs it has. A comma
            at the end means nothing.
        names: all labels and groups.

    Raises:
        ExpressionError: it does not parse; the error tells where.
    """
    for name in (text, text.strip()):
        if name in names:
            return Name(name)
    return _Parser(text).whole()


def names_in(expression: Expression) -> Iterator[str]:
    """Every name that is written in it, from left to right."""
    match expression:
        case Name(text):
            yield text
        case Not(part):
            yield from names_in(part)
        case All(parts) | Any(parts):
            for part in parts:
                yield from names_in(part)


def renamed(expression: Expression, rename: Callable[[str], str]) -> Expression:
    """The same expression with other names."""
    match expression:
        case Name(text):
            return Name(rename(text))
        case Not(part):
            return Not(renamed(part, rename))
        case All(parts):
            return All(tuple(renamed(part, rename) for part in parts))
        case Any(parts):
            return Any(tuple(renamed(part, rename) for part in parts))


def written(expression: Expression) -> str:
    """A text that is read as this expression; of a name alone, the name. Raises ExpressionError, as `quoted`."""
    return expression.text if isinstance(expression, Name) else _written(expression)


def _written(expression: Expression) -> str:
    match expression:
        case Name(text):
            return quoted(text)
        case Not(part):
            return f"!{_written(part)}"
        case All(parts):
            return f"({' & '.join(map(_written, parts))})"
        case Any(parts):
            return f"({' | '.join(map(_written, parts))})"


def set_of(expression: Expression, sets: Mapping[str, Set[str]], everything: Set[str]) -> Set[str]:
    """What is in the set that an expression describes.

    Args:
        expression: of names that all have a set.
        sets: name to what is in it.
        everything: what there is at all.
    """
    match expression:
        case Name(text):
            return sets[text] & everything
        case Not(part):
            return everything - set_of(part, sets, everything)
        case All(parts):
            return reduce(and_, (set_of(part, sets, everything) for part in parts), everything)
        case Any(parts):
            return {name for part in parts for name in set_of(part, sets, everything)}


def quoted(name: str) -> str:
    """A name as an expression may have it, whatever signs are in it.

    Raises:
        ExpressionError: it has quotes of both kinds.
    """
    if re.fullmatch(r"\w[\w -]*(?<! )", name):
        return name
    if '"' in name and "'" in name:
        raise ExpressionError(f"the name {name!r} has quotes of both kinds, so it can only stand alone", name, 0)
    return f"'{name}'" if '"' in name else f'"{name}"'


@dataclass(frozen=True, slots=True)
class _Token:
    sign: str
    """One of `|,&!()`; empty for a name."""
    name: str
    place: int


class _Parser:
    """Recursive descent, one method a line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text.rstrip(", \t\n"))
        self.tokens = list(_tokens(text, self.end))
        self.depth = 0

    def whole(self) -> Expression:
        """All of the text."""
        found = self.any()
        if self.tokens:
            token = self.tokens[0]
            what = "a closing bracket that nothing opens" if token.sign == ")" else "a sign is missing before this"
            raise self._error(what, token.place)
        return found

    def any(self) -> Expression:
        """Parts of which one has to hold."""
        parts = [self.all()]
        while self._take("|,"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all(self) -> Expression:
        """Parts that all have to hold."""
        parts = [self.one()]
        while self._take("&"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Expression:
        """A name, or a part with a sign before it or in brackets."""
        if opening := self._take("!("):
            self.depth += 1
            if self.depth > DEEPEST:
                raise self._error("too many signs inside each other", opening.place)
            found = Not(self.one()) if opening.sign == "!" else self.any()
            if opening.sign == "(" and not self._take(")"):
                raise self._error("this bracket is not closed", opening.place)
            self.depth -= 1
            return found
        if not self.tokens or self.tokens[0].sign:
            raise self._error("a label is missing", self.tokens[0].place if self.tokens else self.end)
        return Name(self.tokens.pop(0).name)

    def _take(self, signs: str) -> _Token | None:
        """The next token where it is one of these signs."""
        if self.tokens and self.tokens[0].sign and self.tokens[0].sign in signs:
            return self.tokens.pop(0)
        return None

    def _error(self, what: str, place: int) -> ExpressionError:
        return ExpressionError(f"target {self.text!r}: {what} (at character {place + 1})", self.text, place)


def _tokens(text: str, end: int) -> Iterator[_Token]:
    place = 0
    while text[place:end].strip():
        place += len(text[place:end]) - len(text[place:end].lstrip())
        match = TOKEN.match(text, place, end)
        if match is None:  # whatever is no sign and no quote is the beginning of a name
            raise ExpressionError(
                f"target {text!r}: this quote is not closed (at character {place + 1})", text, place
            )
        name = next((match[kind] for kind in ("double", "single", "plain") if match[kind] is not None), "")
        if not match["sign"] and not name.strip():
            raise ExpressionError(f"target {text!r}: a name is empty (at character {place + 1})", text, place)
        yield _Token(match["sign"] or "", name.strip(), place)
        place = match.end()
