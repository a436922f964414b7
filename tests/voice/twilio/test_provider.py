"""The provider `twilio` keeps to the contract, beside a stand-in of the carrier."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.voice.contract import ProviderContract
from tests.voice.stage import Stage
from tests.voice.twilio.stand_in import a_carried_stage


@pytest.mark.feature(222)
class TestTwilio(ProviderContract):
    """The contract, with phones of another Pointsman that speaks the carrier's API."""

    def a_stage(self, folder: Path) -> contextlib.AbstractAsyncContextManager[Stage]:
        return a_carried_stage(folder)
