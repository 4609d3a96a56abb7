"""What is installed: a package folder that is forgotten silently leaves the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import zorgstroom

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = [Path(folder) for folder in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
#: Everything in a package folder belongs in the wheel except what tools leave behind.
LEFT_BEHIND = {"__pycache__", ".mypy_cache", ".ruff_cache"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_every_package(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--", *map(str, PACKAGES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode == 0:
        files = [Path(name) for name in tracked.stdout.split("\0") if name and (ROOT / name).exists()]
    else:  # an unpacked archive
        files = [
            path.relative_to(ROOT)
            for folder in PACKAGES
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and not LEFT_BEHIND & set(path.parts)
        ]
    expected = {
        str(Path(folder.name) / file.relative_to(folder))
        for folder in PACKAGES
        for file in files
        if file.is_relative_to(folder)
    }
    assert {folder.name for folder in PACKAGES} == {name.split("/")[0] for name in expected}
    assert expected <= set(wheel.namelist())


@pytest.mark.parametrize(
    "pattern",
    [
        r"zorgstroom/dataset/data/nl2025/datapackage\.json",
        r"zorgstroom/dataset/data/nl2025/locations\.csv",
        r"zorgstroom/dataset/data/nl2025/derived/\w+\.(csv|npy)",
        r"zorgstroom/text/nl/\w+\.yaml",
        r"zorgstroom/text/en/\w+\.yaml",
        r"zorgstroom/reporting/.+\.(html|css)(\.j2)?",
        r"zorgstroom/schemas/scenario\.schema\.json",
        r"zorgstroom/examples/.+\.yaml",
        r"zorgstroom/py\.typed",
        r"zorgstroom_api/store/.*migrations/.+\.py",
        r"zorgstroom_ui/app\.py",
    ],
)
def test_the_wheel_holds_what_is_not_code(wheel: zipfile.ZipFile, pattern: str) -> None:
    assert [name for name in wheel.namelist() if re.fullmatch(pattern, name)], pattern


def test_the_wheel_holds_its_licence_and_commands(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    (licence,) = [name for name in names if name.endswith("licenses/LICENSE")]
    assert b"EUROPEAN UNION PUBLIC LICENCE v. 1.2" in wheel.read(licence)
    (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "zorgstroom = zorgstroom.cli:main" in wheel.read(entry_points).decode()


def test_every_place_that_names_the_version_names_the_same() -> None:
    version = PROJECT["project"]["version"]
    assert zorgstroom.__version__ == version
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == version
    assert yaml.safe_load((ROOT / "publiccode.yml").read_text("utf-8"))["softwareVersion"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_publiccode_has_what_the_standard_asks_for() -> None:
    described = yaml.safe_load((ROOT / "publiccode.yml").read_text("utf-8"))
    needed = {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"}
    assert needed <= described.keys()
    assert described["legal"]["license"] == PROJECT["project"]["license"]
    assert described["maintenance"]["contacts"]
    assert described["localisation"] == {"localisationReady": True, "availableLanguages": ["nl", "en"]}
    for language in ("nl", "en"):
        text = described["description"][language]
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert len(text["features"]) >= 5
        assert all((ROOT / picture).exists() for picture in text.get("screenshots", []))


def test_every_runtime_dependency_is_accounted_for() -> None:
    project = PROJECT["project"]
    wanted = [*project["dependencies"]]
    for name, extra in project["optional-dependencies"].items():
        wanted += extra if name != "all" else []
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9.-]+", requirement)
        assert name is not None
        assert f"| `{name[0]}` |" in text, f"docs/dependencies.md does not say why {name[0]} is needed"
