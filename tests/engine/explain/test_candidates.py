"""Who may be offered a task, and what speaks against the others."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.engine.explain import Candidates
from pointsman.engine.records import Task, TaskStatus, Worker, replace
from pointsman.engine.state import State
from pointsman.engine.waiting import fits_at
from tests.scenarios.story import Story

QUEUES = ["1==1", 'lang HAS "en"', "level > 1", "worker.channel.chat.assigned_tasks == 0"]
WISHES = [
    "",
    "expression='task.lang IN worker.lang'",
    "expression='worker.level >= task.level'",
    "expression='worker.channel.chat.assigned_tasks < 2 AND worker.level != null'",
    "expression='taskrouter.currentHour >= 8 AND task.age >= 5'",
]
ORDERS = ["", "order_by='worker.level DESC'", "order_by='worker.rank, worker.level'"]
KNOWN = ["", "", "", "known_worker_friendly_name=task.wanted", "known_worker_friendly_name=w1"]
WORKERS = [
    '{"lang": ["en"], "level": 1, "rank": 2}',
    '{"lang": ["en", "es"], "level": 3}',
    '{"lang": ["es"], "level": 2, "rank": 1}',
    '{"lang": ["es"], "level": "high", "rank": 1}',
    '{"level": 3}',
]
TASKS = [
    '{"lang": "en", "level": 2}',
    '{"lang": "es", "level": 1, "wanted": "W2"}',
    '{"level": 3, "wanted": "w0"}',
    "{}",
]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A random workspace after a random busy minute."""
    pick = lambda choices: draw(st.sampled_from(choices))  # noqa: E731
    lines = []
    for n in range(draw(st.integers(2, 5))):
        lines.append(f"worker w{n} {pick(WORKERS)} activity={pick(['Available', 'Offline'])}")
        lines.append(
            f"capacity w{n} chat {draw(st.integers(0, 3))} available={pick(['true'] * 3 + ['false'])}"
        )
    for n in range(2):
        lines.append(f"queue q{n} '{pick(QUEUES)}' max={draw(st.integers(1, 2))}")
        step = f"target q{n} {pick(WISHES)} {pick(ORDERS)} {pick(KNOWN)}"
        lines.append(f"workflow f{n}\n  filter '1==1'\n    {step}")
    tasks = draw(st.integers(1, 6))
    for n in range(tasks):
        channel = pick(["chat", "chat", "default"])
        lines.append(f"task T{n} {pick(TASKS)} workflow={pick(['f0', 'f1'])} channel={channel}")
        lines.append(f"pass {draw(st.integers(0, 9))}s")
    story = Story()
    story.answer("\n".join(lines))
    for worker, task in list(story.names.reservations):
        verb = pick(["accept", "reject", "show tasks #"])
        story.answer(f"{verb} {story.names.of(worker)} {story.names.of(task)}")
    return story


def waiting(state: State) -> list[Task]:
    return [t for t in state.tasks.values() if t.assignment_status is TaskStatus.PENDING]


def codes(state: State, task_sid: str, worker_sid: str, now: int) -> list[str]:
    found = Candidates(state, state.tasks[task_sid], now).of(state.workers[worker_sid])
    return [obstacle.code for obstacle in found.obstacles]


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(stories())
def test_nobody_is_eligible_for_a_task_that_waits(story: Story) -> None:
    """After every command a waiting task has no eligible worker: the engine has offered all it could.

    Only what depends on the time is looked at again no more than once a minute.
    """
    state = story.engine.state
    for task in waiting(state):
        if "taskrouter" in (task.target.expression or ""):
            continue
        assert Candidates(state, task, story.now).in_order() == []
        for worker in state.workers.values():
            assert codes(state, task.sid, worker.sid, story.now) != []


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(stories(), st.data())
def test_the_eligible_are_whom_the_engine_would_choose(story: Story, data: st.DataObject) -> None:
    """The eligible workers and their order are those that the engine would claim for the task."""
    state = story.engine.state
    available = story.names.sid["Available"]
    for worker in list(state.workers.values()):
        if data.draw(st.booleans()):
            state.put(replace(worker, activity_sid=available))
    for channel in list(state.worker_channels.values()):
        if data.draw(st.booleans()):
            state.put(replace(channel, available=True, configured_capacity=4))
    for worker_sid, channel_sid in list(state.woken):
        state.settle(worker_sid, channel_sid)
    for task in waiting(state):
        candidates = Candidates(state, task, story.now)
        eligible = candidates.in_order()
        claimed = state.line.claim(state.line.cell_of(task.sid), 99, fits_at(state, story.now))
        for worker_sid in claimed:
            state.settle(worker_sid, task.task_channel_sid)

        assert eligible == claimed
        unhindered = {w.sid for w in state.workers.values() if not candidates.of(w).obstacles}
        assert unhindered == set(claimed)


def without_queue_expression(state: State, task: Task, worker: Worker) -> None:
    state.put(replace(state.task_queues[task.target.queue_sid], target_workers="1==1"))


def without_known_worker(state: State, task: Task, worker: Worker) -> None:
    state.put(replace(task, target=replace(task.target, known_worker=None)))


def without_wish(state: State, task: Task, worker: Worker) -> None:
    state.put(replace(task, target=replace(task.target, expression=None)))


