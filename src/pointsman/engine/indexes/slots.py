"""Which live reservations each worker holds, and how many slots they use on each channel."""

from __future__ import annotations

from collections import Counter

from pointsman.engine.records import LIVE_RESERVATION, Reservation, ReservationStatus

Slot = tuple[str, str]
"""Worker SID and task channel SID."""


class Slots:
    """Counts kept as reservations come and go; a slot is used while the reservation is live."""

    def __init__(self) -> None:
        self.used: Counter[Slot] = Counter()
        self.accepted: Counter[Slot] = Counter()
        self._live: dict[str, dict[str, None]] = {}

    def change(self, before: Reservation | None, after: Reservation | None) -> None:
        """Follow one reservation from `before` to `after`; either may be absent."""
        if before is not None and before.reservation_status in LIVE_RESERVATION:
            self._count(before, -1)
        if after is not None and after.reservation_status in LIVE_RESERVATION:
            self._count(after, 1)

    def live_of(self, worker_sid: str) -> list[str]:
        """SIDs of the worker's live reservations, oldest first."""
        return sorted(self._live.get(worker_sid, ()))

    def has_work(self, worker_sid: str) -> bool:
        """Whether the worker holds any live reservation."""
        return worker_sid in self._live

    def _count(self, reservation: Reservation, step: int) -> None:
        slot = (reservation.worker_sid, reservation.task_channel_sid)
        self.used[slot] += step
        if reservation.reservation_status is ReservationStatus.ACCEPTED:
            self.accepted[slot] += step
        live = self._live.setdefault(reservation.worker_sid, {})
        if step > 0:
            live[reservation.sid] = None
        else:
            live.pop(reservation.sid, None)
            if not live:
                del self._live[reservation.worker_sid]
