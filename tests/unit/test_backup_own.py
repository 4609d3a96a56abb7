"""Nobody else can read along while a backup is made."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.support.api import running_api

from zorgstroom_api.backup import writing
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database

pytestmark = pytest.mark.unit


def test_a_backup_is_its_makers_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, kept = tmp_path / "data", tmp_path / "kept"
    kept.mkdir()
    with running_api(folder) as api:
        api.completed_run()
    modes: list[int] = []
    copy = writing._copy_bus

    def look(file: Path, target: Path) -> None:
        copy(file, target)
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir())

    monkeypatch.setattr(writing, "_copy_bus", look)
    settings = ApiSettings(data_dir=folder)
    database = Database(settings.resolved_database_url)
    before = os.umask(0)
    try:
        writing.write_backup(settings, database, kept / "backup.zip")
    finally:
        os.umask(before)
        database.close()
    assert modes
    assert set(modes) == {0o600}
    assert [path.name for path in kept.iterdir()] == ["backup.zip"]
    assert stat.S_IMODE((kept / "backup.zip").stat().st_mode) == 0o600
