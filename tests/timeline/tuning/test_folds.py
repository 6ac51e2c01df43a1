"""What is left out in turn."""

from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import scores_of_films, truth_of

from miles_deep.timeline.tuning.examples import examples
from miles_deep.timeline.tuning.folds import MOST_GROUPS, folds_of, inner_groups, train_sets


def folds(*films):
    return folds_of(examples(truth_of(*films), scores_of_films(*films))[1])


def test_every_film_once():
    found = folds(*["aa.."] * 5)
    assert (found.count, found.by_film, found.outer) == (5, True, (0, 1, 2, 3, 4))


def test_of_many_films_several_at_once():
    found = folds(*["aa.."] * 25)
    assert found.count == MOST_GROUPS and {found.outer.count(group) for group in range(MOST_GROUPS)} <= {2, 3}


def test_one_film_is_parted_between_its_segments():
    found = folds("aa.." * 12)
    assert (found.by_film, found.count, found.enough) == (False, 3, True)
    assert found.bounds == ((15.0, 31.0),)


def test_two_films_are_judged_by_film_and_chosen_by_parts():
    found = folds("aa.." * 8, "a.b." * 4)
    assert (found.by_film, found.count, found.outer, found.inner) == (True, 2, (0, 0, 1, 1), (0, 1, 2, 3))


def test_too_few():
    assert not folds("aa.." * 11).enough and not folds("aa.." * 7, "aa.." * 9).enough
    assert folds("aa..", "aa..", "aa..").enough


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=14))
def test_what_is_judged_by_is_never_trained_on(sizes):
    found = folds(*("a." * size for size in sizes))
    everything = frozenset(range(len(found.outer)))
    sets = train_sets(found)
    assert sets[everything] == 0 and sorted(sets.values()) == list(range(len(sets)))
    for group in set(found.outer):
        rest = frozenset(part for part in everything if found.outer[part] != group)
        assert rest in sets
        assert all(rest - held_out in sets for held_out in inner_groups(found, rest))
        assert frozenset().union(*inner_groups(found, rest)) == rest
