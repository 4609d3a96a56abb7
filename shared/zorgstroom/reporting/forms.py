"""The four forms of a report by name; libraries that only one of them needs are imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from zorgstroom.geo.boundaries import Boundaries
from zorgstroom.reporting.extra import extra
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import Options
from zorgstroom.text import Language

Form = Literal["html", "docx", "pdf", "xlsx"]
FORMS: tuple[Form, ...] = ("html", "docx", "pdf", "xlsx")
MEDIA_TYPES: Mapping[Form, str] = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What a form needs of the extra ``report``.
_NEEDS: Mapping[Form, tuple[str, ...]] = {"docx": ("docx", "typst"), "pdf": ("typst",)}


def require(form: Form) -> None:
    """Raise `MissingExtra` for a form that needs a library that is not installed."""
    for module in _NEEDS.get(form, ()):
        extra(module, {"docx": "Word"}.get(form, form.upper()))


def render_form(
    form: Form,
    impact: Impact,
    lang: Language,
    boundaries: Sequence[Boundaries] = (),
    options: Options | None = None,
    manifest: Mapping[str, Any] | None = None,
) -> bytes:
    """Return a report as a file; equal arguments give equal bytes. Raises `MissingExtra`.

    The workbook holds every table, whatever parts are asked for, and the `manifest` of the run where it is given.
    """
    require(form)
    chosen = options or Options()
    if form == "html":
        from zorgstroom.reporting.html import render_html  # noqa: PLC0415

        return render_html(impact, lang, boundaries, chosen).encode()
    if form == "docx":
        from zorgstroom.reporting.word import render_docx  # noqa: PLC0415

        return render_docx(impact, lang, boundaries, chosen)
    if form == "pdf":
        from zorgstroom.reporting.pdf import render_pdf  # noqa: PLC0415

        return render_pdf(impact, lang, boundaries, chosen)
    from zorgstroom.reporting.excel import render_xlsx  # noqa: PLC0415

    return render_xlsx(impact, lang, manifest)
