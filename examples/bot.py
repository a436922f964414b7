"""A bot that works beside people: it accepts in the assignment callback, within milliseconds.

It is a worker like any other, with one more skill: `bot`. What it knows it answers and completes;
what it does not know it hands over as a new task for a person.
"""

import json

from receiver import Receiver
from start import a_worker, a_workflow, a_workspace

ANSWERS = {"opening hours": "From nine to five.", "price": "Nothing, it is free software."}
QUESTIONS = ["opening hours", "meaning of life", "price"]

asked = []


def assigned(path, form):
    """Pointsman asks what to do with the offer: the bot takes what comes, people decide themselves."""
    if "bot" not in json.loads(form["WorkerAttributes"]):
        return None
    asked.append(json.loads(form["TaskAttributes"])["question"])
    return {"instruction": "accept"}


receiver = Receiver(assigned)
workspace = a_workspace(
    "Bot", event_callback_url=receiver.url, events_filter="reservation.accepted"
)
bots = workspace.task_queues.create(friendly_name="Bots", target_workers="bot == true")
people = workspace.task_queues.create(friendly_name="People", target_workers="bot != true")
a_workflow(
    workspace,
    {"expression": "handed_over == true", "targets": [{"queue": people.sid}]},
    default=bots,
    assignment_callback_url=f"{receiver.url}/assigned",
)
bot = a_worker(workspace, "Botty", bot=True)
bot.worker_channels("default").update(capacity=10)
a_worker(workspace, "Kim")

for question in QUESTIONS:
    workspace.tasks.create(attributes=json.dumps({"question": question}))

done = 0
for event in receiver.posts():
    if event.get("EventType") != "reservation.accepted":
        continue
    question = json.loads(event["TaskAttributes"])["question"]
    task = workspace.tasks(event["TaskSid"])
    if question in ANSWERS:
        print(f"{question}? {ANSWERS[question]}", flush=True)
        task.update(assignment_status="completed", reason="answered")
    else:
        task.update(assignment_status="completed", reason="handed over")
        handed = json.dumps({"question": question, "handed_over": True})
        offer = workspace.tasks.create(attributes=handed).reservations.list()[0]
        print(f"{question}? {offer.worker_name} will tell you.", flush=True)
    done += 1
    if done == len(QUESTIONS):
        break
