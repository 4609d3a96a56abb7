"""The forms of a verification: one web page that needs nothing else, and pages in Markdown with their pictures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from zorgstroom.reporting.verification import FILE_NAME, NAME, Verification, to_json
from zorgstroom.reporting.verification_views import VerificationViews
from zorgstroom.reporting.views import TableView, shown
from zorgstroom.text import LANGUAGES, Language
from zorgstroom.text.columns import markdown_table

#: A longer table of the page is folded.
LONG_TABLE = 45
_SVG_ATTRIBUTES = '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif"'


def render_page(document: Verification, language: Language) -> str:
    """Return the web page: accessible, without scripts, fonts or requests."""
    views = VerificationViews(document, language)
    return (
        _environment()
        .get_template(f"{NAME}.html.jinja")
        .render(
            t=views.text,
            lang=language,
            views=views,
            document=document,
            facts="; ".join(f"{name} {value}" for name, value in views.facts()),
            misfits=views.misfits(),
            unjudged=views.unjudged_off(),
            notes=views.notes(),
            shown=lambda cell: shown(cell, language),
            long_table=LONG_TABLE,
            accepted_errors=views.number(document.accepted_errors),
        )
    )


def forms(document: Verification, language: Language) -> dict[str, bytes]:
    """Return every file of a verification by name: the document, the page in both languages, Markdown, pictures."""
    files = {FILE_NAME: to_json(document), f"{NAME}.html": render_page(document, language).encode()}
    for other in LANGUAGES:
        if other != language:
            files[f"{NAME}.{other}.html"] = render_page(document, other).encode()
    views = VerificationViews(document, language)
    for name, chart in _pictures(views).items():
        # By itself a picture names its language of drawing and a font; in the page it takes those of the page.
        files[name] = (chart.replace("<svg", _SVG_ATTRIBUTES, 1) + "\n").encode()
    for name, page in _pages(views).items():
        files[name] = page.encode()
    return files


def _pictures(views: VerificationViews) -> dict[str, str]:
    drawn = {f"{name}.svg": getattr(views, f"{name}_chart")() for name in ("theory", "national")}
    for number, (_, chart) in enumerate(views.trial_charts(), start=1):
        drawn[f"trial-{number}.svg"] = chart
    return {name: chart for name, chart in drawn.items() if chart is not None}


def _pages(views: VerificationViews) -> dict[str, str]:
    """Return the pages in Markdown of the parts that were tried."""
    document, text = views.document, views.text
    summary = [
        *_bullets(views.summary()),
        f"## {text('verification.heading.misfits')}",
        *(_bullets(views.misfits()) or [text("verification.no_misfits")]),
    ]
    if unjudged := views.unjudged_off():
        summary += [text("verification.unjudged"), *_bullets(unjudged)]
    summary += [
        text("verification.fail_rule"),
        f"## {text('verification.heading.made')}",
        text("verification.about.made"),
        _markdown(views.made_table(), views.language),
    ]
    pages = {_md("summary"): _page(text("verification.title"), [text("verification.lead"), *summary])}
    if document.theory is not None:
        about = text("verification.about.theory", errors=views.number(document.accepted_errors))
        pages[_md("theory")] = _page(
            text("verification.heading.theory"),
            [about, _image(views, "theory"), _markdown(views.theory_table(), views.language)],
        )
    if document.invariants is not None:
        pages[_md("invariants")] = _page(
            text("verification.heading.invariants"),
            [text("verification.about.invariants"), _markdown(views.invariants_table(), views.language)],
        )
    if document.national is not None:
        pages[_md("national")] = _page(text("verification.heading.national"), _national(views))
    if document.trial is not None:
        pages[_md("trial")] = _page(text("verification.heading.trial"), _trial(views))
    return pages


def _national(views: VerificationViews) -> list[str]:
    text, language = views.text, views.language
    parts = [text("verification.about.national"), _image(views, "national")]
    for view in views.national_tables():
        parts += [f"## {view.caption}", _markdown(view, language)]
    parts += [f"## {text('verification.heading.notes')}"]
    parts += _bullets(f"**{name}**: {note}" for name, note in views.notes())
    if views.document.groups:
        parts += [f"## {text('verification.heading.groups')}", text("verification.about.groups")]
        for view in views.group_tables():
            parts += [f"### {view.caption}", _markdown(view, language)]
    if views.document.little:
        parts += [f"## {text('verification.heading.little')}", text("verification.about.little")]
        parts.append(_markdown(views.little_table(), language))
    if views.document.fit:
        parts += [f"## {text('verification.heading.fit')}", text("verification.about.fit")]
        parts.append(_markdown(views.fit_table(), language))
    return parts


def _trial(views: VerificationViews) -> list[str]:
    text, language = views.text, views.language
    parts = [text("verification.about.trial"), _markdown(views.trial_table(), language)]
    for number, (title, _) in enumerate(views.trial_charts(), start=1):
        parts.append(f"![{title}](trial-{number}.svg)")
    for view in (views.trial_lines_table(), views.calibrated_table()):
        parts += [f"## {view.caption}", _markdown(view, language)]
    return parts


def _md(name: str) -> str:
    return f"{name}.md"


def _image(views: VerificationViews, name: str) -> str:
    return f"![{views.text(f'verification.chart.{name}')}]({name}.svg)"


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", *(part.rstrip("\n") for part in parts)]) + "\n"


def _bullets(lines: Iterable[str]) -> list[str]:
    """Return the lines as one list in Markdown; nothing if there are none."""
    text = "\n".join(f"- {line}" for line in lines)
    return [text] if text else []


def _markdown(view: TableView, language: Language) -> str:
    header = [column.header for column in view.columns]
    return markdown_table([header, *([shown(cell, language) for cell in row] for row in view.rows)])


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zorgstroom.reporting", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
