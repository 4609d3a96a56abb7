"""The page Regiobeeld: a sentence, a map or a table, what is coming, and how groups differ."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.places_document import AreaInfo, Demand, RegionPicture
from zorgstroom.text import Language
from zorgstroom.text.numbers import number, percent, signed
from zorgstroom_ui import session
from zorgstroom_ui.components import charts, place_answers, steady
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    h1,
    h2,
    join,
    link,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, show_table_files
from zorgstroom_ui.components.region import additions, drawings, hospitals, layers
from zorgstroom_ui.components.wording import area_name

#: Shown in the table of demand, as far as the figures go.
_YEARS = (2030, 2035, 2040)
MAP, TABLE = "map", "table"

text = session.text


def show_page() -> None:
    """Show the region of the frame."""
    region, language = session.area(), session.language()
    picture = place_answers.picture(region)
    name = area_name(region, language)
    show(
        h1(text("ui.region.heading", area=name, year=str(picture.year))),
        *(paragraph(line, "zs-lead") for line in _sentences(picture, language)),
        paragraph(_sources(picture), "zs-small zs-muted"),
    )
    areas = place_answers.areas(region)
    sites = hospitals.hospitals_of(picture.locations)
    _show_areas(areas, sites, name, _source(picture), language)
    _show_demand(place_answers.demand(region), name, language)
    _show_groups(picture, areas, name, language)
    _show_hospitals(sites, region, _source(picture), language)
    additions.show_additions(region, language)


def _sentences(picture: RegionPicture, language: Language) -> list[str]:
    near = 1 - picture.beyond_emergency / max(1, picture.inhabitants)
    older = (picture.ages["65_74"] + picture.ages["75plus"]) / max(1, picture.inhabitants)
    known = {item["id"]: item for item in session.dataset()["locations"]}
    clinical = [known[item] for item in picture.locations if known[item]["role"] == "klinisch"]
    found = [
        text(
            "ui.region.lead",
            people=number(picture.inhabitants, language),
            older=percent(older, language),
            hospitals=number(len(clinical), language),
            locations=number(len(picture.locations), language),
        ),
        text(
            "ui.region.lead.emergency",
            share=percent(near, language, 1),
            minutes=str(picture.emergency_norm_minutes),
        ),
    ]
    if picture.beyond_obstetrics < 10:
        found.append(text("ui.region.lead.obstetrics.few", minutes=str(picture.obstetrics_norm_minutes)))
    else:
        found.append(
            text(
                "ui.region.lead.obstetrics",
                people=number(round(picture.beyond_obstetrics, -1), language),
                minutes=str(picture.obstetrics_norm_minutes),
            )
        )
    return found


def _sources(picture: RegionPicture) -> Html:
    names = "; ".join(f"{item.publisher}, {item.title} ({item.year})" for item in picture.sources)
    return join(
        text("ui.region.sources", sources=names or text("ui.region.sources.none")),
        " ",
        link(text("ui.region.sources.link"), session.address("aannames", zoek="reistijd")),
    )


def _source(picture: RegionPicture) -> str:
    dataset = session.dataset()
    return text("ui.region.source", dataset=f"{dataset['id']} {dataset['version']}", year=str(picture.year))


# -- the areas ---------------------------------------------------------------------------------------------


def _show_areas(
    areas: Sequence[AreaInfo],
    sites: Sequence[hospitals.Hospital],
    name: str,
    source: str,
    language: Language,
) -> None:
    show(h2(text("ui.region.where"), "where"))
    with steady.row("region"):
        key = st.selectbox(
            text("ui.region.layer"),
            [layer.key for layer in layers.LAYERS],
            format_func=lambda item: layers.BY_KEY[item].name(language),
            key="region-layer",
            width=280,
        )
        form = st.radio(
            text("ui.region.form"),
            (MAP, TABLE),
            format_func=lambda item: text(f"ui.region.form.{item}"),
            horizontal=True,
            key="region-form",
        )
        st.radio(
            text("ui.region.transport"),
            ("car",),
            format_func=lambda item: text(f"ui.region.transport.{item}"),
            key="region-transport",
            help=text("ui.region.transport.help"),
        )
    layer = layers.BY_KEY[key]
    show(paragraph(text(f"ui.region.layer.{layer.key}.help"), "zs-small"))
    show(paragraph(text("ui.region.transport.only"), "zs-small zs-muted"))
    ordered = _ordered(areas, layer)
    shown, sheet = _area_table(ordered, layer, language), _area_sheet(ordered, language)
    title = text("ui.region.map.title", layer=layer.name(language), area=name)
    if form == TABLE:
        show(shown)
        with st.popover(text("ui.picture.files"), type="tertiary", key="files-region-areas"):
            show_table_files("region-areas", sheet, title, source)
        return
    most = ordered[0] if ordered else None
    picture = Picture(
        name=f"regiobeeld-{layer.key}",
        title=title,
        alt=text(
            "ui.region.map.alt",
            layer=layer.name(language),
            area=name,
            count=number(len(areas), language),
            first=most.name if most else "",
            value=layer.text(most, language) if most else "",
        ),
        spec=_map(
            session.service().dataset,
            tuple(areas),
            layer.key,
            tuple(site.site(language) for site in sites),
            language,
            session.borders(),
        ),
        sheet=sheet,
        source=source,
        legend=layer.legend(language),
    )
    show_picture(picture, shown, below=paragraph(text("ui.region.map.sites"), "zs-small"))


@st.cache_data(
    max_entries=64,
    show_spinner=False,
    hash_funcs={AreaInfo: lambda area: area.id, Boundaries: lambda borders: borders.attribution},
)
def _map(
    dataset: str,
    areas: tuple[AreaInfo, ...],
    layer: str,
    sites: tuple[drawings.Site, ...],
    language: Language,
    borders: tuple[Boundaries, ...],
) -> dict[str, object]:
    del dataset  # of which an area is known by its id
    return drawings.region_map(areas, layers.BY_KEY[layer], sites, language, borders)


def _ordered(areas: Sequence[AreaInfo], layer: layers.Layer) -> list[AreaInfo]:
    """Return the areas with what stands out first."""
    first = -1.0 if layer.key != "ses" else 1.0
    return sorted(areas, key=lambda area: (first * (layer.value(area) or 0.0), area.name))


def _area_table(areas: Sequence[AreaInfo], layer: layers.Layer, language: Language) -> Html:
    # The layer that is looked at stands first, the others behind it.
    shown = [layer, *(item for item in layers.LAYERS if item is not layer)]
    columns = [
        Column(text("ui.region.column.area")),
        Column(text("ui.region.column.inhabitants"), "num"),
        *(Column(item.name(language), "num") for item in shown),
    ]
    rows = [
        TableRow(
            [area.name, number(area.inhabitants, language), *(item.text(area, language) for item in shown)]
        )
        for area in areas
    ]
    caption = text("ui.region.table.caption", layer=layer.name(language))
    return cut_table(caption, columns, rows, language)


def _area_sheet(areas: Sequence[AreaInfo], language: Language) -> Sheet:
    columns = [text("ui.region.column.area"), text("ui.region.column.inhabitants")]
    columns += [layer.name(language) for layer in layers.LAYERS]
    return Sheet(
        columns,
        [[area.name, area.inhabitants, *(layer.value(area) for layer in layers.LAYERS)] for area in areas],
    )


# -- what is coming ----------------------------------------------------------------------------------------


def _show_demand(demand: Demand, name: str, language: Language) -> None:
    by_year = {item.year: item for item in demand.items}
    now = by_year[demand.base_year]
    asked = session.year()
    last = max((year for year in _YEARS if year in by_year), default=demand.base_year)
    later = by_year.get(asked if asked > demand.base_year else last, now)
    show(h2(text("ui.region.demand"), "demand"))
    if later is now:
        show(paragraph(text("ui.region.demand.none")))
        return
    total_now, total_later = sum(now.patients.values()), sum(later.patients.values())
    show(
        paragraph(
            text(
                "ui.region.demand.lead",
                area=name,
                year=str(later.year),
                base=str(now.year),
                change=number(abs(round(total_later - total_now, -1)), language),
                share=percent(abs(total_later / total_now - 1), language, 1),
                more=text("ui.region.more" if total_later >= total_now else "ui.region.less"),
            ),
        ),
        paragraph(text("ui.region.demand.help"), "zs-small zs-muted"),
    )
    bands = list(now.patients)
    changes = [
        charts.Arrow(
            label=text(f"ui.region.band.{band}"),
            value=later.patients[band] - now.patients[band],
            text=text(
                "ui.region.demand.row",
                change=signed(later.patients[band] - now.patients[band], language),
                people=signed(later.inhabitants[band] - now.inhabitants[band], language),
            ),
        )
        for band in bands
    ]
    years = sorted({now.year, later.year, *(year for year in _YEARS if year in by_year)})
    columns = [Column(text("ui.region.column.age"))]
    columns += [Column(str(year), "num") for year in years]
    rows = [
        TableRow(
            [
                text(f"ui.region.band.{band}"),
                *(number(round(by_year[year].patients[band], -1), language) for year in years),
            ]
        )
        for band in bands
    ]
    totals = [number(round(sum(by_year[year].patients.values()), -1), language) for year in years]
    rows.append(TableRow([text("ui.region.band.all"), *totals], "total"))
    show_picture(
        Picture(
            name="regiobeeld-vraag",
            title=text("ui.region.demand.title", area=name, year=str(later.year), base=str(now.year)),
            alt=text("ui.region.demand.alt", area=name, year=str(later.year), base=str(now.year)),
            spec=charts.arrows(changes, language, loss_is_negative=False),
            sheet=Sheet(
                [text("ui.region.column.age"), text("ui.region.column.year"),
                 text("ui.region.column.inhabitants"), text("ui.region.column.patients")],
                [
                    [text(f"ui.region.band.{band}"), item.year, item.inhabitants[band], item.patients[band]]
                    for item in demand.items
                    for band in bands
                ],
            ),
            source=text("ui.region.demand.source"),
        ),
        table(text("ui.region.demand.caption"), columns, rows),
    )  # fmt: skip
    show(
        paragraph(
            join(
                text("ui.region.demand.assumptions"),
                " ",
                link(
                    ", ".join(demand.assumptions[:2]), session.address("aannames", zoek=demand.assumptions[0])
                ),
            ),
            "zs-small",
        )
    )


# -- groups ------------------------------------------------------------------------------------------------


def _show_groups(picture: RegionPicture, areas: Sequence[AreaInfo], name: str, language: Language) -> None:
    show(h2(text("ui.region.groups"), "groups"))
    groups = [item for item in picture.groups if item.group.startswith("ses_")]
    told = [item for item in groups if item.emergency_minutes is not None]
    if not told:
        show(paragraph(text("ui.region.groups.none")))
        return
    least = min(told, key=lambda item: item.emergency_minutes or 0.0)
    most = max(told, key=lambda item: item.emergency_minutes or 0.0)
    show(
        paragraph(
            text(
                "ui.region.groups.lead",
                most=text(f"ui.region.ses.{most.group[-1]}"),
                most_minutes=number(most.emergency_minutes or 0, language, 1),
                least=text(f"ui.region.ses.{least.group[-1]}"),
                least_minutes=number(least.emergency_minutes or 0, language, 1),
            )
        ),
        paragraph(text("ui.region.groups.help"), "zs-small zs-muted"),
    )
    rows = [
        drawings.Strip(
            text(
                "ui.region.groups.row",
                group=text(f"ui.region.ses.{item.group[-1]}"),
                minutes=number(item.emergency_minutes or 0, language, 1),
            ),
            [
                (area.emergency.minutes, area.inhabitants, area.name)
                for area in areas
                if area.emergency is not None and f"ses_{area.ses_fifth}" == item.group
            ],
            item.emergency_minutes or 0.0,
        )
        for item in told
    ]
    kinds = ("emergency", "obstetrics", "usual")
    columns = [Column(text("ui.region.column.group")), Column(text("ui.region.column.inhabitants"), "num")]
    columns += [Column(layers.BY_KEY[kind].name(language), "num") for kind in kinds]
    minutes = {
        item.group: [item.emergency_minutes, item.obstetrics_minutes, item.usual_minutes]
        for item in picture.groups
    }

    def label(group: str) -> str:
        return text(f"ui.region.ses.{group[-1]}" if group.startswith("ses_") else f"ui.region.band.{group}")

    body = [
        TableRow(
            [
                label(item.group),
                number(item.inhabitants, language),
                *(
                    text("ui.region.no_value") if value is None else number(value, language, 1)
                    for value in minutes[item.group]
                ),
            ]
        )
        for item in picture.groups
    ]
    show_picture(
        Picture(
            name="regiobeeld-groepen",
            title=text("ui.region.groups.title", area=name),
            alt=text("ui.region.groups.alt", area=name),
            spec=drawings.strips(rows, text("ui.region.groups.axis"), language),
            sheet=Sheet(
                [column.heading for column in columns],
                [[label(item.group), item.inhabitants, *minutes[item.group]] for item in picture.groups],
            ),
            source=_source(picture),
        ),
        table(text("ui.region.groups.caption"), columns, body),
    )


# -- hospitals ---------------------------------------------------------------------------------------------


def _show_hospitals(
    sites: Sequence[hospitals.Hospital], region: str, source: str, language: Language
) -> None:
    show(h2(text("ui.region.hospitals"), "hospitals"))
    if not sites:
        show(paragraph(text("ui.region.hospitals.none")))
        return
    run = hospitals.run_of_today(region)
    waits = hospitals.waits_of(run)
    show(paragraph(text("ui.region.hospitals.help"), "zs-small zs-muted"))
    if run is None:
        show(
            box(
                paragraph(
                    join(
                        text("ui.region.hospitals.no_run"),
                        " ",
                        link(
                            text("ui.region.hospitals.calculate"),
                            session.address("impact", s=hospitals.TODAY_SLUG),
                        ),
                    )
                ),
                "zs-info",
            )
        )
    show(hospitals.table_of(sites, waits, language))
    with st.popover(text("ui.picture.files"), type="tertiary", key="files-region-hospitals"):
        show_table_files(
            "regiobeeld-ziekenhuizen",
            hospitals.sheet_of(sites, waits, language),
            text("ui.region.hospitals"),
            source,
        )
    show(hospitals.care_of(sites, language))
