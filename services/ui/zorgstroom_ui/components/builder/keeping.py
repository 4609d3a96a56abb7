"""Keeping a document as a version, calculating it, and the versions there are.

A version never changes. Who saves after somebody else did gets a version of his own, and is told of the other one.
"""

from __future__ import annotations

import streamlit as st

from zorgstroom.client import ScenarioDetail, ScenarioInfo
from zorgstroom.errors import InvalidInput, NotAllowed, NotFound, ZorgstroomError
from zorgstroom.events.schemas import RunSettings
from zorgstroom.scenario_changes import setting_changes
from zorgstroom.scenario_file import scenario_digest
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.desk import Desk
from zorgstroom_ui.components.builder.documents import Document, as_scenario, opened, unfinished
from zorgstroom_ui.components.builder.facts import facts
from zorgstroom_ui.components.builder.history import History
from zorgstroom_ui.components.builder.words import Words
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
)
from zorgstroom_ui.components.progress import state_text, wait_for
from zorgstroom_ui.components.so_far import so_far
from zorgstroom_ui.components.wording import capital, date_text
from zorgstroom_ui.kept import kept_for

NOTE = "build.note"
YEARS = "builder-years"
EXTRAS = ("waterfall", "stress", "draws", "journeys")
#: Simulated years to choose from, and other assumptions that are tried out where somebody asks for that.
YEARS_OFFERED = (5, 10, 20, 50)
DRAWS = 50
LONGEST_NOTE = 500


def show_keeping(desk: Desk) -> None:
    """Draw the ways to keep and to calculate the document, and what was calculated."""
    text = session.text
    show(h2(text("build.keep"), "bewaren"))
    with steady.place():
        _note_newer(desk)
    st.text_input(text("build.note"), key=NOTE, help=text("build.note.help"), max_chars=LONGEST_NOTE)
    with st.expander(text("build.run.settings"), key="builder-run"):
        st.radio(
            text("build.run.years"),
            YEARS_OFFERED,
            index=1,
            format_func=lambda years: number(years, session.language()),
            key=YEARS,
            horizontal=True,
        )
        for extra in EXTRAS:
            st.checkbox(text(f"build.run.{extra}"), key=f"build.run.{extra}", wrap=True)
    with steady.row("keep"):
        st.button(text("build.save"), key="build.save", on_click=_save_pressed, wrap=True)
        st.button(
            text("build.calculate"), key="build.calculate", type="primary", on_click=_calculate, wrap=True
        )
    with steady.place():
        if not desk.unsaved:
            show(element("p", text("build.saved" if desk.base else "build.nothing_to_save"), "zs-small"))
        show_run(desk)


def show_run(desk: Desk) -> None:
    """Show how far the calculation of the kept scenario is, or what came out, and whether it still holds."""
    run = desk.run
    if run is None or desk.base is None:
        return
    text, language = session.text, session.language()
    if not run.final:
        run = desk.run = session.client().run(run.id)
    show(
        element(
            "h3", text("build.result", name=desk.base.name, version=str(desk.base.version)), id="berekening"
        )
    )
    # Another name or description changes no outcome.
    changes = len(setting_changes(desk.saved(), desk.document))
    if changes:
        key = "build.stale.one" if changes == 1 else "build.stale"
        words = text(key, count=number(changes, language), version=str(desk.base.version))
        show(
            element(
                "div", box(join(element("b", text("build.stale.word")), " ", words), "zs-note"), role="status"
            )
        )
    if not run.final:
        wait_for([run.id])
        return
    if run.state != "completed":
        content = join(
            element("b", capital(state_text(run))),
            paragraph(run.error or text(f"ui.ended.{run.state}")),
            paragraph(text("ui.ended.next")),
        )
        show(element("div", box(content, "zs-note"), role="alert"))
        return
    show(paragraph(text("build.ready")))
    show(so_far(session.client().headline(run.id), language))
    address = session.address("impact", s=desk.base.slug or desk.base.id, run=run.id)
    beside = session.address("vergelijken", plan=[desk.base.id])
    show(
        paragraph(join(link(text("build.to_impact"), address), " · ", link(text("build.to_compare"), beside)))
    )


