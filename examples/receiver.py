"""A small HTTP server for what Pointsman posts to an application: events and assignments.

Nothing but the standard library, and the stock validator, so that nobody else is believed.
"""

import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator


class Receiver:
    """`url` is where it listens; `answer(path, form)` gives the JSON to reply with, or None."""

    def __init__(self, answer=lambda path, form: None):
        validator = RequestValidator(os.environ["POINTSMAN_AUTH_TOKEN"])
        posted = self._posted = queue.Queue()

        class Requests(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
                url = f"http://{self.headers['Host']}{self.path}"
                if not validator.validate(url, form, self.headers.get("X-Twilio-Signature", "")):
                    self.send_error(403)
                    return
                body = json.dumps(answer(self.path, form) or {}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                posted.put(form)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"

    def posts(self):
        """Everything that is posted, as it comes; waits for the next one for ever."""
        while True:
            yield self._posted.get()
