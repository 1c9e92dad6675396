"""Parameters of a block on its device: rows of its own, numbers that all blocks share."""

from __future__ import annotations

import jax
import numpy as np

import plastisim as ps
from plastisim.block import Block, members
from plastisim.course import Course
from plastisim.engine.crew import Crew
from plastisim.engine.placing import placed, sent_once, taken

TREE = {"each": np.arange(6.0), "all": np.asarray(7.0), "rows": np.arange(12.0).reshape(6, 2)}
WHO = np.array([4, 0])


def test_rows_are_cut_and_numbers_stay():
    cut = taken(TREE, WHO)
    assert cut["each"].tolist() == [4.0, 0.0]
    assert cut["rows"].tolist() == [[8.0, 9.0], [0.0, 1.0]]
    assert cut["all"] is TREE["all"]


def test_what_is_placed_is_on_the_device_and_shares_its_numbers():
    device = jax.devices()[0]
    everyone = sent_once(TREE, device)
    assert everyone["each"] is TREE["each"]  # too much to send before it is cut
    one, other = placed(everyone, WHO, device), placed(everyone, WHO[::-1], device)
    assert one["all"] is other["all"] is everyone["all"]
    assert all(leaf.devices() == {device} for leaf in one.values())
    assert [leaf.tolist() for leaf in one.values()] == [leaf.tolist() for leaf in taken(TREE, WHO).values()]


def test_blocks_on_a_device_share_their_numbers():
    """Sent for each block anew, they took a tenth of a day of 10,000 neurons."""
    protocol = ps.Protocol((ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)),), start=0, end=ps.DAY, sessions=(0,))
    setup = ps.Setup.of(protocol, [ps.Cohort("one", ps.PT, 32, 4, 1)])
    with jax.enable_x64(True), Crew() as crew:
        course, device = Course(setup, crew), crew.device(0)
        everyone = sent_once(course.cast, device)
        one, other = (
            Block(who, everyone, setup.settings.tolerance, setup.method, device)
            for who in members(setup.population, 64)
        )
    pairs = list(zip(jax.tree.leaves(one.pathway), jax.tree.leaves(other.pathway), strict=True))
    numbers = [first is second for first, second in pairs if np.ndim(first) == 0]
    assert len(numbers) > 100
    assert all(numbers)
    assert any(np.ndim(first) == 1 and (np.asarray(first) != np.asarray(second)).any() for first, second in pairs)
