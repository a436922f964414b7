"""Every public method of the stock client's TaskRouter part is called, and none is refused.

The methods are those that the library has; which were really called is heard from the interpreter,
so a method that a later version adds, or that is forgotten here, fails.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client, taskrouter

from tests.contract.test_statistics import Bulk
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

LIBRARY = Path(taskrouter.__file__).parent
Method = tuple[str, str]
"""File of the library, and the method with its class."""
Make = Callable[[], str]
"""Makes something and gives its SID."""


def public_methods() -> set[Method]:
    """All that the library offers."""
    return {
        (str(file.relative_to(LIBRARY)), f"{described.name}.{method.name}")
        for file in LIBRARY.rglob("*.py")
        for described in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(described, ast.ClassDef)
        for method in described.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        if not method.name.startswith("_")
    }


class Listener:
    """Notes which of the library's methods are called while it listens."""

    def __init__(self) -> None:
        self.heard: set[Method] = set()
        self._known: set[CodeType] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or (code := frame.f_code) in self._known:
            return
        self._known.add(code)
        file = Path(code.co_filename)
        if file.is_relative_to(LIBRARY):
            self.heard.add((str(file.relative_to(LIBRARY)), code.co_qualname))


class Tour:
    """Two clients of one kind, one that waits and one that awaits, and a workspace."""

    def __init__(self, server: Server) -> None:
        self.plain = server.client()
        http = AsyncTwilioHttpClient(timeout=20)
        self.awaiting = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
        self.awaiting.taskrouter.base_url = server.address
        self.number = count(1)
        self.workflow_sid = ""
        self.sid = str(self.plain.taskrouter.v1.workspaces.create(friendly_name="Tour").sid)

    def here(self, client: Client) -> Any:
        return client.taskrouter.v1.workspaces(self.sid)

    @property
    def workspace(self) -> Any:
        return self.here(self.plain)

    def named(self) -> dict[str, str]:
        return {"friendly_name": f"number {next(self.number)}"}

    # --- calling -----------------------------------------------------------------------------------

    async def call_all(self, reach: Callable[[Client, str], Awaitable[Any]], **given: Any) -> None:
        """Each public method of what is reached, with what its name needs; properties are read."""
        kind = type(await reach(self.plain, "look"))
        for name in (each for each in vars(kind) if not each.startswith("_")):
            verb = re.sub(r"(_with_http_info)?(_async)?$", "", name)
            client = self.awaiting if name.endswith("_async") else self.plain
            reached = await reach(client, verb)
            member = getattr(reached, name)
            if not isinstance(inspect.getattr_static(kind, name), property):
                arguments = given.get(verb, {})
                arguments = arguments(reached) if callable(arguments) else arguments
                await self.call(member, name, arguments)

    async def call(self, method: Any, name: str, arguments: dict[str, Any]) -> None:
        """One call; whatever it streams is read to its end."""
        answer = method(**arguments)
        if inspect.isawaitable(answer):
            answer = await answer
        if "_with_http_info" in name:
            told = answer if isinstance(answer, tuple) else (answer.data, answer.status_code)
            assert 200 <= told[1] < 300
            answer = told[0]
        if name.startswith("stream"):
            items = [each async for each in answer] if hasattr(answer, "__aiter__") else [*answer]
            assert items

    async def visit(
        self,
        found: Callable[[Client], Any],
        sid: str | Make,
        create: Callable[[], dict[str, Any]] | None = None,
        update: dict[str, Any] | None = None,
    ) -> None:
        """A list, the contexts of what is in it, and its instances."""
        make = sid if callable(sid) else lambda: sid
        kept = make()

        async def context(client: Client, verb: str) -> Any:
            return found(client)(make() if verb in ("delete", "update") else kept)

        async def instance(client: Client, verb: str) -> Any:
            reached = await context(client, verb)
            return await (reached.fetch_async() if client is self.awaiting else answered(reached))

        async def answered(reached: Any) -> Any:
            return reached.fetch()

        await self.call_all(
            reached_by(found),
            create=lambda _: create() if create else {},
            get={"sid": kept},
            get_page=lambda reached: {"target_url": self.first_page(found)},
        )
        await self.call_all(context, update=update or {})
        await self.call_all(instance, update=update or {})

    def first_page(self, found: Callable[[Client], Any]) -> str:
        url: str = found(self.plain).page()._payload["meta"]["first_page_url"]
        return url

    async def figures(self, found: Callable[[Client], Any]) -> None:
        """Statistics, which are one of a kind."""

        async def context(client: Client, verb: str) -> Any:
            return found(client)()

        async def instance(client: Client, verb: str) -> Any:
            reached = found(client)()
            return await reached.fetch_async() if client is self.awaiting else reached.fetch()

        await self.call_all(reached_by(found))
        await self.call_all(context)
        await self.call_all(instance)

    # --- what there is -----------------------------------------------------------------------------

    def configuration(self) -> str:
        queue = self.workspace.task_queues.list(limit=1)[0].sid
        return json.dumps({"task_routing": {"default_filter": {"queue": queue}}})

    def offer(self) -> tuple[str, str]:
        """A task that was just made, and its reservation."""
        task = self.workspace.tasks.create(workflow_sid=self.workflow_sid)
        return task.sid, task.reservations.list()[0].sid

    def furnish(self) -> str:
        """A queue, a workflow, and a worker with room for everything; his SID."""
        self.workspace.task_queues.create(friendly_name="Everybody")
        made = self.workspace.workflows.create(
            friendly_name="All", configuration=self.configuration()
        )
        self.workflow_sid = made.sid
        available = self.workspace.activities.list(friendly_name="Available")[0].sid
        worker = self.workspace.workers.create(friendly_name="ana", activity_sid=available)
        worker.worker_channels.list()
        self.workspace.workers(worker.sid).worker_channels("default").update(capacity=50)
        return str(worker.sid)


