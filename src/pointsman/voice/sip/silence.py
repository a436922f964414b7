"""How many frames of silence the stack had to send to a leg because ours came late.

The stack counts for each stream anew, and tells nothing any more when a call has ended: so it is asked
once a second. What it sent before our first frame is nobody's fault.
"""

from __future__ import annotations

from baresip import AudioNotActive, AudioRestarted
from baresip.audio import CallAudio

__all__ = ["Silence"]

EVERY_FRAMES = 50


class Silence:
    """The count of one leg."""

    def __init__(self) -> None:
        self._of_streams_before = 0
        self._of_stream = 0
        self._before_ours = 0
        self._written = 0

    @property
    def frames(self) -> int:
        """All that were silent, as far as was asked."""
        return self._of_streams_before + self._of_stream

    def begin(self, audio: CallAudio) -> None:
        """Our first frame of a stream follows."""
        self._of_streams_before, self._of_stream = self.frames, 0
        self._before_ours = audio.stats().tx_silence_frames

    def wrote(self, audio: CallAudio) -> None:
        """One more of our frames. Raises `AudioRestarted` for one that went to a stream before this one."""
        self._written += 1
        if self._written % EVERY_FRAMES == 0:
            self.count(audio)

    def count(self, audio: CallAudio) -> None:
        """Ask the stack, as long as it knows the stream. Raises `AudioRestarted` when that is another."""
        stream = audio._bound_epoch
        try:
            stats = audio.stats()
        except AudioNotActive:
            return
        if audio._bound_epoch != stream:  # asking bound us to it, and hid that it is new
            raise AudioRestarted("there is another stream")
        self._of_stream = stats.tx_silence_frames - self._before_ours + stats.tx_starved_frames
