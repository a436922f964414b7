"""Recordings as MP3, made by ffmpeg when somebody asks."""

from __future__ import annotations

from pointsman.voice.speech import run

__all__ = ["compressed"]


async def compressed(wav: bytes) -> bytes:
    """The same sound as MP3. Raises `Unplayable` with a sentence, also when there is no ffmpeg."""
    command = [
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe"),
        *("-f", "wav", "-i", "pipe:0", "-c:a", "libmp3lame", "-b:a", "32k", "-f", "mp3", "pipe:1"),
    ]
    return await run(command, wav)
