"""A worker who knows the customer: whoever helped last time is asked first, for ten seconds.

The task says who that was, and the workflow's target asks for this worker by the task's attribute.
"""

import json

from receiver import Receiver
from start import a_worker, a_workflow, a_workspace

PATIENCE_S = 10

receiver = Receiver()
workspace = a_workspace(
    "Known worker", event_callback_url=receiver.url, events_filter="reservation.created"
)
everybody = workspace.task_queues.create(friendly_name="Everybody")
a_workflow(
    workspace,
    {
        "filter_friendly_name": "an old acquaintance",
        "expression": "last_worker != null",
        "targets": [
            {
                "queue": everybody.sid,
                "known_worker_friendly_name": "task.last_worker",
                "timeout": PATIENCE_S,
            },
            {"queue": everybody.sid},
        ],
    },
    default=everybody,
)
a_worker(workspace, "Emil")
a_worker(workspace, "Fay")
offers = receiver.posts()
customer = {"name": "Mr Ito"}


def a_visit():
    """The customer comes; who helps is remembered for the next time."""
    task = workspace.tasks.create(attributes=json.dumps(customer))
    offer = next(offers)
    waited = int(offer["Timestamp"]) - int(task.date_created.timestamp())
    after = f" after {waited} seconds" if waited >= PATIENCE_S else ""
    customer["last_worker"] = offer["WorkerName"]
    [reservation] = task.reservations.list(reservation_status="pending")
    reservation.update(reservation_status="accepted")
    task.update(assignment_status="completed")
    print(f"{customer['name']} is helped by {offer['WorkerName']}{after}", flush=True)


for _ in range(3):
    a_visit()
[last] = workspace.workers.list(friendly_name=customer["last_worker"])
[offline] = workspace.activities.list(friendly_name="Offline")
last.update(activity_sid=offline.sid)
print(f"{last.friendly_name} goes home", flush=True)
a_visit()
