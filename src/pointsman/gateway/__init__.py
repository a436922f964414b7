"""The live channel: sockets that carry events to workers, and the POST bridge that carries commands.

Profile L of the browser SDKs (docs/live-channel.md). `session` and `channels` are sans-I/O, `bridge`
reads and writes the POST envelope, `endpoint` is the ASGI application around them.
"""
