"""``zorgstroom dataset``: is a dataset right, what is in it, and where does it come from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import click

from zorgstroom.area_commands import boundaries, pc4
from zorgstroom.assumption_commands import assumptions
from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder, load_dataset
from zorgstroom.dataset.checking import check_dataset, dataset_warnings
from zorgstroom.dataset.loading import BASES, CONFIDENCES
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.provenance import figures_per_confidence, figures_per_source
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.errors import Problem
from zorgstroom.own_commands import import_command, own_command, own_summary, template_command
from zorgstroom.planning.plan import parse_region
from zorgstroom.reporting.build import pool_names
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number
from zorgstroom.travel_commands import travel, travel_record, travel_summary

#: Attribution that the licences of the sources ask for.
ATTRIBUTIONS = ("dataset.attribution.cbs", "dataset.attribution.rivm", "dataset.attribution.osm")


@click.group()
def dataset() -> None:
    """Look at a dataset and check it."""


@dataset.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_DATASET)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
@click.pass_context
def check(ctx: click.Context, folder: str, as_json: bool, lang: Language) -> None:
    """Name every mistake in a dataset; exit code 1 if there is one."""
    problems = check_dataset(folder)
    warnings = [] if problems else dataset_warnings(load_dataset(folder))
    if as_json:
        record = {
            "dataset": folder,
            "valid": not problems,
            "problems": _records(problems, lang),
            "warnings": _records(warnings, lang),
        }
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(problem.line(lang), err=True)
        for warning in warnings:
            click.echo(translate("dataset.warning", lang, line=warning.line(lang)), err=True)
        if not problems:
            click.echo(_good(load_dataset(folder), lang))
    if problems:
        key = "dataset.invalid.one" if len(problems) == 1 else "dataset.invalid.many"
        click.echo(translate(key, lang, count=number(len(problems), lang)), err=True)
        ctx.exit(1)


@dataset.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_DATASET)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def info(folder: str, as_json: bool, lang: Language) -> None:
    """Say what is in a dataset and how sure its figures are."""
    data = load_dataset(folder)
    figures = figures_per_confidence(dataset_folder(folder))
    if as_json:
        click.echo(json.dumps(_info_record(data, figures), ensure_ascii=False, indent=2))
        return
    for line in _info_lines(data, figures, lang):
        click.echo(line)


@dataset.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_DATASET)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def sources(folder: str, as_json: bool, lang: Language) -> None:
    """List the sources, their licences and how many figures lean on each."""
    data = load_dataset(folder)
    uses = figures_per_source(dataset_folder(folder))
    ordered = sorted(data.sources, key=lambda source: (-uses[source.id], source.id))
    attribution = [translate(key, lang) for key in ATTRIBUTIONS]
    if as_json:
        rows = [
            {
                "id": source.id,
                "title": source.title,
                "publisher": source.publisher,
                "year": source.year,
                "address": source.address,
                "licence": source.licence,
                "read": source.read,
                "figures": uses[source.id],
            }
            for source in ordered
        ]
        click.echo(json.dumps({"sources": rows, "attribution": attribution}, ensure_ascii=False, indent=2))
        return
    heading = [translate(f"dataset.sources.{name}", lang) for name in ("figures", "licence", "source")]
    body = [
        (
            number(uses[source.id], lang),
            translate(f"dataset.licence.{source.licence}", lang),
            f"{source.publisher}: {source.title}" + (f" ({source.year})" if source.year else ""),
        )
        for source in ordered
    ]
    for line in aligned([tuple(heading), *body]):
        click.echo(line)
    click.echo()
    for line in attribution:
        click.echo(line)


def _records(problems: Sequence[Problem], language: Language) -> list[dict[str, str | None]]:
    return [
        {
            "where": problem.where,
            "field": problem.pointer,
            "key": problem.key,
            "message": problem.message(language),
        }
        for problem in problems
    ]


def _good(data: Dataset, language: Language) -> str:
    return translate(
        "dataset.good",
        language,
        name=data.id,
        areas=number(len(data.areas), language),
        locations=number(len(data.locations), language),
        profiles=number(len(data.profiles), language),
        digest=data.digest[:12],
    )


def _info_record(data: Dataset, figures: Counter[tuple[str, str]]) -> dict[str, Any]:
    return {
        "id": data.id,
        "version": data.version,
        "digest": data.digest,
        "base_year": data.base_year,
        "inhabitants": {str(year): int(people.sum()) for year, people in sorted(data.population.items())},
        "areas": len(data.areas),
        "regions": {kind: len(data.regions(kind)) for kind in REGION_KINDS},
        "organisations": _per_type(organisation.type for organisation in data.organisations),
        "locations": _per_type(location.type for location in data.locations),
        "profiles": len(data.profiles),
        "specialties": len(data.specialties),
        "norms": len(data.norms),
        "sources": len(data.sources),
        "offers": int(data.offers.sum()),
        "based_on": data.based_on or None,
        "confidential": data.confidential,
        "own_figures": len(data.own),
        "measured_travel": travel_record(data),
        "figures": [
            {"basis": basis, "confidence": confidence, "count": figures[basis, confidence]}
            for basis in BASES
            for confidence in CONFIDENCES
            if figures[basis, confidence]
        ],
    }


def _per_type(types: Iterable[str]) -> dict[str, int]:
    counts = Counter(types)
    return {kind: counts[kind] for kind in HOSPITAL_TYPES}


def _info_lines(data: Dataset, figures: Counter[tuple[str, str]], language: Language) -> list[str]:
    record = _info_record(data, figures)

    def line(name: str, value: str) -> str:
        return f"{translate(f'dataset.info.{name}', language)}: {value}"

    def count(name: str) -> str:
        return number(record[name], language)

    def per_type(name: str) -> str:
        parts = ", ".join(f"{kind} {number(total, language)}" for kind, total in record[name].items())
        return f"{number(sum(record[name].values()), language)} ({parts})"

    people = ", ".join(f"{number(total, language)} ({year})" for year, total in record["inhabitants"].items())
    regions = ", ".join(f"{kind} {total}" for kind, total in record["regions"].items())
    rows = [
        (
            translate(f"dataset.basis.{row['basis']}", language),
            translate(f"dataset.confidence.{row['confidence']}", language),
            number(row["count"], language),
        )
        for row in record["figures"]
    ]
    heading = tuple(translate(f"dataset.info.{name}", language) for name in ("basis", "confidence", "count"))
    return [
        line("name", f"{data.id} {data.version}"),
        line("digest", data.digest),
        line("base_year", str(data.base_year)),
        line("inhabitants", people),
        line("areas", count("areas")),
        line("regions", regions),
        line("organisations", per_type("organisations")),
        line("locations", per_type("locations")),
        *(line(name, count(name)) for name in ("profiles", "specialties", "norms", "sources", "offers")),
        "",
        *([*own_summary(data, language), ""] if data.own else ()),
        *([*travel_summary(data, language), ""] if data.measured_travel else ()),
        line("figures", number(sum(figures.values()), language)),
        *aligned([heading, *rows]),
    ]


#: What a plan refers to by name.
NAMED = ("regions", "locations", "profiles", "pools")


@dataset.command()
@click.argument(
    "what", metavar="[regions|locations|profiles|pools]", type=click.Choice(NAMED), default="locations"
)
@click.option("--region", help="cli.option.names.region")
@click.option("--dataset", "name", default=DEFAULT_DATASET, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def names(what: str, region: str | None, name: str, as_json: bool, lang: Language) -> None:
    """List the names to use in a plan."""
    data = load_dataset(name)
    chosen = parse_region(region, data) if region else None
    rows = _names(what, data, chosen, lang)
    if as_json:
        click.echo(json.dumps([{"id": row[0], "name": row[1]} for row in rows], ensure_ascii=False, indent=2))
        return
    for line in aligned(rows):
        click.echo(line)


def _names(what: str, data: Dataset, region: Region | None, lang: Language) -> list[tuple[str, str]]:
    """Return (name to write in a plan, what it is), of the region if one is given."""
    inside = [True] * len(data.locations) if region is None else data.locations_in(region).tolist()
    locations = [location for location, here in zip(data.locations, inside, strict=True) if here]
    if what == "regions":
        return [(f"{kind}:{region_name}", "") for kind in REGION_KINDS for region_name in data.regions(kind)]
    if what == "locations":
        return [
            (
                location.id,
                f"{location.name} ({translate(f'hospital_type.{location.type}', lang)}, {location.role})",
            )
            for location in locations
        ]
    if what == "profiles":
        return [(profile.id, profile.name(lang)) for profile in data.profiles]
    pools = sorted(
        {pool for location in locations for (owner, pool) in data.capacities if owner == location.id}
    )
    return [(pool, pool_names(data, pool)[lang]) for pool in pools]


dataset.add_command(pc4)
dataset.add_command(boundaries)
dataset.add_command(travel)
dataset.add_command(template_command)
dataset.add_command(import_command)
dataset.add_command(own_command)
dataset.add_command(assumptions)
