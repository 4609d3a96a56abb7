"""The page Beheer: how the installation is doing, for who looks after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.errors import ZorgstroomError
from zorgstroom.service_document import AuditLine, Overview
from zorgstroom.text import catalogue
from zorgstroom.text.numbers import number, percent
from zorgstroom.workshop.documents import SessionInfo
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    h1,
    h2,
    join,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.progress import state_text

#: Runs with a button to stop them; nobody stops more by hand.
MOST_STOPPED = 20
AUDIT_ROWS = 50
#: A disk with less room than this deserves a warning.
LEAST_FREE = 0.1


def show_page() -> None:
    """Show the page; without the role only what is needed for it."""
    text = session.text
    show(h1(text("ui.admin.title")))
    if not session.may_manage():
        reason = "key" if session.service().keys_needed else "here"
        show(element("div", box(paragraph(text(f"ui.admin.refused.{reason}")), "zs-note"), role="alert"))
        return
    client = session.client()
    overview = client.overview()
    _show_told()
    show(paragraph(text("ui.admin.lead"), "zs-lead"), _health(overview))
    if st.button(text("ui.admin.again"), key="admin-again"):
        st.rerun()
    _show_queue(overview)
    _show_sessions()
    show(*_disk(overview), *_sign_in(overview), *_load_test(overview), *_backup(overview))
    _show_audit()


def _show_told() -> None:
    """Say what was just done, once."""
    if told := st.session_state.pop("admin-told", ""):
        st.success(told)


def _tell(words: str) -> None:
    """Draw the page anew, with what was done above it."""
    st.session_state["admin-told"] = words
    st.rerun()


def _columns(*names: str) -> list[Column]:
    parts = [name.partition(":") for name in names]
    return [Column(session.text(f"ui.admin.column.{name}"), kind) for name, _, kind in parts]


def _moment(value: dt.datetime | None) -> str:
    return "" if value is None else f"{value.astimezone():%d-%m-%Y %H.%M}"


def _word(prefix: str, value: str) -> str:
    """Return the text of a value from a closed set; a newer service may know more than this page."""
    return catalogue(session.language()).get(f"ui.admin.{prefix}.{value}", value)


def _health(overview: Overview) -> Html:
    text = session.text
    rows = []
    for part, state in overview.checks.items():
        works = state == "ok"
        shape = element("span", text(f"ui.shape.{'meets' if works else 'fails'}"), aria_hidden="true")
        mark = element(
            "span",
            join(shape, " ", text("ui.admin.works" if works else "ui.admin.fails")),
            f"zs-verdict {'zs-better' if works else 'zs-worse'}",
        )
        rows.append(TableRow([_word("part", part), mark]))
    rows += [
        TableRow([text("ui.admin.version"), f"{overview.version} (model {overview.model_version})"]),
        TableRow([text("ui.admin.dataset"), f"{overview.dataset} · {overview.dataset_digest[:12]}"]),
        TableRow([text("ui.admin.stores"), f"{overview.database} · {overview.bus}"]),
        TableRow(
            [
                text("ui.admin.load"),
                text(
                    "ui.admin.load.words",
                    running=number(overview.running, session.language()),
                    queued=number(overview.queued, session.language()),
                ),
            ]
        ),
    ]
    return join(
        h2(text("ui.admin.health"), "gezondheid"),
        table(text("ui.admin.health.caption"), _columns("part", "state"), rows),
    )


# -- the queue ------------------------------------------------------------------------------------------


def _show_queue(overview: Overview) -> None:
    text, language = session.text, session.language()
    show(h2(text("ui.admin.queue"), "wachtrij"))
    client = session.client()
    runs = [*client.runs("running"), *client.runs("queued")]
    if not runs:
        show(paragraph(text("ui.admin.queue.empty")))
    else:
        workers = {line.run_id: line for line in overview.workers}
        rows = [
            TableRow(
                [
                    run.name,
                    state_text(run),
                    workers[run.id].worker if run.id in workers else "",
                    _moment(workers[run.id].heartbeat) if run.id in workers else "",
                ]
            )
            for run in runs
        ]
        show(
            cut_table(
                text("ui.admin.queue.caption"),
                _columns("run", "progress", "worker", "heartbeat"),
                rows,
                language,
            )
        )
        _show_stopping(runs)
    counts = ", ".join(
        f"{_word('state', state)}: {number(count, language)}" for state, count in overview.runs.items()
    )
    show(paragraph(text("ui.admin.runs", counts=counts or "0"), "zs-small"))


def _show_stopping(runs: Sequence[RunInfo]) -> None:
    text = session.text
    with st.container(horizontal=True):
        for run in runs[:MOST_STOPPED]:
            if run.cancellation_requested:
                continue
            if st.button(text("ui.admin.stop", name=run.name), key=f"admin-stop-{run.id}"):
                try:
                    session.client().cancel(run.id)
                except ZorgstroomError as error:
                    st.error(error.message(session.language()))
                else:
                    _tell(text("ui.admin.stopped", name=run.name))


# -- sessions -------------------------------------------------------------------------------------------


def _show_sessions() -> None:
    text, language = session.text, session.language()
    show(h2(text("ui.admin.sessions"), "werksessies"))
    try:
        found: list[SessionInfo] = session.client().sessions()
    except ZorgstroomError as error:
        show(paragraph(error.message(language)))
        return
    if not found:
        show(paragraph(text("ui.admin.sessions.none")))
        return
    rows = [
        TableRow(
            [
                item.name,
                f"{item.date:%d-%m-%Y}",
                item.code,
                _word("phase", item.phase),
                number(item.participants, language),
            ]
        )
        for item in found
    ]
    columns = _columns("session", "date", "code", "phase", "participants:num")
    show(cut_table(text("ui.admin.sessions.caption"), columns, rows, language))
    with steady.form("admin-sessions"):
        by_code = {item.code: item for item in found}
        code = st.selectbox(
            text("ui.admin.sessions.which"),
            list(by_code),
            format_func=lambda item: f"{by_code[item].name} ({item})",
            key="admin-session",
        )
        sure = st.checkbox(text("ui.admin.sessions.sure"), key="admin-session-sure")
        if st.form_submit_button(text("ui.admin.sessions.delete")):
            _delete_answers(by_code[code], sure=sure)


def _delete_answers(chosen: SessionInfo, *, sure: bool) -> None:
    text = session.text
    if not sure:
        st.error(text("ui.admin.sessions.not_sure"))
        return
    try:
        session.client().facilitate(chosen.code).delete_answers()
    except ZorgstroomError as error:
        st.error(error.message(session.language()))
    else:
        _tell(text("ui.admin.sessions.deleted", name=chosen.name))


# -- disk, keys, tests and backups -----------------------------------------------------------------------


def _gigabytes(count: int) -> str:
    language = session.language()
    if count < 100_000_000:
        return session.text("ui.data.megabytes", count=number(count / 1e6, language, 1))
    return session.text("ui.admin.gigabytes", count=number(count / 1e9, language, 1))


def _disk(overview: Overview) -> list[Html]:
    text, disk = session.text, overview.disk
    used = 1 - disk.free / disk.total if disk.total else 0.0
    rows = [
        TableRow([text("ui.admin.disk.full"), percent(used, session.language())]),
        TableRow([text("ui.admin.disk.free"), _gigabytes(disk.free)]),
        TableRow([text("ui.admin.disk.results"), _gigabytes(disk.results)]),
        TableRow([text("ui.admin.disk.database"), _gigabytes(disk.database)]),
        TableRow([text("ui.admin.disk.bus"), _gigabytes(disk.bus)]),
    ]
    parts = [h2(text("ui.admin.disk"), "schijf")]
    if 1 - used < LEAST_FREE:
        parts.append(box(paragraph(text("ui.admin.disk.low")), "zs-note"))
    parts.append(
        table(
            text("ui.admin.disk.caption"),
            [*_columns("what"), Column(text("ui.admin.column.value"), "num")],
            rows,
        )
    )
    kept = overview.keep_runs_days
    runs = text("ui.admin.keep.always") if kept is None else text("ui.admin.keep.days", days=str(kept))
    parts.append(paragraph(text("ui.admin.keep", kept=runs, audit=str(overview.keep_audit_days)), "zs-small"))
    return parts


def _sign_in(overview: Overview) -> list[Html]:
    text = session.text
    parts = [
        h2(text("ui.admin.sign_in"), "aanmelden"),
        paragraph(text(f"ui.admin.sign_in.{overview.sign_in}")),
        paragraph(text("ui.admin.roles"), "zs-small"),
    ]
    if overview.keys:
        rows = [
            TableRow(
                [
                    key.name,
                    _word("role", key.role),
                    _word("key", key.state),
                    _moment(key.created),
                    _moment(key.expires) or text("ui.admin.never"),
                ]
            )
            for key in overview.keys
        ]
        parts.append(
            cut_table(
                text("ui.admin.keys.caption"),
                _columns("name", "role", "valid", "created", "expires"),
                rows,
                session.language(),
            )
        )
    return parts


def _load_test(overview: Overview) -> list[Html]:
    text, language, found = session.text, session.language(), overview.load_test
    title = h2(text("ui.admin.load_test"), "belastingproef")
    if found is None:
        return [title, paragraph(text("ui.admin.load_test.none"))]
    line = text(
        "ui.admin.load_test.words",
        made=_moment(found.made),
        sessions=number(found.sessions, language),
        screens=number(found.sessions_p95_seconds, language, 2),
        phones=number(found.phones, language),
        answers=number(found.phones_p95_seconds, language, 2),
        dropped=number(found.dropped, language),
    )
    return [title, paragraph(line)]


def _backup(overview: Overview) -> list[Html]:
    text = session.text
    elsewhere = overview.database != "sqlite" or overview.bus != "local"
    return [
        h2(text("ui.admin.backup"), "back-up"),
        paragraph(text("ui.admin.backup.help")),
        paragraph(element("code", "zorgstroom backup back-up.zip")),
        paragraph(text("ui.admin.backup.restore")),
        paragraph(element("code", "zorgstroom restore back-up.zip")),
        paragraph(text("ui.admin.backup.elsewhere")) if elsewhere else Html(""),
    ]


# -- the audit log --------------------------------------------------------------------------------------


def _show_audit() -> None:
    """Show who did what, newest first; earlier lines on asking."""
    text = session.text
    show(h2(text("ui.admin.audit"), "logboek"), paragraph(text("ui.admin.audit.help")))
    lines: list[AuditLine] = []
    cursor, pages = None, st.session_state.setdefault("admin-audit-pages", 1)
    for _ in range(pages):
        page = session.client().audit(AUDIT_ROWS, cursor)
        lines += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    if not lines:
        show(paragraph(text("ui.admin.audit.none")))
        return
    rows = [
        TableRow(
            [
                _moment(line.time),
                line.actor or text("ui.admin.audit.nobody"),
                _word("action", line.action),
                element("code", line.subject[:12]),
                ", ".join(f"{_word('detail', name)}: {value}" for name, value in line.details.items()),
            ]
        )
        for line in lines
    ]
    columns = _columns("when", "who", "did", "subject", "details:text")
    show(table(text("ui.admin.audit.caption"), columns, rows))
    if cursor is not None and st.button(text("ui.admin.audit.more"), key="admin-audit-more"):
        st.session_state["admin-audit-pages"] = pages + 1
        st.rerun()
