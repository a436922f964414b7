"""The newer client's connection: restarts, tokens, sessions, in Node and in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.modern.clients import Client, ClientError, Kept
from tests.modern.desk import Desk
from tests.program import pointsman
from tests.server import ACCOUNT_SID, Server, a_server

pytestmark = pytest.mark.feature(185)

Start = Callable[..., Kept]


@pytest.fixture
def own_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A workspace on a server of this test's own, which it may kill."""
    with a_server(tmp_path_factory.mktemp("own"), POINTSMAN_DISCONNECT_GRACE_S="0") as server:
        yield Desk(server)


def a_worker(client: Client, desk: Desk, token: str = "", **options: Any) -> Kept:
    kept = Kept(client)
    kept.call(
        "start",
        kind="Worker",
        token=token or desk.token(),
        options={**desk.addresses, **options},
    )
    return kept


def revive(server: Server) -> None:
    server.kill()
    server.start()


def test_it_comes_back_after_a_restart(client: Client, own_desk: Desk) -> None:
    """A killed server loses nothing: the client is ready again with what it had, and hears the rest."""
    alice = a_worker(client, own_desk, connectActivitySid=own_desk.activities["Available"])
    first = own_desk.task()
    alice.until("reservationCreated")
    alice.value("reservation.accept().then(() => null)")
    revive(own_desk.server)
    alice.until("disconnected")
    alice.until("ready", 2)
    own_desk.workspace.workers(own_desk.alice).worker_channels("default").update(capacity=2)

    assert alice.value("[reservation.task.sid, reservation.status]") == [first, "accepted"]
    second = own_desk.task()
    alice.until("reservationCreated", 2)
    assert alice.value("[reservation.task.sid, reservation.status]") == [second, "pending"]
    assert alice.value("[...it.reservations.values()].length") == 2


def test_a_token_is_refreshed(worker: Start, desk: Desk) -> None:
    """An expiring token is told in time; with a new one the client goes on over the same socket."""
    alice = worker(desk.token(ttl=6))
    alice.until("tokenExpired")
    alice.value("it.updateToken(given.token)", token=desk.token(ttl=7200))
    alice.until("tokenUpdated")
    code = "it.setAttributes({ fresh: true }).then((each) => each.attributes)"

    assert alice.value(code) == {"fresh": True}
    alice.until("attributesUpdated")
    assert "disconnected" not in alice.heard


def test_without_a_new_token_it_stays_away(client: Client, own_desk: Desk) -> None:
    """After expiry a lost connection is final until there is a new token."""
    alice = a_worker(client, own_desk, own_desk.token(ttl=6))
    alice.until("tokenExpired")
    revive(own_desk.server)
    alice.until("disconnected")
    assert alice.heard.count("ready") == 1
    alice.value("it.updateToken(given.token)", token=own_desk.token(ttl=7200))

    alice.until("ready", 2)


def test_a_token_of_the_command_line_opens_a_session(worker: Start, desk: Desk) -> None:
    """What `pointsman token access` prints is a token for the client as it stands."""
    words = ("token", "access", desk.workspace_sid, desk.alice)
    folder = desk.server.folder
    printed = pointsman(*words, f"--data={folder}", f"--account={ACCOUNT_SID}", folder=folder)
    alice = worker(printed.stdout.strip())

    assert alice.value("it.setAttributes({ told: true }).then((each) => each.sid)") == desk.alice


def test_a_long_token_does_not_expire_at_once(worker: Start, desk: Desk) -> None:
    """A token of 60 days is longer than a timer can be; its worker becomes ready, and stays."""
    alice = worker(desk.token(ttl=60 * 86400))
    alice.value("it.setAttributes({ long: true }).then(() => null)")
    alice.until("attributesUpdated")

    assert "tokenExpired" not in alice.heard


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda token: token[:-8] + "A" * 8, "signature"),
        (lambda token: "nonsense", "not a signed JSON Web Token"),
    ],
)
def test_a_bad_token_is_told_with_a_reason(
    client: Client, desk: Desk, damage: Callable[[str], str], reason: str
) -> None:
    """A refused token reaches the page as a sentence in `disconnected`, not as a code."""
    kept = Kept(client)
    kept.call("begin", kind="Worker", token=damage(desk.token()), options=desk.addresses)

    assert reason in kept.until("disconnected")["message"]


def test_an_expired_token_is_told_with_a_reason(client: Client, desk: Desk) -> None:
    """A token that expired long ago opens no socket, and the page reads why."""
    kept = Kept(client)
    kept.call("begin", kind="Worker", token=desk.token(ttl=-600), options=desk.addresses)

    assert "expired" in kept.until("disconnected")["message"]


def test_a_newer_session_closes_the_others(worker: Start, desk: Desk) -> None:
    """A session with closeExistingSessions ends the worker's other sessions with a reason; they come back beside it.

    Two clients that both ask for it do not close each other for ever.
    """
    older = worker(closeExistingSessions=True)
    newer = worker(desk.token(ttl=1800), closeExistingSessions=True)

    assert older.until("disconnected")["message"] == "closed by a newer session"
    older.until("ready", 2)
    newer.value("it.setAttributes({ tab: 2 }).then(() => null)")
    older.until("attributesUpdated")
    newer.until("attributesUpdated")
    assert "disconnected" not in newer.heard


def test_two_tabs_hear_the_same(worker: Start, desk: Desk) -> None:
    """Two sessions of one worker are offered the same reservation, and both hear that one took it."""
    one = worker(connectActivitySid=desk.activities["Available"])
    two = worker()
    desk.task()
    one.until("reservationCreated")
    two.until("reservationCreated")
    two.value("reservation.accept().then(() => null)")

    assert one.until("reservation.accepted")["status"] == "accepted"


def test_disconnect_is_final_until_a_token_comes(worker: Start, desk: Desk) -> None:
    """disconnect() closes with the SDK's own words; updateToken opens the socket again."""
    alice = worker()
    alice.value("it.disconnect()")

    assert alice.until("disconnected")["message"] == "SDK Disconnect"
    alice.value("it.updateToken(given.token)", token=desk.token(ttl=1800))
    alice.until("ready", 2)


def test_a_capability_token_serves_as_well(worker: Start, desk: Desk) -> None:
    """The path chooses the representation: a capability token with the rights of a worker is enough."""
    capability = desk.capability_token()
    alice = worker(capability, connectActivitySid=desk.activities["Available"])
    desk.task()
    alice.until("reservationCreated")

    assert alice.value("reservation.accept().then((each) => each.status)") == "accepted"
    lesser = worker(desk.capability_token(rights=("allow_fetch_subresources",)))
    with pytest.raises(ClientError, match="allow_update_self"):
        lesser.value("it.setAttributes({ a: 1 }).then(() => null)")
