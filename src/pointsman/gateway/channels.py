"""All open sockets by channel, sans-I/O: who gets a frame, who is evicted, who is absent.

The rules: recipients of a frame are the sessions that are open when the event is published. A
session that asked for it closes the others of its channel, but one that was itself evicted and comes
back with the same token string does not, or two tabs would evict each other for ever. What a worker's
coming and going means to the engine is said by commands (docs/live-channel.md); leaving because a
newer session came or because the server stops is no absence. This module knows no socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pointsman.engine.commands import (
    Command,
    NoteConnected,
    NoteDisconnected,
    SetDisconnectActivity,
)
from pointsman.engine.records import Actor
from pointsman.gateway.rings import Rings, resync
from pointsman.gateway.session import EVICTED, STOPPING, Close, Hold, Opening, Session

__all__ = ["Channels"]

Key = tuple[str, str]
"""Account and channel."""

EVICTED_TOKEN_S = 300.0
"""How long the token of an evicted session may come back without evicting others."""
# Differs from Twilio (Worker.argument closeExistingSessions): two tabs with the same token that both
# ask for existing sessions to be closed end with both open. Stock clients reconnect at once, and
# evicting each other for ever would help nobody.


@dataclass(slots=True)
class _Channel:
    sessions: dict[Session, None] = field(default_factory=dict)
    """In the order of their opening."""
    present: set[Session] = field(default_factory=set)
    """Those of a worker who was found to exist: only they can be missed."""
    disconnect_activity_sid: str | None = None


class Channels:
    """Every open session of this process."""

    def __init__(self, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._channels: dict[tuple[str, str], _Channel] = {}
        self._evicted: dict[tuple[str, str, bytes], float] = {}
        self._stopping = False
        self._rings = Rings()

    def __len__(self) -> int:
        return sum(len(channel.sessions) for channel in self._channels.values())

    def open(self, opening: Opening, now: float, wake: Callable[[], None]) -> Session:
        """A new session, after evicting the others if it asks for that; one that is to be closed at
        once while the server stops.
        """
        session = Session(opening, now, self._heartbeat_s, wake)
        if self._stopping:
            session.close(STOPPING)
            return session
        key = _key(opening)
        missed = False
        if opening.close_existing and not self._returns(opening, now):
            missed = self._evict(key, now)
        channel = self._channels.setdefault(key, _Channel())
        channel.sessions[session] = None
        if missed:
            channel.present.add(session)
        if opening.after is None:
            self._rings.returned(key)
        else:
            session.replay(self._rings.resume(key, opening.workspace_sid, opening.after, now))
        return session

    def greet(self, session: Session, disconnect_activity_sid: str | None) -> list[Command]:
        """The session's worker exists: what the engine has to know of his coming.

        A socket without a disconnect activity forgets the one that was set, unless another socket
        of the worker is open, which may be the one that set it.
        """
        channel = self._channels.get(_key(session.opening))
        if channel is None or session not in channel.sessions or not _is_worker(session):
            return []
        alone = channel.present <= {session}
        channel.present.add(session)
        if disconnect_activity_sid is None and not alone:
            return []
        channel.disconnect_activity_sid = disconnect_activity_sid
        return _arrival(session, disconnect_activity_sid)

    def gone(self, session: Session, now: float) -> list[Command]:
        """The session's socket is closed: the worker's last one makes him absent."""
        key = _key(session.opening)
        channel = self._channels.get(key)
        if channel is None or session not in channel.sessions:
            return []
        channel.sessions.pop(session)
        was_present = session in channel.present
        channel.present.discard(session)
        if not channel.sessions:
            del self._channels[key]
            self._rings.left(key, now)
        if not was_present or channel.present or self._stopping:
            return []
        return [NoteDisconnected(actor=_actor(session), worker_sid=session.opening.channel_sid)]

    def has(self, account_sid: str, channel_sid: str) -> bool:
        """Whether anybody listens, or may come back for it: otherwise a frame need not be made."""
        key = (account_sid, channel_sid)
        legacy = any(not session.opening.modern for session in self._sessions(key))
        return legacy or self._rings.has(key)

    def push(self, key: Key, seq: int, frame: str, hold: Hold | None, now: float) -> None:
        """Queue an event's frame for every session that is open now on this channel."""
        self._rings.keep(key, seq, frame, hold, now)
        for session in self._sessions(key):
            if not session.opening.modern:
                session.push(frame, hold)

    def has_modern(self, key: Key) -> bool:
        """Whether a client listens that is the newer SDK."""
        return any(session.opening.modern for session in self._sessions(key))

    def is_starting(self, key: Key) -> bool:
        """Whether a client listens that has not been shown yet what it begins with."""
        return any(session.is_starting for session in self._sessions(key))

    def push_modern(
        self, key: Key, seq: int, frame: str, hold: Hold | None, kept: str | None
    ) -> None:
        """The same for clients that are the newer SDK; they have no cursor to come back with.

        `kept` is for a client that sees the event's effect in what it begins with.
        """
        for session in self._sessions(key):
            if session.opening.modern:
                session.push(frame, hold, seq, kept)

    def saw(self, key: Key, token_digest: bytes, seq: int, now: float) -> None:
        """A client was shown all events up to this one, to begin with: the one with this token, or
        the first one, if its token was a new one by then.
        """
        starting = [session for session in self._sessions(key) if session.is_starting]
        same = (each for each in starting if each.opening.token_digest == token_digest)
        session = next(same, next(iter(starting), None))
        if session is not None:
            session.saw(seq, now)

    def published(self, workspace_sid: str, seq: int) -> None:
        """All frames of the workspace's events up to this one were pushed."""
        self._rings.told(workspace_sid, seq)

    def loaded(self, workspace_sid: str, seq: int) -> None:
        """The workspace was loaded with its events up to this one.

        If some of them were never published, those who can resume are sent to look for themselves.
        """
        if not self._rings.loaded(workspace_sid, seq):
            return
        for channel in self._channels.values():
            for session in channel.sessions:
                opening = session.opening
                if opening.workspace_sid == workspace_sid and opening.after is not None:
                    session.push(resync(seq))

    def _sessions(self, key: Key) -> Iterable[Session]:
        channel = self._channels.get(key)
        return channel.sessions if channel else ()

    def refresh(self, account_sid: str, channel_sid: str, expires_at: float) -> None:
        """A later token was seen on this channel: its sessions live as long as that one."""
        for session in self._sessions((account_sid, channel_sid)):
            session.expires_at = max(session.expires_at, expires_at)

    def end(self, account_sid: str, sid: str, how: Close) -> None:
        """The channel's resource, or the workspace that holds it, was deleted."""
        if not sid.startswith("WS"):
            self._remove((account_sid, sid), how)
            self._rings.end((account_sid, sid))
            return
        for key, channel in list(self._channels.items()):
            if any(session.opening.workspace_sid == sid for session in channel.sessions):
                self._remove(key, how)
                self._rings.end(key)

    def stop(self) -> None:
        """The server stops: all sessions close with a code after which clients come back."""
        self._stopping = True
        for channel in self._channels.values():
            for session in channel.sessions:
                session.close(STOPPING)

    def connected(self, workspace_sid: str) -> list[Command]:
        """What `greet` said of each worker of the workspace who is present now, once more.

        An engine that was loaded again holds every worker with a disconnect activity for absent,
        and may never have stored what it was told last.
        """
        commands: list[Command] = []
        for channel in self._channels.values():
            session = next(iter(channel.present), None)
            if session is not None and session.opening.workspace_sid == workspace_sid:
                commands += _arrival(session, channel.disconnect_activity_sid)
        return commands

    def _evict(self, key: tuple[str, str], now: float) -> bool:
        """Close the channel's sessions; whether one of them would be missed without its successor."""
        channel = self._channels.get(key)
        if channel is None:
            return False
        for session in channel.sessions:
            self._evicted[(*key, session.opening.token_digest)] = now + EVICTED_TOKEN_S
        self._remove(key, EVICTED)
        return bool(channel.present)

    def _returns(self, opening: Opening, now: float) -> bool:
        """Whether this very token was evicted a while ago; forgets those that were long ago."""
        for old in [token for token, until in self._evicted.items() if until <= now]:
            del self._evicted[old]
        return (*_key(opening), opening.token_digest) in self._evicted

    def _remove(self, key: tuple[str, str], how: Close) -> None:
        """Sessions that end by our decision get no more frames, and their end is no absence."""
        channel = self._channels.pop(key, None)
        for session in channel.sessions if channel else ():
            session.close(how)


def _arrival(session: Session, disconnect_activity_sid: str | None) -> list[Command]:
    """The worker is there, and wants to be in this activity when his last socket is gone."""
    actor, worker_sid = _actor(session), session.opening.channel_sid
    return [
        SetDisconnectActivity(
            actor=actor, worker_sid=worker_sid, activity_sid=disconnect_activity_sid
        ),
        NoteConnected(actor=actor, worker_sid=worker_sid),
    ]


def _key(opening: Opening) -> tuple[str, str]:
    return (opening.account_sid, opening.channel_sid)


def _is_worker(session: Session) -> bool:
    return session.opening.channel_sid.startswith("WK")


def _actor(session: Session) -> Actor:
    """The worker himself: his connection says that he comes and goes."""
    opening = session.opening
    return Actor("worker", opening.channel_sid, "websocket", opening.ip_address)
