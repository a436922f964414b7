"""What a principal may do, and if not, which helper call would allow it.

Accounts and API keys may do everything within their account (that a record is theirs is seen by
whoever looks it up: another account's is not found). A token may do what its policies or its role
allow, in its own workspace only. Requests are judged by method, path and parameters; records are not known here.
"""

from __future__ import annotations

from pointsman.auth.access import AccessToken
from pointsman.auth.capability import CapabilityToken
from pointsman.auth.errors import forbidden, wrong_token
from pointsman.auth.policies import Params, split_path
from pointsman.auth.principal import Principal, Token
from pointsman.auth.roles import allowing_role, role_allows

_CALL = {"GET": "fetch", "POST": "update", "DELETE": "delete"}


def authorize(principal: Principal, method: str, path: str, params: Params) -> None:
    """Let the request pass, or refuse it (403) with a message that says what would allow it.

    `path` is the decoded path that the request is carried out by, from `/v1` and without query;
    `params` are the query parameters of a GET, the form parameters of a POST.
    """
    token = principal.token
    if token is None:
        return
    _check_workspace(token, path)
    if isinstance(token, AccessToken):
        _check_role(token, method, path, params)
    elif not token.policies.allow(method, path, params):
        raise forbidden(
            f"The token's policies do not allow {method} {path}{_with(params)}: "
            f"{allowing_call(token, method, path, params)} would"
        )


def allowing_call(token: CapabilityToken, method: str, path: str, params: Params) -> str:
    """The call of the helper libraries that puts the missing policy into a token like this one."""
    own, segments = split_path(token.resource_path), split_path(path)
    verb = _CALL.get(method)
    if own is None or segments is None or verb is None:
        return _plain_policy(method, path)
    if segments == own:
        only_activity = verb == "update" and token.worker_sid and set(params) == {"ActivitySid"}
        return (
            "allow_update_activities (ActivityUpdates)" if only_activity else f"allow_{verb}_self"
        )
    if token.worker_sid is not None:
        call = _worker_call(verb, segments, own)
        if call is not None:
            return call
    if segments[: len(own)] == own:
        return f"allow_{verb}_subresources"
    return _plain_policy(method, path)


def _worker_call(verb: str, segments: tuple[str, ...], own: tuple[str, ...]) -> str | None:
    workspace = own[:3]
    in_reservations = segments[: len(own) + 1] == (*own, "Reservations")
    in_tasks = segments[:4] == (*workspace, "Tasks")
    if verb == "fetch":
        if segments == (*workspace, "Activities"):
            return "allow_fetch_activities"
        if in_tasks:
            return "allow_fetch_reservations"
        return "allow_fetch_worker_reservations" if in_reservations else None
    deeper = len(segments) > (len(own) + 1 if in_reservations else 4)
    if verb == "update" and (in_reservations or in_tasks) and deeper:
        return "allow_update_reservations (ReservationUpdates)"
    return None


def _check_role(token: AccessToken, method: str, path: str, params: Params) -> None:
    if role_allows(token, token.role, method, path, params):
        return
    enough = allowing_role(token, method, path, params)
    would = "no role does" if enough is None else f"the role {enough} would"
    told = f"The token's role {token.role} does not allow {method} {path}{_with(params)}: {would}"
    raise forbidden(told)


def _check_workspace(token: Token, path: str) -> None:
    segments = split_path(path)
    if segments is None or segments[:2] != ("v1", "Workspaces") or len(segments) < 3:
        raise forbidden(f"A token reaches only its own workspace, which {path} is not in")
    if segments[2] != token.workspace_sid:
        raise wrong_token(f"The token is for workspace {token.workspace_sid}, not {segments[2]}")


def _with(params: Params) -> str:
    names = sorted(name for name, value in params.items() if value is not None)
    return f" with {', '.join(names)}" if names else ""


def _plain_policy(method: str, path: str) -> str:
    return f"a policy of its own for {method} {path}"
