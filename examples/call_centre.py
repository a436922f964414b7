"""A call centre: callers press 1 for English or 2 for Spanish, and get somebody who speaks it.

Whoever cannot be served waits, and the first colleague who is done gets the next caller.
"""

import json

from start import a_worker, a_workflow, a_workspace

LANGUAGES = {"1": "en", "2": "es"}
CALLERS = [("Zoe", "1"), ("Luis", "2"), ("Marta", "2")]

workspace = a_workspace("Call centre")
english = workspace.task_queues.create(friendly_name="English", target_workers='languages HAS "en"')
spanish = workspace.task_queues.create(friendly_name="Spanish", target_workers='languages HAS "es"')
a_workflow(
    workspace,
    {"expression": 'selected_language == "en"', "targets": [{"queue": english.sid}]},
    {"expression": 'selected_language == "es"', "targets": [{"queue": spanish.sid}]},
)
a_worker(workspace, "Alice", languages=["en"])
a_worker(workspace, "Bob", languages=["en", "es"])


def pick_up(call):
    """The worker who is offered the call takes it; None: nobody is free."""
    for offer in call.reservations.list(reservation_status="pending"):
        offer.update(reservation_status="accepted")
        return offer.worker_name
    return None


calls = []
for name, digit in CALLERS:
    attributes = {"from": name, "selected_language": LANGUAGES[digit]}
    call = workspace.tasks.create(task_channel="voice", attributes=json.dumps(attributes))
    calls.append(call)
    print(f"{name} presses {digit}: {pick_up(call) or 'please hold the line'}")

calls[1].update(assignment_status="wrapping")
print("Luis hangs up, and Bob writes down what was said")
calls[1].update(assignment_status="completed", reason="card replaced")
print(f"Bob is done; Marta now speaks with {pick_up(calls[2])}")

for call in (calls[0], calls[2]):
    call.update(assignment_status="completed")
figures = workspace.cumulative_statistics().fetch()
print(f"{figures.tasks_completed} calls were answered, {figures.tasks_canceled} were lost")