# Saving


def _save_pressed() -> None:
    desk = desks.current()
    if desk.unsaved:
        _saved(desk)


def _calculate() -> None:
    """Keep what is not kept yet, and ask for its calculation."""
    desk = desks.current()
    if desk.unsaved and not _saved(desk):
        return
    if desk.base is None:
        desk.notices = [_alert(session.text("build.nothing_to_calculate"))]
        return
    try:
        desk.run = session.submit(desk.base.id, _settings())
    except ZorgstroomError as error:
        desk.notices = [_alert(error.message(session.language()))]


def _settings() -> RunSettings:
    wanted = {name: bool(st.session_state.get(f"build.run.{name}")) for name in EXTRAS}
    return RunSettings(
        replications=st.session_state.get(YEARS) or YEARS_OFFERED[1],
        waterfall=wanted["waterfall"],
        stress=wanted["stress"],
        draws=DRAWS if wanted["draws"] else None,
        journeys=wanted["journeys"],
    )


def _saved(desk: Desk) -> bool:
    """Keep the document as a version; where that cannot be, say why and return False."""
    why_not = _not_ready(desk)
    if why_not is None:
        try:
            _keep(desk)
        except InvalidInput as error:
            lines = [problem.message(session.language()) for problem in error.problems]
            why_not = join(paragraph(session.text("build.refused")), listing(lines))
        except NotAllowed:
            why_not = Html(paragraph(session.text("ui.may_not")))
        except ZorgstroomError as error:
            why_not = paragraph(error.message(session.language()))
    if why_not is not None:
        desk.notices = [element("div", box(why_not, "zs-note"), role="alert")]
        return False
    return True


def _not_ready(desk: Desk) -> Html | None:
    """Return what has to be done first; None when nothing has."""
    text, language = session.text, session.language()
    needed = []
    if not str(desk.document.get("name") or "").strip():
        needed.append(text("build.needs.name"))
    for index in unfinished(desk.document):
        needed.append(text("build.needs.choice", number=number(index + 1, language)))
    if desk.typed:
        needed.append(text("build.needs.fields", count=number(len(desk.typed), language)))
    return join(paragraph(text("build.needs")), listing(needed)) if needed else None


def _keep(desk: Desk) -> None:
    """Hand the document in as the next version of what it was made from, and tell of others."""
    client, base = session.client(), desk.base
    known = _is_kept(desk.document)
    kept = client.add_scenario(desk.document, previous=base, visibility="shared")
    note = str(st.session_state.get(NOTE) or "").strip()[:LONGEST_NOTE]
    desk.notices = [_told(kept, known=known)]
    if note:
        try:
            client.change_scenario(kept, note=note)
        except ZorgstroomError:
            desk.notices.append(_alert(session.text("build.note.not_kept")))
    others = [
        other
        for other in client.versions(kept)
        if base is not None and other.previous == base.id and other.id != kept.id
    ]
    if others:
        desk.notices.append(_beside(kept, others))
    desk.base, desk.run = kept, session.latest_runs().get(kept.id)
    # What is kept is shown as it was kept; the way back stays.
    desk.history = History(opened(kept.document), desk.history.past, ())
    st.session_state[NOTE] = ""
    session.choose("s", kept.id)


def _is_kept(document: Document) -> bool:
    """Return whether this very document was kept before."""
    scenario = as_scenario(document)
    try:
        return scenario is not None and bool(session.client().scenario(scenario_digest(scenario)))
    except NotFound:
        return False


def _told(kept: ScenarioDetail, *, known: bool) -> Html:
    """Return what was kept; a document that was there already is no new version."""
    params = {"name": kept.name, "version": number(kept.version, session.language())}
    key = "build.kept.known" if known else "build.kept"
    return element("div", box(paragraph(session.text(key, **params)), "zs-info"), role="status")


