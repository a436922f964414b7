"""A help button: `/` is a shop's page with the button, `/desk` the page of whoever helps.

The customer's page speaks to this program alone; the desk speaks to Pointsman itself, by the browser
SDK, with a token that this program makes for it.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from start import a_worker, a_workflow, a_workspace  # noqa: E402

ROUTER = os.environ.get("POINTSMAN_URL", "http://127.0.0.1:8080")

workspace = a_workspace("Help button")
desk = workspace.task_queues.create(friendly_name="Desk")
a_workflow(workspace, default=desk)
worker = a_worker(workspace, "Nora", "Offline")  # the page makes her available


def token():
    """What lets Nora's page be Nora. A real application asks first who is logged in."""
    made = WorkerCapabilityToken(
        os.environ["POINTSMAN_ACCOUNT_SID"],
        os.environ["POINTSMAN_AUTH_TOKEN"],
        workspace.sid,
        worker.sid,
        ttl=8 * 3600,
        allow_update_activities=True,
        allow_update_reservations=True,
    )
    activities = {each.friendly_name: each.sid for each in workspace.activities.list()}
    return {"token": made.to_jwt(), "activities": activities}


def page(name):
    return (HERE / name).read_text().replace("{router}", ROUTER)


def how_it_stands(task_sid):
    """What the customer is told of the task."""
    taken = workspace.tasks(task_sid).reservations.list(reservation_status="accepted")
    return {"helper": taken[0].worker_name if taken else None}


class Application(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            self.reply(page("shop.html"), "text/html")
        elif self.path == "/desk":
            self.reply(page("desk.html"), "text/html")
        elif self.path == "/token":
            self.reply(json.dumps(token()))
        elif self.path.startswith("/help/"):
            self.reply(json.dumps(how_it_stands(self.path.removeprefix("/help/"))))
        else:
            self.send_error(404)

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"])).decode()
        task = workspace.tasks.create(attributes=json.dumps({"question": question}))
        self.reply(json.dumps({"task": task.sid}))

    def reply(self, text, kind="application/json"):
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Application)
print(f"the shop is at http://127.0.0.1:{server.server_port}/, the desk at /desk", flush=True)
server.serve_forever()
