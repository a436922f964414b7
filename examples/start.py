"""What the Python examples begin with: the stock client pointed at your server, and a new workspace.

`pip install twilio`, and nothing else. Only the line with `base_url` is not as in a program for the
original.
"""

import json
import os

from twilio.rest import Client


def connect():
    client = Client(os.environ["POINTSMAN_ACCOUNT_SID"], os.environ["POINTSMAN_AUTH_TOKEN"])
    client.taskrouter.base_url = os.environ.get("POINTSMAN_URL", "http://127.0.0.1:8080")
    return client.taskrouter.v1


def a_workspace(name, **options):
    """A new workspace; what an earlier run left under this name is removed first."""
    router = connect()
    for left in router.workspaces.list(friendly_name=name):
        left.delete()
    return router.workspaces.create(friendly_name=name, **options)


def a_worker(workspace, name, activity="Available", **attributes):
    """A worker with these skills, at work from the start unless another activity is named."""
    [found] = workspace.activities.list(friendly_name=activity)
    return workspace.workers.create(
        friendly_name=name, activity_sid=found.sid, attributes=json.dumps(attributes)
    )


def a_workflow(workspace, *filters, default=None, **options):
    """A workflow of these filters, and of a queue for what no filter takes."""
    routing = {"filters": list(filters)}
    if default:
        routing["default_filter"] = {"queue": default.sid}
    return workspace.workflows.create(
        friendly_name="Routing", configuration=json.dumps({"task_routing": routing}), **options
    )
