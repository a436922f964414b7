"""`pointsman token`: capability tokens for a worker's, a workspace's or a task queue's live channel,
and access tokens for the newer SDK.

The token is the only thing on standard output, so that a script can take it as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import typer

from pointsman.ambient import wall
from pointsman.auth import Account, ApiKey, Role, minting
from pointsman.auth.credentials import is_sid
from pointsman.cli.account import DataFolder, opened_vault
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.settings import Settings

__all__ = ["app"]

app = typer.Typer(help="Make tokens for browsers.", no_args_is_help=True)

WorkspaceSid = Annotated[str, typer.Argument(metavar="WS…", help="The workspace.")]
Ttl = Annotated[
    int, typer.Option(min=1, help="Seconds until it expires [3600].", show_default=False)
]
ResourceAllow = Annotated[
    str, typer.Option(help="Any of self,subresources [both].", show_default=False)
]
AccountSid = Annotated[
    str | None,
    typer.Option(
        "--account", metavar="AC…", help="Whose workspace it is; the only one's if left out."
    ),
]


@app.command()
def worker(
    workspace_sid: WorkspaceSid,
    worker_sid: Annotated[str, typer.Argument(metavar="WK…", help="The worker.")],
    ttl: Ttl = minting.DEFAULT_TTL_S,
    allow: Annotated[
        str,
        typer.Option(
            help="Any of activities,reservations,self,subresources [all].", show_default=False
        ),
    ] = ",".join(minting.WORKER_ALLOWS),
    account_sid: AccountSid = None,
    data: DataFolder = None,
) -> None:
    """Print a worker's token."""
    _check(workspace_sid, "WS", "workspace")
    _check(worker_sid, "WK", "worker")
    allowed = _chosen(allow, minting.WORKER_ALLOWS)
    account = _account(account_sid, data)
    typer.echo(
        minting.worker_token(
            account, workspace_sid, worker_sid, now_s=wall(), ttl_s=ttl, allow=allowed
        )
    )


@app.command()
def workspace(
    workspace_sid: WorkspaceSid,
    ttl: Ttl = minting.DEFAULT_TTL_S,
    allow: ResourceAllow = ",".join(minting.RESOURCE_ALLOWS),
    account_sid: AccountSid = None,
    data: DataFolder = None,
) -> None:
    """Print a workspace's token."""
    _check(workspace_sid, "WS", "workspace")
    allowed = _chosen(allow, minting.RESOURCE_ALLOWS)
    account = _account(account_sid, data)
    typer.echo(
        minting.workspace_token(account, workspace_sid, now_s=wall(), ttl_s=ttl, allow=allowed)
    )


@app.command()
def taskqueue(
    workspace_sid: WorkspaceSid,
    task_queue_sid: Annotated[str, typer.Argument(metavar="WQ…", help="The task queue.")],
    ttl: Ttl = minting.DEFAULT_TTL_S,
    allow: ResourceAllow = ",".join(minting.RESOURCE_ALLOWS),
    account_sid: AccountSid = None,
    data: DataFolder = None,
) -> None:
    """Print a task queue's token."""
    _check(workspace_sid, "WS", "workspace")
    _check(task_queue_sid, "WQ", "task queue")
    allowed = _chosen(allow, minting.RESOURCE_ALLOWS)
    account = _account(account_sid, data)
    typer.echo(
        minting.task_queue_token(
            account, workspace_sid, task_queue_sid, now_s=wall(), ttl_s=ttl, allow=allowed
        )
    )


@app.command()
def access(
    workspace_sid: WorkspaceSid,
    worker_sid: Annotated[
        str | None, typer.Argument(metavar="[WK…]", help="The worker; an admin needs none.")
    ] = None,
    role: Annotated[
        Role, typer.Option(help="worker, supervisor or admin [worker].", show_default=False)
    ] = Role.WORKER,
    ttl: Ttl = minting.DEFAULT_TTL_S,
    key_sid: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="SK…", help="API key that signs; the only one's if left out."
        ),
    ] = None,
    account_sid: AccountSid = None,
    data: DataFolder = None,
) -> None:
    """Print an access token for the newer SDK, npm `twilio-taskrouter`."""
    _check(workspace_sid, "WS", "workspace")
    if worker_sid is not None:
        _check(worker_sid, "WK", "worker")
    elif role is not Role.ADMIN:
        refuse(f"The role {role.value} needs a worker: name WK… after the workspace.")
    key = _key(key_sid, account_sid, data)
    typer.echo(minting.access_token(key, workspace_sid, worker_sid, role, now_s=wall(), ttl_s=ttl))


def _check(sid: str, prefix: str, noun: str) -> None:
    if not is_sid(sid, prefix):
        refuse(f"{sid!r} is not the SID of a {noun}: {prefix} and 32 digits of 0-9, a-f.")


def _chosen(allow: str, known: tuple[str, ...]) -> list[str]:
    words = [word.strip() for word in allow.split(",") if word.strip()]
    strange = [word for word in words if word not in known]
    if strange:
        refuse(f"--allow knows {', '.join(known)}, not {', '.join(strange)}.")
    return words


def _account(account_sid: str | None, data: DataFolder) -> Account:
    """The account that signs."""
    settings = settings_or_refuse(data=data)
    with opened_vault(settings) as vault:
        return _chosen_account(vault.load()[0], account_sid, settings)


def _chosen_account(
    accounts: Collection[Account], account_sid: str | None, settings: Settings
) -> Account:
    """The account that was named, the environment's, or the only one there is."""
    known = {account.sid: account for account in accounts}
    wanted = account_sid or settings.account_sid
    if not wanted and len(known) == 1:
        return next(iter(known.values()))
    if not wanted:
        refuse(f"There are {len(known)} accounts in {settings.data}; say --account AC….")
    if wanted not in known:
        refuse(f"There is no account {wanted} in {settings.data}.")
    return known[wanted]


def _key(key_sid: str | None, account_sid: str | None, data: DataFolder) -> ApiKey:
    """The account's API key that was named, the environment's, or the only one it has."""
    settings = settings_or_refuse(data=data)
    with opened_vault(settings) as vault:
        accounts, keys = vault.load()
    account = _chosen_account(accounts, account_sid, settings)
    known = {key.sid: key for key in keys if key.account_sid == account.sid}
    wanted = key_sid or settings.api_key_sid
    if not known:
        refuse(
            f"{account.sid} has no API key, and access tokens are signed with one: start the server once "
            "with POINTSMAN_API_KEY_SID, POINTSMAN_API_KEY_SECRET and the account's own two variables."
        )
    if not wanted and len(known) == 1:
        return next(iter(known.values()))
    if wanted not in known:
        refuse(f"{account.sid} has no such API key; say --key with one of {', '.join(known)}.")
    return known[wanted]
