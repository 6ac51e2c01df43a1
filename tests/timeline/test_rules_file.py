"""Rules as a TOML file: they come back as they were written, and what makes no rules is told in a line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miles_deep import Rule
from miles_deep.errors import FormatError, LabelError, OptionError, OutputExistsError
from miles_deep.timeline.rules import SMOOTHINGS, Rules, Smoothing
from miles_deep.timeline.rules_file import check_labels, read_rules, write_rules

SHARES = st.floats(0, 1)
SECONDS = st.floats(0, 100)
CHANGES = st.fixed_dictionaries(
    {}, optional={"min_score": SHARES, "max_gap": st.integers(0, 9), "min_length": SECONDS, "min_coverage": SHARES}
)
RULES = st.builds(
    Rules,
    st.builds(Rule, SHARES, st.integers(0, 9), SECONDS, SHARES),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), CHANGES),
    st.builds(Smoothing, st.sampled_from(SMOOTHINGS), st.sampled_from([1, 3, 9]), SECONDS),
    st.floats(0.1, 10),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rules")


@settings(max_examples=50, deadline=None)
@given(RULES, st.text())
def test_what_is_written_is_read(folder, rules, comment):
    write_rules(rules, folder / "rules.toml", comment, force=True)
    assert read_rules(folder / "rules.toml") == rules


def test_an_empty_file_is_the_usual_rules(tmp_path):
    (tmp_path / "rules.toml").write_bytes(b"")
    assert read_rules(tmp_path / "rules.toml") == Rules()


def test_what_is_there_is_kept_unless_one_says_so(tmp_path):
    write_rules(Rules(), tmp_path / "rules.toml")
    with pytest.raises(OutputExistsError, match="--force"):
        write_rules(Rules(Rule(0.7)), tmp_path / "rules.toml")
    assert read_rules(tmp_path / "rules.toml") == Rules()
    write_rules(Rules(Rule(0.7)), tmp_path / "rules.toml", force=True)
    assert read_rules(tmp_path / "rules.toml") == Rules(Rule(0.7))
    with pytest.raises(OptionError, match="classic"):
        write_rules(Rules(Rule(method="classic")), tmp_path / "other.toml")
    assert not (tmp_path / "other.toml").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("min_scor = 0.5", "no key 'min_scor'; did you mean 'min_score'?"),
        ("colour = 1", "no key 'colour'; there are: min_score, max_gap"),
        (
            "[labels.cat]\nsmooth = 'median'",
            "labels.cat: no key 'smooth'; there are: min_score, max_gap, min_length",
        ),
        ("[labels.cat]\nmax_gaps = 1", "labels.cat: no key 'max_gaps'; did you mean 'max_gap'?"),
        ("min_score = 'high'", "min_score must be a number, not 'high'"),
        ("min_score = true", "min_score must be a number, not True"),
        ("max_gap = 1.5", "max_gap must be a whole number, not 1.5"),
        ("min_score = 1.5", "min score must be 0 to 1, not 1.5"),
        ("min_score = nan", "min score must be 0 to 1, not nan"),
        ("[labels.cat]\nmin_coverage = -1", "cat: min coverage must be 0 to 1, not -1"),
        ("temperature = 0", "temperature must be 0.001 to 1000, not 0"),
        ("window = 4", "the median's window must be an odd number of seconds up to 599, not 4"),
        ("smooth = 'mean'", "no smoothing 'mean'; there are: none, median, viterbi"),
        ("smooth = 3", "smooth must be a name in quotes, not 3"),
        ("labels = 3", "labels must be tables"),
        ("[labels]\ncat = 3", "labels.cat must be a table"),
        (
            "min_score 0.5",
            "not a rules file in TOML: Expected '=' after a key in a key/value pair (at line 1, column 11)",
        ),
        ("min_score = " + "9" * 5000, "not a rules file in TOML"),
        ("a = " + "[" * 5000, "not a rules file in TOML"),
        (b"\xff", "the rules cannot be read (it is no text)"),
        (None, "the rules cannot be read (No such file or directory)"),
    ],
)
def test_what_makes_no_rules(tmp_path, text, line):
    path = tmp_path / "rules.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FormatError) as error:
        read_rules(path)
    assert str(error.value).startswith(f"{path}: {line}") and "\n" not in str(error.value)


LABELS = ("n02123045 tabby, tabby cat", "n02123159 tiger cat", "dog")
GROUPS = {"cat": LABELS[:2]}


def test_labels_are_named_as_the_model_does():
    rules = Rules(labels={"tabby": {"min_score": 0.7}, "cat": {"max_gap": 1}})
    named = check_labels(rules, "rules.toml", LABELS, GROUPS)
    assert named.of(LABELS[0]).min_score == 0.7 and named.of("cat").max_gap == 1


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["dok"], "rules.toml: no label 'dok' in the model; did you mean 'dog'?"),
        (["tabby", "n02123045"], "rules.toml: two rules for 'n02123045 tabby, tabby cat'"),
    ],
)
def test_labels_that_are_not_there(names, line):
    with pytest.raises(LabelError) as error:
        check_labels(Rules(labels={name: {} for name in names}), "rules.toml", LABELS, GROUPS)
    assert str(error.value).startswith(line)
