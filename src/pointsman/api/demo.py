"""The demo: a workspace to try things in, and sessions for its workers, only with `--demo`.

The workspace is made once, by ordinary commands, and found again by its name. A session is what a
page needs to be one of its workers: a token of his, a token that can only create tasks, and SIDs.
Whoever reaches the server gets one, unless a demo key is set.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from msgspec import Struct

from pointsman.ambient import REAL, Ambient
from pointsman.api.errors import Refused
from pointsman.auth.minting import DEFAULT_TTL_S, customer_token, worker_token
from pointsman.engine.commands import (
    Command,
    CreateActivity,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    UpdateWorkerChannel,
)
from pointsman.engine.errors import NotFound
from pointsman.engine.records import Actor
from pointsman.engine.state import State
from pointsman.runtime import Unavailable

if TYPE_CHECKING:
    from pointsman.auth import Account, Accounts
    from pointsman.engine.engine import Outcome
    from pointsman.runtime import Runtime
    from pointsman.settings import Settings

__all__ = ["WORKSPACE_NAME", "Demo", "demo_of"]

_T = TypeVar("_T")

WORKSPACE_NAME = "Pointsman demo"
CHAT_CAPACITY = 3


class _Person(Struct, frozen=True):
    """A worker of the demo."""

    name: str
    languages: tuple[str, ...]
    level: int
    skills: tuple[str, ...]

    @property
    def attributes(self) -> str:
        return orjson.dumps(
            {
                "languages": self.languages,
                "level": self.level,
                "skills": self.skills,
                "contact_uri": f"client:{self.name}",
            }
        ).decode()


PEOPLE = (
    _Person("alice", ("en", "es"), 3, ("billing", "refunds", "technical")),
    _Person("bob", ("en",), 2, ("billing", "orders")),
    _Person("carla", ("es", "en"), 2, ("technical", "orders")),
    _Person("diego", ("es",), 1, ("orders",)),
    _Person("erin", ("en",), 1, ("billing",)),
)
LANGUAGES = {"en": "English", "es": "Spanish"}


class Demo:
    """The demo workspace of one account; `prepare` comes before everything else."""

    def __init__(
        self,
        runtime: Runtime,
        accounts: Accounts,
        account_sid: str,
        *,
        key: str = "",
        has_softphones: bool = False,
        ambient: Ambient = REAL,
    ) -> None:
        self._runtime = runtime
        self._accounts = accounts
        self._account_sid = account_sid
        self._key = key
        self._has_softphones = has_softphones
        self._ambient = ambient
        self.workspace_sid = ""

    async def prepare(self) -> None:
        """Find the demo workspace, or make it."""
        self.workspace_sid = (
            await self._found() or await _Seed(self._runtime, self._account_sid).plant()
        )

    async def workers(self, key: str = "") -> dict[str, Any]:
        """Whom one can be: every worker with what he knows."""
        self._check(key)

        def question(state: State, now: int) -> list[dict[str, Any]]:
            return [
                {
                    "sid": worker.sid,
                    "friendly_name": worker.friendly_name,
                    "attributes": worker.attributes,
                }
                for worker in state.workers.values()
            ]

        return {"workers": await self._ask(question)}

    async def session(self, worker: Any, key: str = "") -> dict[str, Any]:
        """Tokens and SIDs for one worker, by name.

        Raises `Refused`: 403 for a wrong key, 400 without a name, 404 for nobody's name.
        """
        self._check(key)
        if not isinstance(worker, str) or not worker:
            raise Refused(400, 20001, 'Say which worker: {"worker": "alice"}')
        place = await self._ask(lambda state, now: _place_of(worker, state))
        account = self._accounts.account(self._account_sid)
        if place is None or account is None:
            raise Refused(404, 20404, f"The demo has no worker {worker!r}")
        return {**place, **self._tokens(account, place["worker_sid"])}

    async def _ask(self, question: Callable[[State, int], _T]) -> _T:
        """Ask the demo workspace, which anybody with the account's credentials may delete."""
        try:
            return await self._runtime.read(self.workspace_sid, question)
        except NotFound as error:
            told = "The demo workspace was deleted; start the server again for a new one"
            raise Refused(404, 20404, told) from error
        except Unavailable as error:
            raise Refused(503, 20503, str(error), {"Retry-After": "1"}) from error

    def _tokens(self, account: Account, worker_sid: str) -> dict[str, Any]:
        now_s = self._ambient.wall()
        return {
            "account_sid": account.sid,
            "workspace_sid": self.workspace_sid,
            "token": worker_token(account, self.workspace_sid, worker_sid, now_s=now_s),
            "customer_token": customer_token(account, self.workspace_sid, now_s=now_s),
            "ttl": DEFAULT_TTL_S,
            "softphone": self._has_softphones,
        }

    def _check(self, key: str) -> None:
        if self._key and not hmac.compare_digest(self._key.encode(), key.encode()):
            told = "This demo has a key; send it as the header X-Pointsman-Demo-Key"
            raise Refused(403, 20003, told)

    async def _found(self) -> str | None:
        for sid in self._runtime.workspaces_of(self._account_sid):
            if await self._runtime.read(sid, lambda state, now: _is_demo(state)):
                return sid
        return None


