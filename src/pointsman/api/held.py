"""What a worker's access token reaches only through a reservation: the tasks he holds.

To read a task, any reservation of his on it is enough; to change it, one that is not over, as long
as the task goes on (a task that has ended says so itself). A capability token's policies know
nothing of this. Refusals change nothing.
"""

from __future__ import annotations

from pointsman.api.calls import Call
from pointsman.auth import AccessToken, task_to_hold
from pointsman.auth.errors import forbidden
from pointsman.engine.records import LIVE_RESERVATION, OPEN_TASK
from pointsman.engine.state import State

__all__ = ["check_held"]


def check_held(call: Call) -> None:
    """Refuses (403/20003) an access token's request for a task that its worker does not hold."""
    request, token = call.request, call.request.principal.token
    if not isinstance(token, AccessToken):
        return
    task_sid = task_to_hold(token, request.method, request.path, request.params)
    if task_sid is None:
        return
    reservation_sid = call.names.get("reservation_sid")
    reads = request.method == "GET"

    def question(state: State) -> bool:
        task = state.tasks.get(task_sid)
        if task is None:  # gone, which the operation tells; history asks whose it was
            return True
        own = [r for r in state.reservations_of_task(task_sid) if r.worker_sid == token.worker_sid]
        if reservation_sid is not None:
            return any(r.sid == reservation_sid for r in own)
        if reads or task.assignment_status not in OPEN_TASK:
            return bool(own)
        return any(r.reservation_status in LIVE_RESERVATION for r in own)

    if not call.runtime.glance(call.workspace_sid, question):
        held = "has no reservation on it" if reads else "holds no reservation on it now"
        raise forbidden(
            f"The token's role {token.role} does not allow {request.method} {request.path}: "
            f"{token.worker_sid} {held}"
        )
