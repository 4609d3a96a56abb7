"""From filled-in figures to a complete dataset folder, which is there whole or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset.derived import write_derived
from zorgstroom.dataset.loading import DEFAULT_DATASET, DESCRIPTION, dataset_folder, load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.own.checking import RESOURCE
from zorgstroom.dataset.own.judging import judge, unreached_volumes, workload_warnings
from zorgstroom.dataset.own.reading import first_problems, is_own_figures, read_filled
from zorgstroom.dataset.own.store import OWN_TABLE, own_csv, wait_permille
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.folders import new_folder
from zorgstroom.planning.own import apply_own, derived_capacities

#: A dataset with own figures says so in its version.
OWN_VERSION = "+own"
_NOT_IN_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Imported:
    """A dataset with own figures, and what is odd about them."""

    dataset: Dataset
    warnings: Sequence[Problem]


def with_own_figures(path: Path, base: Dataset, name: str | None = None) -> Imported:
    """Read filled-in figures and put them into a dataset; writes nothing.

    Raises InvalidInput with every mistake in the figures. Without a word about it they are confidential.
    """
    if base.own:
        raise InvalidInput([Problem("--base", "own.base_has_own", {"name": base.id, "base": base.based_on})])
    filled = read_filled(path)
    judged = judge(filled, base)
    if judged.problems:
        raise InvalidInput(first_problems(judged.problems))
    warnings = list(judged.warnings)
    if filled.confidential is None:
        warnings.append(Problem(path.name, "own.confidential_assumed"))
    own = tuple(sorted(judged.figures, key=lambda figure: (figure.kind, figure.location_id, figure.subject)))
    dataset = apply_own(
        dataclasses.replace(
            base,
            id=slug(name or filled.name or path.stem),
            version=base.version + OWN_VERSION,
            own=own,
            confidential=filled.confidential is not False,
            based_on=f"{base.id} {base.version}",
            wait_permille=wait_permille(own),
        )
    )
    unreached = list(unreached_volumes(dataset))
    if unreached:
        raise InvalidInput(unreached)
    warnings += workload_warnings(dataset, derived_capacities(dataset))
    return Imported(dataset, warnings)


def import_own(
    path: Path, folder: Path, base_name: str | Path = DEFAULT_DATASET, name: str | None = None
) -> Imported:
    """Write a dataset with the own figures in `path` into `folder`; raises InvalidInput and writes nothing then.

    A folder that holds anything else than an earlier dataset with own figures is refused.
    """
    _check_folder(folder)
    imported = with_own_figures(path, load_dataset(base_name), name)
    try:
        with new_folder(folder) as unfinished:
            write_own(imported.dataset, dataset_folder(base_name), unfinished)
            written = load_dataset(unfinished)
    except OSError as error:
        params = {"folder": str(folder), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--out", "own.not_writable", params)]) from None
    return Imported(written, imported.warnings)


@contextlib.contextmanager
def usable_dataset(name_or_path: str) -> Iterator[tuple[str, Sequence[Problem]]]:
    """Give the name or folder of a dataset that can be loaded, and what is odd about it.

    Filled-in figures (a workbook, or a folder of CSV files) become a dataset in a temporary folder that is gone
    afterwards; anything else is given back as it is. Raises InvalidInput for mistakes in the figures.
    """
    path = Path(name_or_path)
    if not is_own_figures(path) or (path / DESCRIPTION).exists():
        yield name_or_path, ()
        return
    with tempfile.TemporaryDirectory(prefix="zorgstroom-") as temporary:
        folder = Path(temporary) / "own"
        imported = import_own(path, folder)
        yield str(folder), imported.warnings


def slug(name: str) -> str:
    """Return a name in small letters, digits and hyphens, as the name of a dataset is.

    >>> slug("Ziekenhuis Ét & Co")
    'ziekenhuis-et-co'
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _NOT_IN_NAME.sub("-", plain).strip("-")[:60].strip("-") or "own"


def write_own(dataset: Dataset, base: Path, folder: Path) -> None:
    """Write a dataset with own figures into an empty folder: the facts of its base and what follows from both."""
    shutil.copytree(base, folder, dirs_exist_ok=True)
    (folder / OWN_TABLE).write_bytes(own_csv(dataset.own))
    write_derived(dataset, folder)
    _write_description(dataset, folder)


def _write_description(dataset: Dataset, folder: Path) -> None:
    path = folder / DESCRIPTION
    document = json.loads(path.read_text("utf-8"))
    document |= {
        "name": dataset.id,
        "version": dataset.version,
        "based_on": dataset.based_on,
        "confidential": dataset.confidential,
        "resources": [*document["resources"], RESOURCE],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _check_folder(folder: Path) -> None:
    """Refuse a folder with anything else in it than an earlier dataset with own figures."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / OWN_TABLE).is_file()):
        raise InvalidInput([Problem("--out", "own.folder_not_ours", {"folder": str(folder)})])
