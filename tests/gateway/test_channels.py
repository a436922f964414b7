"""All open sockets: recipients, eviction, expiry, and what the engine hears of coming and going."""

from __future__ import annotations

import pytest

from pointsman.engine.commands import (
    Command,
    NoteConnected,
    NoteDisconnected,
    SetDisconnectActivity,
)
from pointsman.gateway.channels import EVICTED_TOKEN_S, Channels
from pointsman.gateway.session import EVICTED, STOPPING, Close, Opening, Session
from tests.gateway.builders import (
    ACCOUNT,
    ALICE,
    BOB,
    HEARTBEAT_S,
    OFFLINE,
    WORKSPACE,
    an_opening,
)

DELETED = Close(4404, "the worker was deleted")


def connect(channels: Channels, opening: Opening | None = None, now: float = 0.0) -> Session:
    return channels.open(opening or an_opening(), now, lambda: None)


def said(commands: list[Command]) -> list[tuple[str, object]]:
    """Commands as (name, activity), for comparison."""
    return [(type(each).__name__, getattr(each, "activity_sid", "")) for each in commands]


@pytest.fixture
def channels() -> Channels:
    return Channels(HEARTBEAT_S)


# --- recipients --------------------------------------------------------------------------------


@pytest.mark.feature(182)
def test_every_open_tab_of_a_worker_gets_each_frame(channels: Channels) -> None:
    """Two sockets of one channel both get its frames, another worker's socket does not."""
    one, other, bob = connect(channels), connect(channels), connect(channels, an_opening(BOB))
    channels.push((ACCOUNT, ALICE), 1, "frame", None, 0.0)

    assert [each.next_write(0.0) for each in (one, other, bob)] == ["frame", "frame", None]
    assert channels.has(ACCOUNT, BOB) and len(channels) == 3


def test_who_connects_later_does_not_get_an_earlier_frame(channels: Channels) -> None:
    """Recipients are those whose sockets are open when the event is published."""
    channels.push((ACCOUNT, ALICE), 1, "frame", None, 0.0)

    assert connect(channels).next_write(0.0) is None


def test_a_channel_belongs_to_its_account(channels: Channels) -> None:
    """A frame of one account never reaches a socket of another, whatever SID that names."""
    stranger = connect(channels, an_opening(account_sid="AC" + "b" * 32))
    channels.push((ACCOUNT, ALICE), 1, "frame", None, 0.0)

    assert stranger.next_write(0.0) is None


# --- eviction ----------------------------------------------------------------------------------


@pytest.mark.feature(182)
def test_a_newer_session_closes_the_existing_ones_if_it_asks_for_that(channels: Channels) -> None:
    """`closeExistingSessions` closes the other sockets of the channel with 1000 and a reason."""
    one, other, bob = connect(channels), connect(channels), connect(channels, an_opening(BOB))
    newer = connect(channels, an_opening(token="another", close_existing=True))

    assert (one.closing, other.closing) == (EVICTED, EVICTED)
    assert (newer.closing, bob.closing) == (None, None)
    assert (EVICTED.code, EVICTED.reason) == (1000, "closed by a newer session")


@pytest.mark.feature(182)
def test_without_asking_several_tabs_stay(channels: Channels) -> None:
    """A socket that does not ask for it leaves the others open."""
    one = connect(channels)
    connect(channels)

    assert one.closing is None


@pytest.mark.feature(182)
def test_two_evicting_tabs_do_not_evict_each_other_for_ever(channels: Channels) -> None:
    """An evicted session that comes back with the same token is let in, but evicts nobody."""
    first = an_opening(token="first", close_existing=True)
    connect(channels, first)
    second = connect(channels, an_opening(token="second", close_existing=True))
    again = connect(channels, first, now=1.0)

    assert (second.closing, again.closing) == (None, None)


