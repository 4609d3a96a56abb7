"""The artefact store: named after content, whole or not there, nothing outside its folder."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.errors import NotFound, Unavailable

pytestmark = pytest.mark.unit


def test_content_comes_back_under_its_digest(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path / "artefacts")
    key, sha256 = store.put("flows.parquet", b"patients")
    assert sha256 == hashlib.sha256(b"patients").hexdigest()
    assert key == f"{sha256[:2]}/{sha256}.parquet"
    with store.open(key) as file:
        assert file.read() == b"patients"


def test_the_same_content_is_kept_once_and_nothing_half_written_stays(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path)
    assert store.put("a.parquet", b"x") == store.put("b.parquet", b"x")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_what_is_tidied_away_while_it_is_kept_again_is_never_empty(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path)
    path = store.path(store.put("a.parquet", b"x")[0])
    tidying = (
        f"import pathlib\nprint(flush=True)\nwhile True: pathlib.Path({str(path)!r}).unlink(missing_ok=True)"
    )
    with subprocess.Popen([sys.executable, "-c", tidying], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            for _ in range(500):
                store.put("a.parquet", b"x")
                with contextlib.suppress(FileNotFoundError):
                    assert path.read_bytes() == b"x"
        finally:
            other.kill()


@pytest.mark.parametrize(
    "key",
    [
        "../secret.json",
        "/etc/passwd",
        "aa/../../secret.json",
        f"aa/{'a' * 64}",
        f"aa\\{'a' * 64}",
        f"aa/{'A' * 64}",
        "",
        f"aa/{'a' * 64}.json\n",
    ],
)
def test_keys_lead_nowhere_else(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.json").write_text("secret")
    with pytest.raises(NotFound):
        ArtefactStore(tmp_path / "artefacts").path(key)


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable) as refused:
        ArtefactStore(tmp_path / "file").put("a.json", b"x")
    assert "schijf" in refused.value.message("nl")


def test_a_full_disk_is_named_and_logged_and_nothing_half_written_stays(tmp_path: Path) -> None:
    """A file may grow to 1 kB here: the operating system refuses the rest, as it does on a full disk."""
    script = f"""
import pathlib, resource, signal
from zorgstroom.artefacts import ArtefactStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
ArtefactStore(pathlib.Path({str(tmp_path)!r})).put("a.parquet", bytes(5000))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "CannotKeep" in done.stderr
    assert "File too large" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
