"""Real Chromium against a real server: the worker's page, and the SDK in pages of applications."""
