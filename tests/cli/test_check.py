"""`pointsman check` as a real process, and on what a real server answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.builders import Place
from tests.inside import a_server_inside
from tests.program import pointsman

Q = "WQ" + "1" * 32
SOUND = {
    "filters": [{"expression": "lang == 'en'", "targets": [{"queue": Q, "timeout": 30}]}],
    "default_filter": {"queue": Q},
}
STRANGE = {
    "filters": [
        {"expression": "1==1", "targets": [{"queue": Q}]},
        {"expression": "vip == true", "targets": [{"queue": Q}]},
    ]
}


def written(folder: Path, name: str, value: Any) -> str:
    (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return name


def a_workflow(folder: Path, routing: dict[str, Any]) -> str:
    return written(folder, "workflow.json", {"task_routing": routing})


@pytest.mark.feature(265, partly=True)
def test_a_sound_workflow(tmp_path: Path) -> None:
    """A sound workflow ends with status 0, and it is said what was not checked."""
    run = pointsman("check", "workflow", a_workflow(tmp_path, SOUND), folder=tmp_path)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == (
        "error: 0, warning: 0, info: 0\n"
        "Without --queues and --workers it is not checked who serves the task queues.\n"
    )


@pytest.mark.feature(265, partly=True)
def test_a_strange_workflow(tmp_path: Path) -> None:
    """A filter that no task reaches ends with status 1, and is named with its place and a sentence."""
    run = pointsman("check", "workflow", a_workflow(tmp_path, STRANGE), folder=tmp_path)

    assert run.returncode == 1
    place, sentence, *_ = run.stdout.splitlines()
    assert place == "error  task_routing.filters[1].expression  filter-unreachable"
    assert sentence == (
        "  task_routing.filters[0] comes first and takes every task, and nothing leads out of its "
        "targets: no task comes here"
    )
    assert "error: 1, warning: 0, info: 0\n" in run.stdout


@pytest.mark.feature(265)
def test_queues_and_workers_of_a_server(tmp_path: Path) -> None:
    """Given a server's own lists, the command finds what the server's check finds."""
    with a_server_inside(tmp_path / "store") as server:
        place = Place(server)
        german = place.post("/TaskQueues", FriendlyName="German", TargetWorkers="lang == 'de'")
        place.a_worker("Ana", Attributes='{"lang": "en"}')
        target = {"queue": german.json["sid"], "timeout": 30, "known_worker_friendly_name": "Bob"}
        routing = {
            "filters": [{"expression": "lang == 'de'", "targets": [target]}],
            "default_filter": {"queue": place.queue_sid},
        }
        configuration = json.dumps({"task_routing": routing})
        path = f"/pointsman{place.path}/Workflows/{place.workflow_sid}/Check"
        online = server.post(path, configuration=configuration).json["findings"]
        queues = written(tmp_path, "queues.json", place.get("/TaskQueues").json)
        workers = written(tmp_path, "workers.json", place.get("/Workers").json)
    run = pointsman(
        *("check", "workflow", a_workflow(tmp_path, routing)),
        *(f"--queues={queues}", f"--workers={workers}"),
        folder=tmp_path,
    )

    assert [row["code"] for row in online] == ["known-worker-unknown", "queue-nobody"]
    told = [line.strip() for line in run.stdout.splitlines()]
    for row in online:
        assert f"{row['severity']}  {row['path']}  {row['code']}" in told
        assert row["sentence"] in told
    assert told[-1] == "error: 0, warning: 2, info: 0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "workflow.json cannot be read: No such file or directory."),
        ("{", "The Configuration of the workflow is wrong: it is not valid JSON"),
        ('{"task_routing": {"filters": [{}]}}', "wrong at task_routing.filters[0].expression"),
    ],
)
def test_what_is_no_workflow(tmp_path: Path, text: str | None, sentence: str) -> None:
    """A file that is no workflow ends with status 2 and one sentence."""
    if text is not None:
        (tmp_path / "workflow.json").write_text(text)
    run = pointsman("check", "workflow", "workflow.json", folder=tmp_path)

    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"workers": []}, 'queues.json has to be an answer of the API, with a list "task_queues".'),
        ([1], 'queues.json has to be an answer of the API, with a list "task_queues".'),
        (
            {"task_queues": [], "meta": {"next_page_url": "http://x"}},
            "queues.json is only a page of the list; ask for it with a larger PageSize.",
        ),
        ([{"sid": Q, "target_workers": "a b"}], "An operator"),
    ],
)
def test_what_is_no_list(tmp_path: Path, rows: Any, sentence: str) -> None:
    """A file that is no list of the API, or only a part of one, ends with status 2 and one sentence."""
    queues, workers = written(tmp_path, "queues.json", rows), written(tmp_path, "workers.json", [])
    run = pointsman(
        *("check", "workflow", a_workflow(tmp_path, SOUND)),
        *(f"--queues={queues}", f"--workers={workers}"),
        folder=tmp_path,
    )

    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr


@pytest.mark.feature(264, partly=True)
def test_an_expression(tmp_path: Path) -> None:
    """An expression ends with status 0, or 1 with the terms that fail and what was read, or 2."""
    source = 'langs HAS "en" AND level > 2'

    def run(worker: str, expression: str = source) -> tuple[int, str, str]:
        arguments = ("check", "expression", expression, "--place=queue", f"--worker={worker}")
        ended = pointsman(*arguments, folder=tmp_path)
        return ended.returncode, ended.stdout, ended.stderr

    assert run('{"langs": ["en"], "level": 3}')[0] == 0
    assert run('{"langs": ["en"], "level": 1}') == (
        1,
        'false\n  fails  level > 2\n  read   langs is ["en"]\n  read   level is 1\n',
        "",
    )
    code, told, problem = run("{}", "skill-level > 3")
    assert (code, told) == (2, "")
    assert problem.startswith("skill-level > 3\n     ^\n")
    assert run("[1]") == (2, "", "--worker has to be a JSON object.\n")
    assert run("{")[0] == 2
