"""What the role of an access token may do.

A worker reaches what is his own; a supervisor also other workers, every task to read it, and
`supervise`; an admin also queues (docs/tokens.md). Nobody deletes. Judged by method, path and
parameters: whether a worker holds the task that he reaches for is asked where records are known,
of what `task_to_hold` names.
"""

from __future__ import annotations

from pointsman.auth.access import AccessToken, Role
from pointsman.auth.credentials import canonical_sid
from pointsman.auth.policies import Params, split_path

Below = tuple[str, ...]
"""The segments of a path below its workspace."""


def role_allows(token: AccessToken, role: Role, method: str, path: str, params: Params) -> bool:
    """Whether a token like this one with this role may make the request."""
    below = _below(path)
    if _worker_may(token, method, below, params):
        return True
    if role is Role.WORKER:
        return False
    if _supervisor_may(token, method, below, params):
        return True
    return role is Role.ADMIN and method == "GET" and below[:1] == ("TaskQueues",)


def allowing_role(token: AccessToken, method: str, path: str, params: Params) -> Role | None:
    """The least role that may make the request; None: no role may."""
    return next((role for role in Role if role_allows(token, role, method, path, params)), None)


def task_to_hold(token: AccessToken, method: str, path: str, params: Params) -> str | None:
    """The task that the bearer reaches only as a worker who has a reservation on it."""
    below = _below(path)
    if len(below) < 2 or below[0] != "Tasks":
        return None
    supervises = token.role is not Role.WORKER and _supervisor_may(token, method, below, params)
    return None if supervises else below[1]


def _worker_may(token: AccessToken, method: str, below: Below, params: Params) -> bool:
    if token.worker_sid is None or method not in ("GET", "POST"):
        return False
    if below[:2] == ("Workers", token.worker_sid):
        return True
    if below[:1] == ("Activities",):
        return method == "GET"
    if below == ("Tasks",):
        return method == "POST" and _sid(params, "RoutingTarget") == token.worker_sid
    return below[:1] == ("Tasks",) and not _is_supervise(params)


def _supervisor_may(token: AccessToken, method: str, below: Below, params: Params) -> bool:
    if method == "GET":
        return below[:1] in (("Workers",), ("Tasks",), ("Activities",))
    if method != "POST":
        return False
    if len(below) == 2 and below[0] == "Workers":
        return True
    in_reservation = len(below) == 4 and (below[0], below[2]) == ("Tasks", "Reservations")
    own = _sid(params, "Supervisor") == token.worker_sid
    return in_reservation and own and _is_supervise(params)


def _is_supervise(params: Params) -> bool:
    return params.get("Instruction") == "supervise"


def _sid(params: Params, name: str) -> str:
    value = params.get(name)
    return canonical_sid(value) if isinstance(value, str) else ""


def _below(path: str) -> Below:
    return (split_path(path) or ())[3:]
