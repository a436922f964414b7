"""Business hours: what comes in the night waits until the doors open at nine (UTC).

The workflow's target asks `taskrouter.currentHour`; a task that waits is looked at again as time
passes, so nobody has to wake it.
"""

import json

from receiver import Receiver
from start import a_worker, a_workflow, a_workspace

receiver = Receiver()
workspace = a_workspace(
    "Business hours", event_callback_url=receiver.url, events_filter="reservation.created"
)
desk = workspace.task_queues.create(friendly_name="Desk")
a_workflow(
    workspace,
    {
        "filter_friendly_name": "always",
        "expression": "1 == 1",
        "targets": [
            {
                "queue": desk.sid,
                "expression": "taskrouter.currentHour >= 9 AND taskrouter.currentHour < 17",
            }
        ],
    },
)
a_worker(workspace, "Jo")  # is there all night; the workflow does not disturb her

task = workspace.tasks.create(attributes=json.dumps({"subject": "a question"}), timeout=86_400)
if task.fetch().assignment_status == "pending":
    print(f"{task.date_created:%H:%M}: we are closed; your question waits", flush=True)
offer = next(receiver.posts())
hours, minutes = divmod(int(offer["Timestamp"]) % 86_400 // 60, 60)
print(f"{hours:02}:{minutes:02}: {offer['WorkerName']} is asked")