@pytest.mark.feature(182)
def test_an_evicted_token_is_forgotten_after_a_while(channels: Channels) -> None:
    """Long after its eviction a token evicts as any other does."""
    first = an_opening(token="first", close_existing=True)
    connect(channels, first)
    second = connect(channels, an_opening(token="second", close_existing=True))
    connect(channels, first, now=EVICTED_TOKEN_S)

    assert second.closing == EVICTED


def test_an_evicted_session_gets_no_more_frames(channels: Channels) -> None:
    """Frames published after the eviction go to the newer session alone."""
    older = connect(channels)
    newer = connect(channels, an_opening(token="another", close_existing=True))
    channels.push((ACCOUNT, ALICE), 1, "frame", None, 0.0)

    assert (older.next_write(0.0), newer.next_write(0.0)) == (EVICTED, "frame")


# --- tokens, deletion, the server's end ---------------------------------------------------------


@pytest.mark.feature(183)
@pytest.mark.parametrize(("seen", "kept"), [(500.0, 500.0), (50.0, 100.0)])
def test_a_later_token_in_a_post_refreshes_the_open_sockets(
    channels: Channels, seen: float, kept: float
) -> None:
    """The sockets of a channel live as long as the latest token seen on it, never shorter."""
    session = connect(channels, an_opening(expires_at=100.0))
    other = connect(channels, an_opening(BOB, expires_at=100.0))
    channels.refresh(ACCOUNT, ALICE, seen)

    assert (session.expires_at, other.expires_at) == (kept, 100.0)


def test_a_deleted_worker_is_told_and_not_missed(channels: Channels) -> None:
    """The sockets of a deleted worker close with 4404, and their end says nothing to the engine."""
    session, bob = connect(channels), connect(channels, an_opening(BOB))
    channels.greet(session, OFFLINE)
    channels.end(ACCOUNT, ALICE, DELETED)

    assert (session.closing, bob.closing) == (DELETED, None)
    assert channels.gone(session, 0.0) == []


def test_a_deleted_workspace_closes_all_its_channels(channels: Channels) -> None:
    """Every socket of the workspace closes, those of another workspace stay."""
    session = connect(channels)
    elsewhere = connect(channels, an_opening(BOB, workspace_sid="WS" + "6" * 32))
    channels.end(ACCOUNT, WORKSPACE, DELETED)

    assert (session.closing, elsewhere.closing) == (DELETED, None)


@pytest.mark.feature(289, "181.5")
def test_a_stopping_server_closes_with_a_resumable_code_and_misses_nobody(
    channels: Channels,
) -> None:
    """At the server's end sockets close with 1012 and a reason, and no worker becomes absent."""
    session = connect(channels)
    channels.greet(session, OFFLINE)
    channels.stop()

    assert session.closing == STOPPING and STOPPING.code == 1012 and STOPPING.reason
    assert channels.gone(session, 0.0) == []


@pytest.mark.feature(289)
def test_who_connects_while_the_server_stops_is_told_to_come_back(channels: Channels) -> None:
    """A late socket closes with the same code at once."""
    channels.stop()

    assert connect(channels).closing == STOPPING


# --- presence ----------------------------------------------------------------------------------


@pytest.mark.feature("181.5", 182)
def test_the_first_socket_of_a_worker_tells_the_engine(channels: Channels) -> None:
    """His coming is noted, with the activity he wants to be in when his socket drops."""
    commands = channels.greet(connect(channels), OFFLINE)

    assert said(commands) == [("SetDisconnectActivity", OFFLINE), ("NoteConnected", "")]
    assert all(each.worker_sid == ALICE for each in commands)
    assert {each.actor.type for each in commands} == {"worker"}


@pytest.mark.feature("181.5")
def test_a_lone_socket_without_the_parameter_forgets_the_activity(channels: Channels) -> None:
    """Who connects without a disconnect activity does not keep that of an earlier session."""
    commands = channels.greet(connect(channels), None)

    assert said(commands) == [("SetDisconnectActivity", None), ("NoteConnected", "")]


