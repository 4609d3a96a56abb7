"""The command that shows what could not be read or used, and settles it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from zorgstroom.cli import run
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RUNS
from zorgstroom.events.schemas import RunProgressed, make_event
from zorgstroom.settings import Settings

pytestmark = pytest.mark.contract


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A bus with three dead letters: one that was not usable, one of later, one that wants to clear the screen."""
    monkeypatch.setenv("ZORGSTROOM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZORGSTROOM_BUS_URL", "local:")
    settings = Settings()
    event = make_event("run-1", "/test", RunProgressed(attempt=1, done=1, total=2))
    later = event.model_copy(update={"type": "nl.zorgstroom.run.completed.v9"})
    with closing(open_event_log(settings)) as log:
        log.publish(RUNS, [event, later])
        with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
            connection.execute(
                "INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)",
                (RUNS, "run-\x1b[2J", b"\x1b[2J\xff" + b"x" * 10_000),
            )
            connection.commit()
        (entry,) = log.read(RUNS, None, 10, 0.0)
        log.bury(entry, "no such run \x1b[2J")
    return settings


def test_the_list_and_one_letter_show_what_came_without_obeying_it(
    letters: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["deadletters", "list", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    head, first, second, third = text.splitlines()
    assert head.split() == ["place", "time", "run", "type", "reason"]
    assert first.startswith(f"{RUNS}/1 ")
    assert "no such run \\x1b[2J" in first
    assert "nl.zorgstroom.run.completed.v9" in second
    assert "newer version" in second
    assert "run-\\x1b[2J" in third
    assert run(["deadletters", "list", "--json", "--limit", "2"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["place"] for record in records] == [f"{RUNS}/1", f"{RUNS}/2"]
    assert records[0]["run"] == "run-1"
    assert run(["deadletters", "show", f"{RUNS}/3", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "message of 10005 bytes:\n\\x1b[2J\\xffxxx" in text
    assert len(text) < 5000


def test_resubmitting_sends_what_can_be_read_and_says_what_still_cannot(
    letters: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["deadletters", "resubmit", "--all", "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert said.out == f"{RUNS}/1: sent again.\n"
    assert [line.split(":")[0] for line in said.err.splitlines()] == [f"{RUNS}/2", f"{RUNS}/3"]
    assert "still cannot be read (made by a newer version" in said.err
    with closing(open_event_log(letters)) as log:
        assert len(log.read(RUNS, "3", 10, 0.0)) == 1
        assert len(log.dead_letters(10)) == 2
    assert run(["deadletters", "resubmit", f"{RUNS}/3"]) == 1
    for place in ("2", "3"):
        assert run(["deadletters", "discard", f"{RUNS}/{place}"]) == 0
    capsys.readouterr()
    assert run(["deadletters", "list", "--lang", "nl"]) == 0
    assert capsys.readouterr().out.startswith("Er zijn geen berichten")


def test_a_wrong_place_or_none_is_told_without_changing_anything(
    letters: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("show", "resubmit", "discard"):
        assert run(["deadletters", command, "zorgstroom.run/2", "--lang", "en"]) == 1
        assert f"Did you mean '{RUNS}/2'?" in capsys.readouterr().err
    assert run(["deadletters", "show", "?", "--lang", "nl"]) == 1
    assert "zorgstroom deadletters list" in capsys.readouterr().err
    assert run(["deadletters", "resubmit", "--lang", "en"]) == 2
    assert run(["deadletters", "resubmit", f"{RUNS}/1", "--all", "--lang", "en"]) == 2
    assert capsys.readouterr().err.count("--all") == 2
    with closing(open_event_log(letters)) as log:
        assert len(log.dead_letters(10)) == 3
