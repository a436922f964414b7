"""Time and chance: SIDs, and clocks that stand still."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman import ambient
from pointsman.ambient import Ambient, VirtualAmbient


@pytest.mark.feature(6)
def test_a_sid_is_its_prefix_and_32_hex_digits() -> None:
    """A SID has 34 characters: the prefix and lower-case hex."""
    sid = ambient.new_sid("WT")

    assert re.fullmatch(r"WT[0-9a-f]{32}", sid)


def test_a_sid_begins_with_the_domain_time() -> None:
    """The first twelve digits of a SID are the millisecond it was made in."""
    clock = VirtualAmbient(1_700_000_000_123)

    assert int(clock.new_sid("WT")[2:14], 16) == 1_700_000_000_123


@given(st.lists(st.integers(min_value=-5_000, max_value=5_000), max_size=60))
def test_sids_rise_whatever_the_clock_does(steps: list[int]) -> None:
    """Each SID is greater than the one before, also when the clock stands still or goes back."""
    clock = VirtualAmbient()
    sids = [clock.new_sid("WT")]
    for step in steps:
        clock.set(clock.now() + step)
        sids.append(clock.new_sid("WT"))

    assert sids == sorted(set(sids))


def test_sids_rise_across_a_restart() -> None:
    """A process that is told until when SIDs were made goes on above them, whatever its clock says."""
    clock = VirtualAmbient(1_700_000_000_000)
    clock.not_before(1_700_000_000_123)
    later = clock.new_sid("WT")
    clock.not_before(1_600_000_000_000)

    assert int(later[2:14], 16) == 1_700_000_000_124
    assert clock.new_sid("WT") > later


def test_sids_of_one_millisecond_differ() -> None:
    """Ten thousand SIDs of one moment are all different and in order."""
    clock = VirtualAmbient()
    sids = [clock.new_sid("EV") for _ in range(10_000)]

    assert sids == sorted(set(sids))


def test_two_processes_do_not_share_their_chance() -> None:
    """Two sources make different SIDs for the same moment."""
    one, other = VirtualAmbient(seed=1), VirtualAmbient(seed=2)

    assert one.new_sid("WT") != other.new_sid("WT")
    assert Ambient().random() != Ambient().random()


def test_a_virtual_run_can_be_repeated() -> None:
    """The same seed gives the same SIDs, bytes and numbers."""

    def drawn(clock: VirtualAmbient) -> tuple[object, ...]:
        return clock.new_sid("WT"), clock.random_bytes(8), clock.random()

    assert drawn(VirtualAmbient(seed=7)) == drawn(VirtualAmbient(seed=7))


def test_virtual_time_moves_only_when_told() -> None:
    """A virtual clock stands still until it is set or advanced, in all three units."""
    clock = VirtualAmbient(10_000)
    assert (clock.now(), clock.wall(), clock.monotonic()) == (10_000, 10.0, 0.0)

    assert clock.advance(2_500) == 12_500

    assert (clock.now(), clock.wall(), clock.monotonic()) == (12_500, 12.5, 2.5)


def test_domain_time_alone_can_be_virtual() -> None:
    """With the machine's wall clock, tokens keep their real time while routing stands still."""
    clock = VirtualAmbient(10_000, machine_wall=True)

    assert clock.now() == 10_000
    assert clock.wall() > 1_600_000_000
    assert clock.monotonic() <= clock.monotonic()


def test_real_time_is_in_its_units() -> None:
    """Domain time is milliseconds and wall time seconds of the same clock."""
    assert abs(ambient.now() / 1000 - ambient.wall()) < 60
    assert len(ambient.random_bytes(16)) == 16
    assert 0 <= ambient.random() < 1
    assert ambient.monotonic() <= ambient.monotonic()
