"""The stock PyPI client as its own documentation shows it: an account, and no address."""

from __future__ import annotations

import json
import os
import sys

from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken
from twilio.rest import Client

client = Client()
made = client.taskrouter.v1.workspaces.create(friendly_name="Support")
workspace = client.taskrouter.v1.workspaces(made.sid)
activities = {each.friendly_name: each.sid for each in workspace.activities.list()}
queue = workspace.task_queues.create(friendly_name="Everybody")
workflow = workspace.workflows.create(
    friendly_name="All",
    configuration=json.dumps({"task_routing": {"default_filter": {"queue": queue.sid}}}),
)
alice = workspace.workers.create(friendly_name="alice", activity_sid=activities["Available"])
tasks = [workspace.tasks.create(workflow_sid=workflow.sid, attributes="{}") for _ in range(3)]
regional = Client(region="ie1-ix")

token = WorkerCapabilityToken(
    os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], made.sid, alice.sid
)
token.allow_update_reservations()
sys.stdout.write(
    json.dumps(
        {
            "url": made.url,
            "paged": [each.sid for each in workspace.tasks.list(page_size=1)]
            == [each.sid for each in tasks],
            "regional": regional.taskrouter.v1.workspaces(made.sid).fetch().url,
            "token": token.to_jwt(),
            "sids": [made.sid, alice.sid],
        }
    )
)
