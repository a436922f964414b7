"""A workspace's own settings: how long its tasks may be assigned and wrapping, and who goes offline.

Ours, below /pointsman/v1; the compatible workspace resource does not show them (docs/workflows.md,
docs/live-channel.md).
"""

from __future__ import annotations

from typing import Any

from pointsman.api.reply import Noun
from pointsman.engine.records import Workspace
from pointsman.engine.state import State

__all__ = ["SETTINGS"]


def _show(workspace: Workspace, state: State, base: str, now: int) -> dict[str, Any]:
    return {
        "account_sid": workspace.account_sid,
        "workspace_sid": workspace.sid,
        "wrap_up_after": workspace.wrap_up_after_s,
        "complete_after": workspace.complete_after_s,
        "offline_if_disconnected": workspace.offline_if_disconnected,
        "vanished_after": workspace.vanished_after_s,
        "vanished_pending": workspace.vanished_pending,
        "vanished_accepted": workspace.vanished_accepted,
        "url": f"{base}/pointsman/v1/Workspaces/{workspace.sid}/Settings",
    }


SETTINGS = Noun("settings", lambda state, names: state.workspace, _show)
