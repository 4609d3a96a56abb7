"""Reports as files in a folder with a result: the same result gives the same files.

What ``zorgstroom report`` and ``zorgstroom run --report`` have in common.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from zorgstroom import __version__
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.geo.boundaries import Boundaries, fetched_boundaries
from zorgstroom.reporting.forms import FORMS, Form, render_form, require
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options, PartName, Status
from zorgstroom.settings import Settings
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate

#: What a report was made of and with, beside it.
ABOUT = "report.json"
Name = TypeVar("Name", bound=str)


class About(BaseModel):
    """What a report was made of, how, and the fingerprints of its files: with it the same report can be made again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: str
    product: str
    #: SHA-256 of ``impact.json`` and ``manifest.json``.
    made_of: dict[str, str]
    language: Language
    parts: tuple[PartName, ...]
    status: Status
    #: Who fixed it and when, where that was said.
    fixed_by: str = ""
    fixed_on: dt.date | None = None
    address: str
    #: Whose borders the map shows.
    borders: tuple[str, ...]
    #: SHA-256 by file.
    files: dict[str, str]


@dataclass(frozen=True)
class _Result:
    """What a result folder holds."""

    impact: Impact
    manifest: Mapping[str, Any]
    made_of: dict[str, str]


def forms_named(option: str, given: str, lang: Language) -> tuple[Form, ...]:
    """Return the forms in a list such as ``html,pdf``, each once.

    Raises `InvalidInput` for one that does not exist, and for one whose libraries are not installed: before
    anything is computed.
    """
    forms = several(option, given, FORMS, lang)
    for form in forms:
        require(form)
    return forms


def write_reports(
    source: Path, target: Path, forms: Sequence[Form], language: Language, options: Options
) -> About:
    """Write the report of the result in `source` to `target` in these forms, and what it was made of beside it.

    Raises `InvalidInput` for a folder that is no result, and `OSError` for a target that cannot be written.
    """
    result = _read(source)
    boundaries = fetched_boundaries(Settings().data_dir)
    files = {
        _file_name(result.impact, form, language): _rendered(
            form, source, result, language, boundaries, options
        )
        for form in forms
    }
    about = About(
        run_id=result.impact.identity.run_id,
        product=__version__,
        made_of=result.made_of,
        language=language,
        **asdict(options),
        borders=tuple(border.attribution for border in boundaries),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    for name, content in files.items():
        write_atomically(target / name, content)
    write_atomically(target / ABOUT, (about.model_dump_json(indent=2) + "\n").encode())
    return about


def several(option: str, given: str, known: Sequence[Name], lang: Language) -> tuple[Name, ...]:
    """Return names of a list with commas, each once; raises InvalidInput for one that does not exist."""
    names = list(dict.fromkeys(name.strip().lower() for name in given.split(",") if name.strip()))
    allowed = ", ".join(known)
    if not names:
        raise InvalidInput([Problem(option, "report.command.nothing", {"known": allowed})])
    problems = []
    for name in names:
        if name not in known:
            near = nearest_known(name, known)
            hint = translate("report.command.near", lang, suggestion=near) if near else ""
            params = {"given": name[:40], "known": allowed, "near": hint}
            problems.append(Problem(option, "report.command.unknown", params))
    if problems:
        raise InvalidInput(problems)
    return tuple(cast(Name, name) for name in names)


def _read(folder: Path) -> _Result:
    """Return what a folder holds; raises InvalidInput for one that is no result, or the halves of two."""
    name = "manifest.json"
    try:
        manifest_bytes = (folder / name).read_bytes()
        manifest = json.loads(manifest_bytes)
        run_id = manifest["run_id"]
        name = "impact.json"
        impact_bytes = (folder / name).read_bytes()
        impact = Impact.model_validate_json(impact_bytes)
    except (OSError, ValueError, ValidationError, KeyError, TypeError):
        raise InvalidInput([_no_result(folder, name)]) from None
    if run_id != impact.identity.run_id:
        params = {"manifest": str(run_id)[:40], "impact": impact.identity.run_id}
        raise InvalidInput([Problem(str(folder), "report.command.mixed", params)])
    made_of = {
        "impact.json": hashlib.sha256(impact_bytes).hexdigest(),
        "manifest.json": hashlib.sha256(manifest_bytes).hexdigest(),
    }
    return _Result(impact, manifest, made_of)


def _no_result(folder: Path, name: str) -> Problem:
    return Problem(str(folder), "report.command.no_result", {"file": name})


def _rendered(
    form: Form,
    folder: Path,
    result: _Result,
    language: Language,
    boundaries: Sequence[Boundaries],
    options: Options,
) -> bytes:
    try:
        return render_form(form, result.impact, language, boundaries, options, result.manifest)
    except KeyError:
        # A text of another version asks for other words than this document gives.
        raise InvalidInput([_no_result(folder, "impact.json")]) from None


def _file_name(impact: Impact, form: Form, language: Language) -> str:
    """Return the name of a file; a confidential one says so before anybody opens it."""
    mark = f"-{translate('report.confidential', language).lower()}" if impact.identity.confidential else ""
    return f"report{mark}.{form}"