@pytest.mark.feature("181.5")
@pytest.mark.parametrize(
    ("activity_sid", "expected"),
    [(None, []), (OFFLINE, [("SetDisconnectActivity", OFFLINE), ("NoteConnected", "")])],
)
def test_a_second_tab_changes_the_activity_only_if_it_names_one(
    channels: Channels, activity_sid: str | None, expected: list[object]
) -> None:
    """While another socket of the worker is open, one without the parameter changes nothing."""
    channels.greet(connect(channels), OFFLINE)

    assert said(channels.greet(connect(channels), activity_sid)) == expected


@pytest.mark.feature("181.5")
def test_only_the_last_socket_makes_a_worker_absent(channels: Channels) -> None:
    """While one of his tabs is open the worker is there; when the last is gone the engine hears."""
    one, other = connect(channels), connect(channels)
    channels.greet(one, OFFLINE)
    channels.greet(other, OFFLINE)

    assert said(channels.gone(one, 0.0)) == []
    assert said(channels.gone(other, 0.0)) == [("NoteDisconnected", "")]
    assert said(channels.gone(other, 0.0)) == []
    assert len(channels) == 0


@pytest.mark.feature("181.5")
def test_eviction_by_a_newer_session_is_no_absence(channels: Channels) -> None:
    """The evicted socket's end says nothing; the end of the newer one does."""
    older = connect(channels)
    channels.greet(older, OFFLINE)
    newer = connect(channels, an_opening(token="another", close_existing=True))

    assert channels.gone(older, 0.0) == []
    assert said(channels.greet(newer, OFFLINE))[-1] == ("NoteConnected", "")
    assert said(channels.gone(newer, 0.0)) == [("NoteDisconnected", "")]


@pytest.mark.feature("181.5")
def test_a_newcomer_who_is_gone_before_he_was_greeted_leaves_the_worker_absent(
    channels: Channels,
) -> None:
    """Who evicts takes over that the worker is there, so that his own end is noticed."""
    channels.greet(connect(channels), OFFLINE)
    newer = connect(channels, an_opening(token="another", close_existing=True))

    assert said(channels.gone(newer, 0.0)) == [("NoteDisconnected", "")]


def test_a_socket_of_a_worker_who_does_not_exist_says_nothing(channels: Channels) -> None:
    """Only a session that was greeted can be missed."""
    assert channels.gone(connect(channels), 0.0) == []


@pytest.mark.feature(287)
@pytest.mark.parametrize("channel_sid", [WORKSPACE, "WQ" + "1" * 32])
def test_workspaces_and_queues_have_no_presence(channels: Channels, channel_sid: str) -> None:
    """A workspace's or task queue's socket is kept open and says nothing to the engine."""
    session = connect(channels, an_opening(channel_sid))

    assert channels.greet(session, None) == []
    assert session.next_write(HEARTBEAT_S) == " "
    assert channels.gone(session, 0.0) == []


@pytest.mark.feature("181.5")
def test_after_its_engine_was_loaded_again_present_workers_are_told_again(
    channels: Channels,
) -> None:
    """Each worker of that workspace with an open socket is noted once more, with his activity."""
    elsewhere = an_opening(BOB, workspace_sid="WS" + "6" * 32)
    for opening, activity_sid in ((an_opening(), OFFLINE), (an_opening(), None), (elsewhere, None)):
        channels.greet(connect(channels, opening), activity_sid)
    connect(channels, an_opening("WK" + "3" * 32))

    again = channels.connected(WORKSPACE)

    assert said(again) == [("SetDisconnectActivity", OFFLINE), ("NoteConnected", "")]
    assert {each.worker_sid for each in again} == {ALICE}


def test_commands_of_presence_are_the_engines_own(channels: Channels) -> None:
    """What is said of presence are commands that any caller could give."""
    session = connect(channels)
    commands = [*channels.greet(session, OFFLINE), *channels.gone(session, 0.0)]

    assert [type(each) for each in commands] == [
        SetDisconnectActivity,
        NoteConnected,
        NoteDisconnected,
    ]