def reached_by(found: Callable[[Client], Any]) -> Callable[[Client, str], Awaitable[Any]]:
    async def reached(client: Client, verb: str) -> Any:
        return found(client)

    return reached


async def visit_all(tour: Tour) -> None:
    worker = tour.furnish()
    here, workspace = tour.here, tour.workspace
    queue = workspace.task_queues.list(limit=1)[0].sid
    workflow = tour.workflow_sid
    named = tour.named

    def channel() -> dict[str, str]:
        return {**named(), "unique_name": f"channel_{next(tour.number)}"}

    def routing() -> dict[str, str]:
        return {**named(), "configuration": tour.configuration()}

    kinds: list[tuple[str, Callable[[], dict[str, Any]], dict[str, Any]]] = [
        ("activities", named, {}),
        ("task_channels", channel, {}),
        ("task_queues", named, {"target_workers": "1==1"}),
        ("workflows", routing, {"task_reservation_timeout": 60}),
        ("workers", named, {"attributes": "{}"}),
        ("tasks", lambda: {"workflow_sid": workflow}, {"attributes": '{"changed": true}'}),
    ]
    for name, create, update in kinds:

        def listed(client: Client, name: str = name) -> Any:
            return getattr(here(client), name)

        def make(name: str = name, create: Callable[[], dict[str, Any]] = create) -> str:
            return str(getattr(workspace, name).create(**create()).sid)

        await tour.visit(listed, make, create, update)
    await tour.visit(
        lambda client: client.taskrouter.v1.workspaces,
        lambda: str(tour.plain.taskrouter.v1.workspaces.create(**named()).sid),
        named,
        {"prioritize_queue_order": "LIFO"},
    )
    await visit_work(tour, worker)
    await visit_figures(tour, worker, queue, workflow)


async def visit_work(tour: Tour, worker: str) -> None:
    """Events, worker channels, and reservations below their task and below their worker."""
    here = tour.here
    event = tour.workspace.events.list(limit=1)[0].sid
    await tour.visit(lambda client: here(client).events, event)
    await tour.visit(
        lambda client: here(client).workers(worker).worker_channels, "voice", None, {"capacity": 2}
    )
    accepted = {"reservation_status": "accepted"}
    await tour.visit(
        lambda client: here(client).workers(worker).reservations,
        lambda: tour.offer()[1],
        None,
        accepted,
    )
    task, reservation = "", ""

    def next_offer() -> str:
        nonlocal task, reservation
        task, reservation = tour.offer()
        return reservation

    # Reservations are found below their own task only, so what is reached is the latest one's.
    async def context(client: Client, verb: str) -> Any:
        next_offer()
        return here(client).tasks(task).reservations(reservation)

    async def instance(client: Client, verb: str) -> Any:
        reached = await context(client, verb)
        return await reached.fetch_async() if client is tour.awaiting else reached.fetch()

    next_offer()
    await tour.call_all(
        reached_by(lambda client: here(client).tasks(task).reservations),
        get={"sid": reservation},
        get_page=lambda _: {
            "target_url": tour.first_page(lambda client: here(client).tasks(task).reservations)
        },
    )
    await tour.call_all(context, update=accepted)
    await tour.call_all(instance, update=accepted)


async def visit_figures(tour: Tour, worker: str, queue: str, workflow: str) -> None:
    here = tour.here
    for reach in (
        here,
        lambda client: here(client).task_queues(queue),
        lambda client: here(client).workflows(workflow),
        lambda client: here(client).workers,
    ):
        await tour.figures(lambda client, reach=reach: reach(client).cumulative_statistics)
        await tour.figures(lambda client, reach=reach: reach(client).real_time_statistics)
        await tour.figures(lambda client, reach=reach: reach(client).statistics)
    await tour.figures(lambda client: here(client).workers(worker).statistics)
    several = lambda client: here(client).task_queues.statistics  # noqa: E731
    page = {"target_url": tour.first_page(several)}
    await tour.call_all(reached_by(several), get_page=page)
    await visit_bulk(tour, queue)


async def visit_bulk(tour: Tour, queue: str) -> None:
    """Awaited, the library sends a form and calls it JSON: that is refused with a sentence."""
    plain, awaited = (
        tour.here(client).task_queues.bulk_real_time_statistics
        for client in (tour.plain, tour.awaiting)
    )
    for name in ("create", "create_with_http_info"):
        await tour.call(getattr(plain, name), name, {"body": Bulk(queue)})
        with pytest.raises(TwilioRestException, match="The body is not JSON"):
            await tour.call(getattr(awaited, f"{name}_async"), name, {"body": Bulk(queue)})


@pytest.mark.feature(1)
@pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in:DeprecationWarning")
def test_every_method_of_the_library_is_answered(tmp_path: Path) -> None:
    """Plain and awaited, with the answer's status or without, every method does what it is for."""
    listener = Listener()

    async def story(server: Server) -> None:
        tour = Tour(server)
        sys.setprofile(listener)
        try:
            await visit_all(tour)
            assert tour.plain.taskrouter.v1.workspaces.list()
        finally:
            sys.setprofile(None)
            await tour.awaiting.http_client.close()

    with a_server(tmp_path) as server:
        asyncio.run(story(server))

    everything = public_methods()
    assert len(everything) > 600
    assert everything - listener.heard == {("__init__.py", "Taskrouter.workspaces")}, (
        "the library itself warns of it"
    )