def _is_demo(state: State) -> bool:
    """Whether this is the demo's workspace; one whose making was cut short is not."""
    workspace = state.workspace
    named = workspace is not None and workspace.friendly_name == WORKSPACE_NAME
    return named and bool(state.workflows) and bool(state.workers)


def _place_of(name: str, state: State) -> dict[str, Any] | None:
    """The worker's and the workflow's SIDs, and how long that workflow lets an offer stand."""
    worker = state.worker_named(name)
    workflow = next(iter(state.workflows.values()), None)
    if worker is None or workflow is None:
        return None
    return {
        "worker": worker.friendly_name,
        "worker_sid": worker.sid,
        "workflow_sid": workflow.sid,
        "reservation_timeout": workflow.task_reservation_timeout_s,
    }


class _Seed:
    """Makes the demo workspace by the commands that anybody could send."""

    def __init__(self, runtime: Runtime, account_sid: str) -> None:
        self._runtime = runtime
        self._actor = Actor("account", account_sid)
        self._workspace_sid = ""

    async def plant(self) -> str:
        """Workspace, activities, queues, workflow and workers; gives the workspace's SID."""
        self._workspace_sid = await self._runtime.create_workspace(
            CreateWorkspace(
                actor=self._actor, account_sid=self._actor.sid, friendly_name=WORKSPACE_NAME
            ),
            _sid_of_outcome,
        )
        for name in ("On a break", "In training"):
            await self._do(CreateActivity(actor=self._actor, friendly_name=name))
        queues = {code: await self._queue(code) for code in LANGUAGES}
        await self._workflow(queues)
        for person in PEOPLE:
            await self._worker(person)
        return self._workspace_sid

    async def _queue(self, code: str) -> str:
        expression = f'languages HAS "{code}"'
        return await self._do(
            CreateTaskQueue(
                actor=self._actor, friendly_name=LANGUAGES[code], target_workers=expression
            )
        )

    async def _workflow(self, queues: dict[str, str]) -> None:
        configuration = {
            "task_routing": {
                "filters": [_filter(code, queue_sid) for code, queue_sid in queues.items()],
                "default_filter": {"queue": queues["en"]},
            }
        }
        await self._do(
            CreateWorkflow(
                actor=self._actor,
                friendly_name="Support",
                configuration=orjson.dumps(configuration, option=orjson.OPT_INDENT_2).decode(),
                task_reservation_timeout_s=30,
            )
        )

    async def _worker(self, person: _Person) -> None:
        worker_sid = await self._do(
            CreateWorker(actor=self._actor, friendly_name=person.name, attributes=person.attributes)
        )
        await self._do(
            UpdateWorkerChannel(
                actor=self._actor,
                worker_sid=worker_sid,
                worker_channel="chat",
                capacity=CHAT_CAPACITY,
            )
        )

    async def _do(self, command: Command) -> str:
        return await self._runtime.execute(self._workspace_sid, command, _sid_of_outcome)


def _filter(code: str, queue_sid: str) -> dict[str, Any]:
    """Callers of one language: first whoever has their level, the least skilled of them first;
    after 20 s they become more urgent, after 40 s anybody who speaks the language is right.
    """
    return {
        "filter_friendly_name": f"{LANGUAGES[code]} callers",
        "expression": f'language == "{code}"',
        "targets": [
            {
                "queue": queue_sid,
                "expression": "worker.level >= task.level",
                "order_by": "worker.level ASC",
                "timeout": 20,
            },
            {"expression": "worker.level >= task.level", "priority": 5, "timeout": 20},
            {"priority": 10},
        ],
    }


def _sid_of_outcome(state: State, outcome: Outcome) -> str:
    assert outcome.record is not None
    return outcome.record.sid


def demo_of(
    settings: Settings, runtime: Runtime, accounts: Accounts, ambient: Ambient
) -> Demo | None:
    """The demo workspace, where the settings want one."""
    if not settings.demo:
        return None
    account_sid = settings.account_sid or accounts.all()[0].sid
    return Demo(
        runtime,
        accounts,
        account_sid,
        key=settings.demo_key,
        has_softphones=settings.voice != "none" and bool(settings.softphone_url),
        ambient=ambient,
    )
