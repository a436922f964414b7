"""What a channel was sent lately: given once and in order, or not at all."""

from __future__ import annotations

import random

import pytest

from pointsman.gateway.rings import RING_FRAMES, RING_S, Rings, resync
from tests.gateway.builders import ACCOUNT, ALICE, BOB, WORKSPACE

KEY, OTHER = (ACCOUNT, ALICE), (ACCOUNT, BOB)


@pytest.fixture
def rings() -> Rings:
    """Rings of a workspace that was loaded with ten events, and a ring of Alice's channel."""
    made = Rings()
    made.loaded(WORKSPACE, 10)
    made.resume(KEY, WORKSPACE, -1, 0.0)
    return made


def keep(rings: Rings, *seqs: int, now: float = 0.0) -> None:
    for seq in seqs:
        rings.keep(KEY, seq, f"frame {seq}", None, now)
        rings.told(WORKSPACE, seq)


def missed(rings: Rings, after: int, now: float = 0.0) -> list[str]:
    return [frame for frame, _ in rings.resume(KEY, WORKSPACE, after, now)]


@pytest.mark.feature(243)
def test_the_frames_after_the_named_event_are_given_in_order(rings: Rings) -> None:
    """A client gets what came after its last frame, and nothing of what came before."""
    keep(rings, 11, 14, 17)

    assert missed(rings, 10) == ["frame 11", "frame 14", "frame 17"]
    assert missed(rings, 14) == ["frame 17"]
    assert missed(rings, 15) == ["frame 17"]
    assert missed(rings, 17) == []


@pytest.mark.feature(243)
@pytest.mark.parametrize("after", [-1, 0, 9, 18, 10**18])
def test_whoever_cannot_be_given_all_is_told_to_look_for_itself(rings: Rings, after: int) -> None:
    """Before the ring's beginning and after the last event there is only `resync`, with that event."""
    keep(rings, 11, 17)

    assert missed(rings, after) == [resync(17)]


@pytest.mark.feature(243)
def test_a_full_ring_forgets_its_first_frame(rings: Rings) -> None:
    """Of more than 1,000 frames the last 1,000 can be had, and who needs more is told so."""
    keep(rings, *range(11, 12 + RING_FRAMES))

    assert len(missed(rings, 11)) == RING_FRAMES
    assert missed(rings, 10) == [resync(11 + RING_FRAMES)]


@pytest.mark.feature(243)
def test_old_frames_are_forgotten(rings: Rings) -> None:
    """After ten minutes a frame cannot be had any more."""
    keep(rings, 11, now=0.0)
    keep(rings, 12, now=60.0)

    assert missed(rings, 10, now=RING_S - 1) == ["frame 11", "frame 12"]
    assert missed(rings, 10, now=RING_S) == [resync(12)]
    assert missed(rings, 11, now=RING_S) == ["frame 12"]


@pytest.mark.feature(243)
def test_a_ring_ends_ten_minutes_after_the_last_socket(rings: Rings) -> None:
    """While a client may come back the frames are kept; afterwards nothing is."""
    rings.left(KEY, 0.0)
    keep(rings, 11, now=RING_S - 1)
    assert missed(rings, 10, now=RING_S - 1) == ["frame 11"]

    rings.left(KEY, RING_S)
    keep(rings, 12, now=2 * RING_S - 1)
    rings.keep(OTHER, 13, "", None, 2 * RING_S)
    assert missed(rings, 12, now=2 * RING_S) == []
    assert not Rings().has(KEY)
    assert rings.length == 0


def test_a_socket_of_whoever_cannot_resume_keeps_the_ring(rings: Rings) -> None:
    """A ring lives as long as its channel has any socket."""
    rings.left(KEY, 0.0)
    rings.returned(KEY)
    keep(rings, 11, now=RING_S)

    assert missed(rings, 10, now=RING_S) == ["frame 11"]


def test_channels_without_a_ring_cost_nothing(rings: Rings) -> None:
    """Frames of channels that nobody can resume are not kept."""
    rings.keep(OTHER, 11, "frame", None, 0.0)

    assert rings.length == 0
    assert not rings.has(OTHER)


@pytest.mark.feature(243)
def test_all_rings_together_are_bounded() -> None:
    """Over the bound of all rings the oldest frames go, whichever channel they are of."""
    rings = Rings(length=100)
    rings.loaded(WORKSPACE, 0)
    for key in (KEY, OTHER):
        rings.resume(key, WORKSPACE, -1, 0.0)
    for seq in range(1, 11):
        rings.keep((KEY, OTHER)[seq % 2], seq, "x" * 20, None, 0.0)
        rings.told(WORKSPACE, seq)

    assert rings.length == 100
    assert missed(rings, 6) == ["x" * 20] * 2
    assert missed(rings, 3) == [resync(10)]


@pytest.mark.feature(243)
def test_a_workspace_that_was_loaded_again_as_it_was_keeps_its_rings(rings: Rings) -> None:
    """A commit that failed left no event behind, so nothing is missing."""
    keep(rings, 11)

    assert not rings.loaded(WORKSPACE, 11)
    assert missed(rings, 10) == ["frame 11"]


@pytest.mark.feature(243)
def test_events_that_were_never_published_cannot_be_resumed_over(rings: Rings) -> None:
    """After a gap everybody is told to look for himself."""
    keep(rings, 11)

    assert rings.loaded(WORKSPACE, 13)
    assert missed(rings, 11) == [resync(13)]
    assert missed(rings, 13) == []


def test_the_ring_of_a_deleted_resource_is_gone(rings: Rings) -> None:
    """Nobody comes back to what does not exist."""
    keep(rings, 11)
    rings.end(KEY)
    rings.end(KEY)

    assert (rings.has(KEY), rings.length) == (False, 0)


@pytest.mark.feature(243)
@pytest.mark.parametrize("seed", range(20))
def test_a_client_that_is_cut_at_random_hears_everything_once(seed: int) -> None:
    """Whatever is cut when, frames heard plus frames replayed are the log, or a `resync` says not."""
    chance = random.Random(seed)
    rings = Rings(frames=8, span_s=30.0)
    rings.loaded(WORKSPACE, 0)
    log: list[int] = []
    heard: list[int] = []
    cursor, is_open, now, seq = 0, False, 0.0, 0
    for _ in range(400):
        now += chance.random() * 5
        if chance.random() < 0.3:
            is_open = not is_open
            if not is_open:
                rings.left(KEY, now)
                continue
            frames = missed(rings, cursor, now)
            if len(frames) == 1 and frames[0].startswith("{"):
                heard, cursor = list(log), seq  # it looked for itself
            for frame in frames:
                if not frame.startswith("{"):
                    cursor = int(frame)
                    heard.append(cursor)
            assert heard == log
        seq += 1
        if chance.random() < 0.7:  # otherwise an event of somebody else
            log.append(seq)
            rings.keep(KEY, seq, str(seq), None, now)
            if is_open and chance.random() < 0.9:
                heard.append(seq)
                cursor = seq
            elif is_open:  # it was on its way when the line was cut
                is_open = False
                rings.left(KEY, now)
        rings.told(WORKSPACE, seq)
