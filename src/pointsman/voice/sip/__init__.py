"""The provider `sip`: an embedded telephone exchange, in a process of its own."""
