"""How records and events look outside: pure functions from engine records to JSON.

Nothing here waits, stores, decides or knows who asks; the engine's records are read, never made.
"""
