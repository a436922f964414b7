"""Ticket triage: what is on fire comes first, then who pays for it, then who has waited longest.

The workflow gives each ticket its priority. A letter counts from the day on which it was posted, not
from the day on which somebody typed it in.
"""

import json
from datetime import datetime

from start import a_worker, a_workflow, a_workspace

TICKETS = [
    {"subject": "How do I print?"},
    {"subject": "Our shop is down", "severity": 1, "plan": "free"},
    {"subject": "Wrong invoice", "plan": "gold"},
    {"subject": "We are all locked out", "severity": 1, "plan": "gold"},
    {"subject": "A letter", "posted": "2026-02-27T08:00:00+00:00"},
]

workspace = a_workspace("Ticket triage")
desk = workspace.task_queues.create(friendly_name="Desk")


def urgency(name, expression, priority):
    targets = [{"queue": desk.sid, "priority": priority}]
    return {"filter_friendly_name": name, "expression": expression, "targets": targets}


a_workflow(
    workspace,
    urgency("on fire, paid", 'severity == 1 AND plan == "gold"', 30),
    urgency("on fire", "severity == 1", 20),
    urgency("paid", 'plan IN ["gold", "silver"]', 10),
    default=desk,
)
for ticket in TICKETS:
    attributes = json.dumps(ticket)
    if posted := ticket.get("posted"):
        workspace.tasks.create(
            attributes=attributes, virtual_start_time=datetime.fromisoformat(posted)
        )
    else:
        workspace.tasks.create(attributes=attributes)

worker = a_worker(workspace, "Dora")  # she comes to work, and takes one ticket after the other
while offers := worker.reservations.list(reservation_status="pending"):
    ticket = workspace.tasks(offers[0].task_sid).fetch()
    print(f"priority {ticket.priority:2}: {json.loads(ticket.attributes)['subject']}")
    offers[0].update(reservation_status="accepted")
    ticket.update(assignment_status="completed")
