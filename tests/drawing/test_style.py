"""Styles of systems."""

from itertools import product

from posed_spontaneous.drawing.style import system_style

PAPER = [
    ("network", None, None),
    *(("network", operator, block) for operator, block in product(("Sub", "Comb"), (1, 2, 3))),
    ("ensemble", "Sub", None),
    ("ensemble", "Comb", None),
]


def test_each_system_of_the_paper_has_one_style() -> None:
    styles = [system_style(*identity) for identity in PAPER]
    assert len(set(styles)) == len(PAPER)
    assert styles == [system_style(*identity, other=3) for identity in PAPER]


def test_other_systems_alternate_between_six_colours() -> None:
    identities = [("baseline", None, None), ("network", "New", 1), ("network", "Sub", 4)]
    for identity in identities:
        styles = [system_style(*identity, other=number) for number in range(7)]
        assert len(set(styles)) == 6
        assert styles[6] == styles[0]
        assert not set(styles) & {system_style(*paper) for paper in PAPER}
