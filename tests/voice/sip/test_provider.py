"""The provider `sip` keeps to the contract, over real SIP and RTP: what is heard is measured."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.voice.contract import ProviderContract
from tests.voice.sip.stage import a_sip_stage
from tests.voice.stage import Stage

pytestmark = pytest.mark.alone


class TestSip(ProviderContract):
    """The contract, with telephones of another process."""

    def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        return a_sip_stage(folder)


def test_sound_goes_before_other_work(tmp_path: Path) -> None:
    """The clock of the telephone process is served first by the machine, where we may ask for that."""
    ask = "import os; os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))"
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False)
    first = asked.returncode == 0

    async def story() -> None:
        async with a_sip_stage(tmp_path) as stage:
            assert stage.provider.pid is not None
            how = os.sched_getscheduler(stage.provider.pid) & ~os.SCHED_RESET_ON_FORK
            assert how == (os.SCHED_RR if first else os.SCHED_OTHER)

    asyncio.run(story())
