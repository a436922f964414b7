"""Each file `*.txt` here is a story; its answers are what the engine really says.

`pytest tests/scenarios --rewrite` fills the answers in; the diff is the review. A comment line
`# feature: 92, 93` names the rows of the feature table that the story shows, and `# single-tasking`
has it happen in a workspace of that kind.
"""

import re
from pathlib import Path

import pytest

from tests.scenarios.story import Story

HERE = Path(__file__).parent


def _parameters() -> list[object]:
    found = []
    for path in sorted(HERE.glob("*.txt")):
        rows = re.findall(r"^# feature: (.*)$", path.read_text(), re.MULTILINE)
        numbers = [int(number) for row in rows for number in row.split(",")]
        found.append(pytest.param(path, id=path.stem, marks=pytest.mark.feature(*numbers)))
    return found


@pytest.mark.parametrize("path", _parameters())
def test_story_is_told_as_written(path: Path, request: pytest.FixtureRequest) -> None:
    """The engine answers each step of the story as the file says."""
    told = retell(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(told)

    assert path.read_text() == told


def retell(text: str) -> str:
    """The story with the engine's own answers."""
    story = Story(single_tasking="# single-tasking\n" in text)
    steps = []
    for step in re.split(r"\n\n+", text.strip()):
        if "----" not in step:
            steps.append(step)
            continue
        asked = step.split("----")[0].rstrip("\n")
        steps.append(f"{asked}\n----\n{story.answer(asked)}")
    return "\n\n".join(steps) + "\n"


def test_a_wrong_answer_is_noticed() -> None:
    """A story whose answer differs from the engine's is not equal to its retelling."""
    story = "worker alice\n----\nworker.created bob\n"

    assert retell(story) != story