def made_available(state: State, task: Task, worker: Worker) -> None:
    sid = next(activity.sid for activity in state.activities.values() if activity.available)
    state.put(replace(worker, activity_sid=sid))


def channel_opened(state: State, task: Task, worker: Worker) -> None:
    channel = state.worker_channel(worker.sid, task.task_channel_sid)
    assert channel is not None
    state.put(replace(channel, available=True))


def capacity_raised(state: State, task: Task, worker: Worker) -> None:
    channel = state.worker_channel(worker.sid, task.task_channel_sid)
    assert channel is not None
    used = state.used_slots(worker.sid, task.task_channel_sid)
    state.put(replace(channel, configured_capacity=used + 1))


REMEDIES: dict[str, Callable[[State, Task, Worker], None]] = {
    "queue-expression": without_queue_expression,
    "known-worker": without_known_worker,
    "target-expression": without_wish,
    "activity": made_available,
    "channel": channel_opened,
    "capacity": capacity_raised,
}


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(stories(), st.data())
def test_an_obstacle_that_is_removed_is_gone(story: Story, data: st.DataObject) -> None:
    """Every obstacle is real: with it removed the answer is the same without it."""
    state = story.engine.state
    pairs = [(task, worker) for task in waiting(state) for worker in state.workers.values()]
    if not pairs:
        return
    task, worker = data.draw(st.sampled_from(pairs))
    before = codes(state, task.sid, worker.sid, story.now)
    if not before:
        return
    chosen = data.draw(st.sampled_from(before))
    REMEDIES[chosen](state, task, worker)
    after = codes(state, task.sid, worker.sid, story.now)

    # A channel that is not available is not asked for its capacity.
    assert chosen not in after
    assert [code for code in after if code != "capacity"] == [
        code for code in before if code not in (chosen, "capacity")
    ]


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(stories())
def test_the_only_obstacle_stands_between_worker_and_offer(story: Story) -> None:
    """Who lacks one thing only is offered work the moment he has it; who lacks two, not this task."""
    state = story.engine.state
    for task in waiting(state):
        for worker in state.workers.values():
            before = codes(state, task.sid, worker.sid, story.now)
            if "activity" not in before:
                continue
            then = copy.deepcopy(story)
            then.answer(f"set {worker.friendly_name} activity=Available")
            offers = then.engine.state.live_reservations_of_worker(worker.sid)
            had = {offer.sid for offer in state.live_reservations_of_worker(worker.sid)}
            new = [offer for offer in offers if offer.sid not in had]
            if before == ["activity"]:
                assert any(offer.task_channel_sid == task.task_channel_sid for offer in new)
            else:
                assert all(offer.task_sid != task.sid for offer in new)


@pytest.mark.feature(262, partly=True)
@settings(deadline=None)
@given(st.lists(st.sampled_from(WORKERS), min_size=1, max_size=5), st.data())
def test_the_next_worker_is_the_next_one_asked(workers: list[str], data: st.DataObject) -> None:
    """When the offer of a lone task is rejected, it goes to whom its explanation named as next."""
    wish = data.draw(st.sampled_from(WISHES[:3]))
    lines = [f"worker w{n} {text} activity=Available" for n, text in enumerate(workers)]
    lines += [f"queue q '{data.draw(st.sampled_from(QUEUES))}'", "workflow f", "  filter '1==1'"]
    lines += [f"    target q {wish}", f"task T {data.draw(st.sampled_from(TASKS))}"]
    story = Story()
    story.answer("\n".join(lines))
    state = story.engine.state
    task_sid = story.names.sid["T"]
    asked = [offer.worker_sid for offer in state.reservations_of_task(task_sid)]
    while asked and len(asked) < 8:
        expected = Candidates(state, state.tasks[task_sid], story.now).in_order()
        story.answer(f"pass 1s\nreject {story.names.of(asked[-1])} T")
        asked = [offer.worker_sid for offer in state.reservations_of_task(task_sid)]

        assert asked[-1] == (expected[0] if expected else asked[-2])


@pytest.mark.feature(262, partly=True)
def test_who_has_it_already() -> None:
    """Who is offered a task is not among those who could be, even with room for more."""
    story = Story()
    story.answer(
        """
worker ana {} activity=Available
worker bob {} activity=Available
capacity ana default 5
queue everyone
workflow all
  default everyone
task T {}
"""
    )
    state, (ana, bob) = story.engine.state, list(story.engine.state.workers)
    candidates = Candidates(state, state.tasks[story.names.sid["T"]], story.now)

    assert [o.code for o in candidates.of(state.workers[ana]).obstacles] == ["has-task"]
    assert candidates.in_order() == [bob]


@pytest.mark.feature(262, partly=True)
def test_an_offered_task_is_judged_as_if_it_waited() -> None:
    """The next workers of an offered task are those who fit it once it waits again."""
    story = Story()
    story.answer(
        """
worker ana {} activity=Available
worker bob {} activity=Available
queue everyone
workflow all
  filter '1==1'
    target everyone expression='task.assignment_status == "pending"'
task T {}
"""
    )
    state, (_, bob) = story.engine.state, list(story.engine.state.workers)

    assert Candidates(state, state.tasks[story.names.sid["T"]], story.now).in_order() == [bob]
