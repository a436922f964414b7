"""Escalation in three steps: after each ten seconds more people are asked, with more urgency.

The application is told by event callbacks, and writes down what happens to the task.
"""

import json

from receiver import Receiver
from start import a_worker, a_workflow, a_workspace

STEP_S = 10
TOLD = "task-queue.entered,task-queue.timeout"

receiver = Receiver()
workspace = a_workspace("Escalation", event_callback_url=receiver.url, events_filter=TOLD)
steps = [
    workspace.task_queues.create(friendly_name=name, target_workers=who)
    for name, who in (
        ("First line", "level == 1"),
        ("Second line", "level <= 2"),
        ("The whole house", "1 == 1"),
    )
]
a_workflow(
    workspace,
    {
        "filter_friendly_name": "incidents",
        "expression": "kind == 'incident'",
        "targets": [
            {"queue": steps[0].sid, "priority": 1, "timeout": STEP_S},
            {"queue": steps[1].sid, "priority": 5, "timeout": STEP_S},
            {"queue": steps[2].sid, "priority": 9},
        ],
    },
)
a_worker(workspace, "Gil", "Offline", level=1)
a_worker(workspace, "Hana", "Unavailable", level=2)
a_worker(workspace, "Ivo", level=3)

task = workspace.tasks.create(attributes=json.dumps({"kind": "incident"}))
for event in receiver.posts():
    second = int(event["Timestamp"]) - int(task.date_created.timestamp())
    name = event["TaskQueueName"]
    if event["EventType"] == "task-queue.timeout":
        print(f"second {second:2}: nobody answers in {name}", flush=True)
        continue
    offers = task.reservations.list()
    who = offers[0].worker_name if offers else "nobody is free"
    print(f"second {second:2}: {name}, priority {event['TaskPriority']}: {who}", flush=True)
    if offers:
        break