def _beside(kept: ScenarioDetail, others: list[ScenarioInfo]) -> Html:
    """Return that somebody else saved too, which version that is, and where the choices differ."""
    text, language = session.text, session.language()
    words = Words(facts(), language)
    parts = [paragraph(element("b", text("build.beside", version=number(kept.version, language))))]
    for other in others:
        found = session.client().scenario(other.id)
        version = number(other.version, language)
        open_it = link(
            text("build.beside.open", version=version), session.address("scenario", vanuit=other.id)
        )
        parts += [
            paragraph(join(_version_words(other), " ", open_it)),
            words.changes_table(
                setting_changes(opened(found.document), opened(kept.document)),
                text("build.beside.caption", other=version, own=number(kept.version, language)),
                text("build.version", version=version),
                text("build.version.own", version=number(kept.version, language)),
            ),
        ]
    return element("div", box(join(*parts), "zs-note"), role="alert")


def _version_words(version: ScenarioInfo) -> str:
    language = session.language()
    return session.text(
        "build.version.words",
        version=number(version.version, language),
        name=version.name,
        date=date_text(version.created, language),
        note=version.note or session.text("build.version.no_note"),
    )


def _note_newer(desk: Desk) -> None:
    """Say that somebody kept a version after the one this was made from, before anybody saves."""
    if desk.base is None or desk.base.example:
        return
    newer = [version for version in versions_of(desk.base.id) if version.version > desk.base.version]
    if newer and desk.unsaved:
        newest = newer[0]
        version = number(newest.version, session.language())
        address = session.address("scenario", vanuit=newest.id)
        words = join(
            session.text("build.newer", version=version, own=number(desk.base.version, session.language())),
            " ",
            link(session.text("build.beside.open", version=version), address),
        )
        show(element("div", box(paragraph(words), "zs-note"), role="status"))


# Versions


@kept_for(session.LIST_SECONDS, most=50)
def _versions(base_url: str, visitor: str, scenario_id: str) -> list[ScenarioInfo]:
    del base_url, visitor
    return session.client().versions(scenario_id)


def versions_of(scenario_id: str) -> list[ScenarioInfo]:
    """Return the versions of a scenario, newest first; none where they cannot be had."""
    try:
        return _versions(session.api_address(), session.who(), scenario_id)
    except NotFound:
        return []


def show_versions(desk: Desk) -> None:
    """Show the versions of the scenario that this was made from."""
    text, language = session.text, session.language()
    show(h2(text("build.versions"), "versies"))
    if desk.base is None:
        show(paragraph(text("build.versions.none")))
        return
    known = versions_of(desk.base.id)
    columns = [
        Column(text("build.versions.version")),
        Column(text("build.versions.name"), "text"),
        Column(text("build.versions.note"), "text"),
        Column(text("build.versions.date")),
        Column(text("build.versions.from")),
        Column(text("build.versions.impact")),
    ]
    numbers = {version.id: number(version.version, language) for version in known}
    rows = [
        TableRow(
            [
                _link_to(version, numbers[version.id], current=version.id == desk.base.id),
                version.name,
                version.note or "–",
                date_text(version.created, language),
                numbers.get(version.previous or "", "–"),
                link(text("build.versions.look"), session.address("impact", s=version.slug or version.id)),
            ]
        )
        for version in known
    ]
    show(
        cut_table(
            text("build.versions.caption", name=desk.base.name),
            columns,
            rows,
            language,
            most="build.changes.most",
        )
    )


def _link_to(version: ScenarioInfo, numbered: str, *, current: bool) -> Html:
    words = session.text("build.version", version=numbered)
    if current:
        return join(words, " ", element("span", session.text("build.version.here"), "zs-muted"))
    return link(words, session.address("scenario", vanuit=version.slug or version.id))


def parent_of(desk: Desk) -> tuple[ScenarioInfo, Document] | None:
    """Return the scenario that the kept one was made from, with its document."""
    if desk.base is None or desk.base.previous is None:
        return None
    try:
        found = session.scenario(desk.base.previous)
    except NotFound:
        return None
    return found, opened(found.document)


def _alert(words: str) -> Html:
    return element("div", box(paragraph(words), "zs-note"), role="alert")
