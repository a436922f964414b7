"""An example of each method of the Python SDK; docs/python-sdk.md shows them, a test runs them.

`worker` is connected and available, `reservation` is a pending one of his, `other_token` is another token
of his.
"""

from __future__ import annotations

from pointsman.sdk import Reservation, Worker


async def worker_reservations(worker: Worker) -> None:
    async for reservation in worker.reservations():
        await reservation.accept()
        await reservation.complete()
        break


async def worker_set_activity(worker: Worker) -> None:
    await worker.set_activity("Offline", reject_pending=True)
    assert not worker.is_available


async def worker_set_attributes(worker: Worker) -> None:
    await worker.set_attributes({**worker.attributes, "languages": ["en", "fr"]})
    assert "fr" in worker.attributes["languages"]


async def worker_capacity(worker: Worker) -> None:
    capacity = await worker.capacity()
    assert capacity["chat"] == 1


async def worker_set_capacity(worker: Worker) -> None:
    await worker.set_capacity("chat", 5)


async def worker_activities(worker: Worker) -> None:
    activities = await worker.activities()
    assert activities["Offline"].startswith("WA")


async def worker_activity_sid_of(worker: Worker) -> None:
    sid = await worker.activity_sid_of("Offline")
    assert sid == await worker.activity_sid_of(sid)


async def worker_update_token(worker: Worker, other_token: str) -> None:
    worker.update_token(other_token)


async def worker_listen(worker: Worker) -> None:
    stop = worker.listen(lambda event: print(event.type, event.reservation))
    await worker.set_activity("Offline")
    stop()


async def worker_ask(worker: Worker) -> None:
    path = f"Workers/{worker.sid}/Statistics"
    statistics = await worker.ask("GET", path, {"Minutes": 15})
    print(statistics["cumulative"]["reservations_accepted"])


async def worker_close(worker: Worker) -> None:
    await worker.close()
    assert [reservation async for reservation in worker.reservations()] == []


async def reservation_accept(reservation: Reservation) -> None:
    await reservation.accept()
    assert reservation.status == "accepted"


async def reservation_reject(reservation: Reservation) -> None:
    await reservation.reject("Unavailable")
    assert reservation.is_over


async def reservation_wrap_up(reservation: Reservation) -> None:
    await reservation.accept()
    await reservation.wrap_up()
    assert reservation.status == "wrapping"


async def reservation_complete(reservation: Reservation) -> None:
    await reservation.accept()
    await reservation.complete()
    assert reservation.is_over


async def reservation_wait_over(reservation: Reservation) -> None:
    await reservation.reject()
    assert await reservation.wait_over() == "rejected"


async def task_fetch(reservation: Reservation) -> None:
    task = await reservation.task.fetch()
    assert task.status == "reserved"


async def task_set_attributes(reservation: Reservation) -> None:
    await reservation.accept()
    task = reservation.task
    await task.set_attributes({**task.attributes, "summary": "wants a refund"})


async def task_complete(reservation: Reservation) -> None:
    await reservation.accept()
    await reservation.task.complete("solved")
    assert reservation.task.status == "completed"
