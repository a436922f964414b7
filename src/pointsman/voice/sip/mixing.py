"""Who hears whom in a bridge, for one frame: everybody hears the others and never himself.

A muted member is heard by nobody. One who coaches is heard by whom he coaches and by nobody else,
and hears all. Pure: it knows neither legs nor time.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pointsman.voice.sip.sound import SILENCE, Frame

__all__ = ["Member", "everything", "heard", "mixed"]

_LOUDEST = np.iinfo(np.int16).max


class Member(Struct, frozen=True):
    """How a leg takes part; `coach` is the leg that alone hears it."""

    mute: bool = False
    coach: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether all others hear it."""
        return not self.mute and self.coach is None


def heard(
    members: Mapping[str, Member], said: Mapping[str, Frame], announced: Frame | None = None
) -> dict[str, Frame]:
    """What each member hears; `said` has what comes from each leg, `announced` is for all."""
    together = _sum(members, said, announced)
    return {leg: _for(leg, members, said, together) for leg in members}


def everything(
    members: Mapping[str, Member], said: Mapping[str, Frame], announced: Frame | None = None
) -> Frame:
    """What a recording of the bridge gets: what is said for all to hear."""
    return _clipped(_sum(members, said, announced))


def mixed(one: Frame, other: Frame) -> Frame:
    """Both together."""
    return _clipped(one.astype(np.int32) + other)


def _sum(
    members: Mapping[str, Member], said: Mapping[str, Frame], announced: Frame | None
) -> npt.NDArray[np.int32]:
    together = np.zeros(len(SILENCE), dtype=np.int32)
    if announced is not None:
        together += announced
    for leg, member in members.items():
        if member.is_open and leg in said:
            together += said[leg]
    return together


def _for(
    leg: str,
    members: Mapping[str, Member],
    said: Mapping[str, Frame],
    together: npt.NDArray[np.int32],
) -> Frame:
    mine = together
    if members[leg].is_open and leg in said:
        mine = together - said[leg]
    for other, member in members.items():
        if member.coach == leg and not member.mute and other in said:
            mine = mine + said[other]
    return _clipped(mine)


def _clipped(total: npt.NDArray[np.int32]) -> Frame:
    return np.clip(total, -_LOUDEST, _LOUDEST).astype(np.int16)
