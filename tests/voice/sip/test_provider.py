"""The provider `sip` keeps to the contract, over real SIP and RTP: what is heard is measured."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.voice.contract import ProviderContract
from tests.voice.sip.stage import a_sip_stage
from tests.voice.stage import Stage


class TestSip(ProviderContract):
    """The contract, with telephones of another process."""

    def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        return a_sip_stage(folder)
