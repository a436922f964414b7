"""One timer for all engines: what is due happens when it is due, also after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine import commands as c
from pointsman.engine.errors import ReservationOver
from pointsman.engine.records import ReservationStatus
from pointsman.runtime import Runtime
from tests.runtime.scene import ACTOR, Clumsy, Scene, running, settle
from tests.runtime.virtual_loop import VirtualLoop, run

OFFER_S = 30


@pytest.mark.feature(23)
def test_a_timer_fires_by_itself(tmp_path: Path) -> None:
    """An offer that nobody answers is taken back at its end, without anybody asking."""
    loop = VirtualLoop()

    async def story() -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish(workers=1)
            reservation = await scene.offered()
            await asyncio.sleep(OFFER_S - 0.001)
            assert "reservation.timeout" not in scene.types
            await asyncio.sleep(0.002)

            [timeout] = [e for _, e in scene.heard if e.type.value == "reservation.timeout"]
            assert timeout.resource_sid == reservation.sid
            assert timeout.at == reservation.expires_at

    run(story(), loop)


@pytest.mark.feature(23)
def test_timers_fire_after_a_restart(tmp_path: Path) -> None:
    """What became due while nobody ran happens at the start; the rest happens in its time."""
    loop = VirtualLoop()

    async def story() -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish(workers=2)
            early = await scene.offered()
            await asyncio.sleep(20)
            late = await scene.offered()
        await asyncio.sleep(15)
        async with running(tmp_path, loop.ambient) as again:
            again.workspace_sid = scene.workspace_sid
            await settle()
            over = [e.resource_sid for _, e in again.heard if e.type.value == "reservation.timeout"]
            assert over == [early.sid]
            await asyncio.sleep(20)

            over = [e.resource_sid for _, e in again.heard if e.type.value == "reservation.timeout"]
            assert over == [early.sid, late.sid]

    run(story(), loop)


def test_an_earlier_deadline_moves_the_timer(tmp_path: Path) -> None:
    """A deadline that comes to be before the one that is armed is not missed."""
    loop = VirtualLoop()

    async def story() -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish(workers=0)
            task = scene.a_task()
            await scene.do(c.CreateTask(actor=ACTOR, workflow_sid=task.workflow_sid, timeout_s=60))
            await asyncio.sleep(1)
            await scene.do(c.CreateTask(actor=ACTOR, workflow_sid=task.workflow_sid, timeout_s=5))
            await asyncio.sleep(5.01)

            assert scene.types.count("task.canceled") == 1
            await asyncio.sleep(54)
            assert scene.types.count("task.canceled") == 2

    run(story(), loop)


def test_what_is_due_comes_before_a_command(tmp_path: Path) -> None:
    """A command that comes after a deadline finds it dealt with, though no timer rang yet."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with running(tmp_path, ambient) as scene:
            await scene.furnish(workers=1)
            reservation = await scene.offered()
            ambient.advance(OFFER_S * 1000)

            with pytest.raises(ReservationOver):
                await scene.do(c.AcceptReservation(actor=ACTOR, reservation_sid=reservation.sid))

    asyncio.run(story())


def test_what_is_due_comes_before_a_read(tmp_path: Path) -> None:
    """A read after a deadline shows what followed from it, durably."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with running(tmp_path, ambient) as scene:
            await scene.furnish(workers=1)
            reservation = await scene.offered()
            ambient.advance(OFFER_S * 1000)
            found = await scene.read(lambda state: state.reservations[reservation.sid])

            assert found.reservation_status is ReservationStatus.TIMEOUT
            assert "reservation.timeout" in scene.types

    asyncio.run(story())


def test_a_clock_that_was_set_is_looked_at(tmp_path: Path) -> None:
    """When domain time is set forward, what has become due happens at once."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with running(tmp_path, ambient) as scene:
            await scene.furnish(workers=1)
            await scene.offered()
            await settle()
            ambient.advance(OFFER_S * 1000)
            scene.runtime.clock_changed()
            await settle()

            assert "reservation.timeout" in scene.types

    asyncio.run(story())


def test_time_never_falls_within_a_workspace(tmp_path: Path) -> None:
    """A clock that is set back, even across a restart, does not take events back in time."""

    async def story() -> None:
        async with running(tmp_path, VirtualAmbient(2_000_000_000_000)) as scene:
            await scene.furnish()
        async with running(tmp_path, VirtualAmbient(1_900_000_000_000)) as again:
            again.workspace_sid, again.workflow_sid = scene.workspace_sid, scene.workflow_sid
            await again.offered()

            assert {event.at for _, event in again.heard} == {2_000_000_000_000}
            told = await again.runtime.history(lambda h: h.events(again.workspace_sid, limit=100))
            assert [event.seq for event in told] == list(range(1, len(told) + 1))

    asyncio.run(story())


def test_a_large_backlog_of_timers_is_worked_off(tmp_path: Path) -> None:
    """Far more deadlines than one tick deals with are all dealt with after a long sleep."""

    async def story() -> None:
        ambient = VirtualAmbient()
        async with running(tmp_path, ambient) as scene:
            await scene.furnish(workers=0)
            await asyncio.gather(*(scene.do(scene.a_task()) for _ in range(1200)))
        ambient.advance(100_000_000)
        async with running(tmp_path, ambient) as again:
            again.workspace_sid = scene.workspace_sid
            await settle()

            assert again.types.count("task.canceled") == 1200

    asyncio.run(story())


def test_a_tick_that_crashes_is_not_tried_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After our own mistake in a timer the workspace is loaded again, later each time."""
    loop = VirtualLoop()

    async def story() -> None:
        ambient = loop.ambient
        async with running(tmp_path, ambient, new_engine=Clumsy) as scene:
            await scene.furnish(workers=1)
            await scene.offered()
            Clumsy.crash_in_tick = True
            try:
                await asyncio.sleep(OFFER_S + 64)
            finally:
                Clumsy.crash_in_tick = False
            crashes = caplog.text.count("tick crashed")
            await asyncio.sleep(60)

            assert 5 <= crashes <= 9
            assert scene.types.count("reservation.timeout") == 1

    run(story(), loop)


def test_a_tick_that_does_nothing_is_a_mistake(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A deadline that stays due whatever is done is logged as a crash, not repeated at once."""

    class Idle(Clumsy):
        stuck = False

        def next_deadline(self) -> int | None:
            return 0 if self.stuck else super().next_deadline()

    async def story() -> None:
        async with running(tmp_path, new_engine=Idle) as scene:
            await scene.furnish()
            Idle.stuck = True
            with pytest.raises(Exception, match="tick could not be carried out"):
                await scene.do(scene.a_task())
            Idle.stuck = False
            await settle()

            assert "a tick did nothing" in caplog.text
            await _works(scene)

    asyncio.run(story())


async def _works(scene: Scene) -> None:
    assert isinstance(scene.runtime, Runtime)
    assert await scene.do(scene.a_task())


def test_a_question_is_asked_now(tmp_path: Path) -> None:
    """A question hears the time at which it is asked, however long ago the last change was."""
    loop = VirtualLoop()

    async def story() -> None:
        async with running(tmp_path, loop.ambient) as scene:
            await scene.furnish(workers=1)
            await asyncio.sleep(90)
            heard = await scene.runtime.read(scene.workspace_sid, lambda state, now: now)
            assert heard == loop.ambient.now()

    run(story(), loop)
