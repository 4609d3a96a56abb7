"""The report as one tree of blocks, the same for every form: the board's page, the full report and the annex."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting import annex, board, chapters, region_plan
from zorgstroom.reporting.blocks import Chapter, Document, Part
from zorgstroom.reporting.contents import Contents
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options, PartName
from zorgstroom.text import Language

EVERYTHING = Options()


def build_report(
    impact: Impact, language: Language, boundaries: Sequence[Boundaries] = (), options: Options = EVERYTHING
) -> Document:
    """Return the report of one run; its map fills areas of which `boundaries` has the border."""
    contents = Contents(impact, language, boundaries)
    text, identity = contents.text, impact.identity
    makers = {
        "board": lambda: board.page(contents, options),
        "full": lambda: chapters.chapters(contents, with_board="board" in options.parts),
        "annex": lambda: annex.chapters(contents),
        "region_plan": lambda: region_plan.chapters(contents, options),
    }
    parts = [(name, _filled(makers[name]())) for name in options.parts]
    basis = contents.views.basis()
    honest = [text("report.honest")]
    if basis == "synthetic":
        honest.append(text("report.honest_synthetic"))
    if identity.own_figures:
        honest.append(text("report.honest_own", n=contents.number(identity.own_figures)))
    kind = "_long" if identity.years > 1 else "_one" if identity.replications == 1 else ""
    return Document(
        language=language,
        title=impact.name,
        kind=text("report.title"),
        description=impact.description,
        honest=tuple(honest),
        facts=text(
            f"report.facts{kind}",
            region=contents.views.region(),
            year=identity.demand_year,
            n=identity.replications,
            weeks=identity.weeks,
            years=identity.years,
        ),
        status=board.status(contents, options),
        confidential=text("report.confidential") if identity.confidential else "",
        confidential_note=text("report.confidential_note") if identity.confidential else "",
        attribution=contents.views.attribution(),
        created=contents.created,
        parts=tuple(Part(name, _title(contents, name), made) for name, made in parts if made),
    )


def _title(contents: Contents, name: PartName) -> str:
    return contents.text(f"report.part.{name}")


def _filled(made: Iterable[Chapter]) -> tuple[Chapter, ...]:
    return tuple(chapter for chapter in made if chapter.sections)
