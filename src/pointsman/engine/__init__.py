"""The rules of routing: pure, synchronous, one workspace at a time.

Start reading at `engine.Engine`; routing itself is in `routing`. Nothing here does I/O, reads a clock,
draws a random number or logs; nothing here knows HTTP, sockets or SQL.
"""
