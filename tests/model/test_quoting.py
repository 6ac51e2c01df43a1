"""How errors name what stands in files."""

import pytest

from miles_deep.model.quoting import listed


@pytest.mark.parametrize(
    ("names", "said"),
    [("", ""), ("abc", "a, b, c"), ("abcd", "a, b, c, d"), ("abcde", "a, b, c and 2 more")],
)
def test_listed(names: str, said: str) -> None:
    """The fourth takes no more room than that there is one."""
    assert listed(names, 3) == said
