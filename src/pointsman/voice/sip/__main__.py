"""The telephone process."""

from pointsman.voice.sip.engine import main

main()
