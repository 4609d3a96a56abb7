"""A scenario as a file: taken along as a person would write it, and read with every mistake and its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from zorgstroom.errors import InvalidInput
from zorgstroom.scenario_file import parse_scenario
from zorgstroom.scenario_writing import scenario_text
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.desk import Desk
from zorgstroom_ui.components.builder.documents import as_scenario, opened
from zorgstroom_ui.components.html import box, element, h2, join, listing, paragraph, show

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_FILE = "builder-file"
_REFUSED = "builder-refused"
#: Largest file, as the service has it (`zorgstroom.document`).
MOST_MEGABYTES = 1
#: Mistakes shown of a file; who has more has handed in something else than a plan.
MOST_SHOWN = 20


def show_files(desk: Desk) -> None:
    """Offer the document as a file, and take one."""
    text = session.text
    show(h2(text("build.files"), "bestand"), paragraph(text("build.files.help")))
    scenario = as_scenario(desk.document)
    with steady.place():
        if scenario is None:
            show(element("p", text("build.export.not_yet"), "zs-small"))
        else:
            st.download_button(
                text("build.export"),
                data=lambda: scenario_text(scenario),
                file_name=file_name(scenario.name),
                mime="application/yaml",
                key="build.export",
                on_click="ignore",
            )
    st.file_uploader(
        text("build.import"),
        type=["yaml", "yml", "json"],
        key=_FILE,
        max_upload_size=MOST_MEGABYTES,
        help=text("build.import.help"),
    )
    st.button(text("build.import.open"), key="build.import.open", on_click=_open, wrap=True)
    refused = st.session_state.get(_REFUSED)
    if refused is not None:
        show(refused)


def file_name(name: str) -> str:
    """Return the name of the file of a scenario.

    >>> file_name("Twee centra, één plan!")
    'twee-centra-een-plan.yaml'
    """
    plain = name.casefold().translate(str.maketrans("áàäâéèëêíìïîóòöôúùüûç", "aaaaeeeeiiiioooouuuuc"))
    return f"{re.sub('[^a-z0-9]+', '-', plain).strip('-')[:60] or 'scenario'}.yaml"


def handed_in() -> UploadedFile | None:
    """Return the file that the visitor chose."""
    file: UploadedFile | None = st.session_state.get(_FILE)
    return file


def _open() -> None:
    """Put the document of a file on the desk; one with mistakes is refused with every place and reason."""
    st.session_state.pop(_REFUSED, None)
    file = handed_in()
    text, language = session.text, session.language()
    if file is None:
        st.session_state[_REFUSED] = element("p", text("build.import.none"), "zs-mistake", role="alert")
        return
    try:
        scenario = parse_scenario(file.getvalue(), file.name)
    except InvalidInput as error:
        lines = [problem.line(language) for problem in error.problems[:MOST_SHOWN]]
        if len(error.problems) > MOST_SHOWN:
            lines.append(text("build.import.more", count=number(len(error.problems) - MOST_SHOWN, language)))
        content = join(paragraph(text("build.import.refused", name=file.name)), listing(lines))
        st.session_state[_REFUSED] = element("div", box(content, "zs-note"), role="alert")
        return
    notice = element(
        "div", box(paragraph(text("build.import.done", name=file.name)), "zs-info"), role="status"
    )
    desks.put_on_desk(opened(scenario), desks.current(), notice)
