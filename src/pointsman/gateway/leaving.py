"""Where a worker is put when his last socket is gone: what his page wishes, or the workspace's setting.

The rule: an activity that the page names comes first, then its wish to go offline or not, then the
setting. This module knows no socket and no token.
"""

from __future__ import annotations

from msgspec import Struct

from pointsman.engine.state import State

__all__ = ["Wish", "offline"]

OFFLINE = "Offline"


class Wish(Struct, frozen=True, kw_only=True):
    """What the address of a socket says of its end."""

    activity_sid: str = ""
    """`disconnectActivitySid`"""
    offline: bool | None = None
    """`setWorkerOfflineIfDisconnected`, None if it is absent."""

    @property
    def is_the_client_s(self) -> bool:
        """Whether the client asks for it, and needs the right to; the operator's setting needs none."""
        return bool(self.activity_sid or self.offline)

    def activity(self, state: State) -> tuple[str | None, bool]:
        """The activity's SID, and whether it is one of this workspace; None for staying as one is."""
        if self.activity_sid:
            return self.activity_sid, self.activity_sid in state.activities
        workspace = state.workspace
        by_setting = workspace is not None and workspace.offline_if_disconnected
        wanted = by_setting if self.offline is None else self.offline
        return (offline(state) if wanted else None), True


def offline(state: State) -> str | None:
    """The workspace's activity for who is not there: the one called Offline, else that of workers who
    did not answer, else that of new ones; never one in which tasks are offered.
    """
    workspace = state.workspace
    assert workspace is not None
    named = [each.sid for each in state.activities.values() if each.friendly_name == OFFLINE]
    for sid in (*named, workspace.timeout_activity_sid, workspace.default_activity_sid):
        activity = state.activities.get(sid)
        if activity is not None and not activity.available:
            return sid
    return None
