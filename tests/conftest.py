"""What every test shares: the option that rewrites recorded answers."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite",
        action="store_true",
        help="write the answers found into scenario files and generated pages; review the diff",
    )


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether recorded answers are to be written anew."""
    return bool(request.config.getoption("--rewrite"))
