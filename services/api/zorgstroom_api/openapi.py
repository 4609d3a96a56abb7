"""The description of the interface (OpenAPI 3.1) and a plain page of it that loads nothing from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, JSONResponse, Response

from zorgstroom.text import Language, translate
from zorgstroom_api import API_VERSION, PREFIX
from zorgstroom_api.dependencies import Reader
from zorgstroom_api.negotiation import REVALIDATE, etag_matches, etag_of
from zorgstroom_api.problems import MEDIA_TYPE, ProblemDocument
from zorgstroom_api.scenarios.router import document_schema
from zorgstroom_api.security import WRITES
from zorgstroom_api.settings import ApiSettings

PATH = f"{PREFIX}/openapi.json"
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}}
#: Every operation can answer these. Naming ranges keeps the framework from naming 422, which is never given.
RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Problem", **_PROBLEM},
    "5XX": {"description": "Problem", **_PROBLEM},
}

router = APIRouter(prefix=PREFIX, include_in_schema=False)


def operation_id(route: APIRoute) -> str:
    """Return the name of the endpoint's function: short, and stable when paths change."""
    return route.name


def describe_in(app: FastAPI, settings: ApiSettings) -> None:
    """Give the application its description, made once per language."""
    contact = {"name": settings.contact_name, "email": settings.contact_email, "url": settings.contact_url}
    contact = {name: value for name, value in contact.items() if value}

    @cache
    def description(language: Language) -> dict[str, Any]:
        return _describe(app, language, contact)

    app.state.describe = description


def _describe(app: FastAPI, language: Language, contact: dict[str, str]) -> dict[str, Any]:
    document = get_openapi(
        title="Zorgstroom",
        version=API_VERSION,
        summary=translate("api.summary", language),
        description=translate("api.description", language),
        routes=app.routes,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        contact=contact,
        servers=[{"url": "/"}],
    )
    schemas = document["components"]["schemas"]
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemDocument"] = problem
    scenario = document_schema()
    # The document keeps its own definitions; references inside it point there.
    schemas["ScenarioDocument"] = _moved(scenario, "#/$defs/", "#/components/schemas/ScenarioDocument/$defs/")
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": translate("identity.scheme", language)}
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            # Reading never needs a key, but shows more with one; writing needs it where keys are asked for.
            operation["security"] = [{"key": []}] if method.upper() in WRITES else [{}, {"key": []}]
            operation["summary"] = translate(f"api.operation.{operation['operationId']}", language)
            operation.pop("description", None)
            _add_examples(operation)
            for response in operation["responses"].values():
                response.setdefault("headers", {})["API-Version"] = {
                    "description": translate("api.version_header", language),
                    "schema": {"type": "string", "const": API_VERSION},
                }
    return document


def _add_examples(operation: dict[str, Any]) -> None:
    """Show what is sent and answered: of the small country of the tests, and its lists cut short."""
    name = operation["operationId"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        body["example"] = _examples()["requests"][name]
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for media_type, content in response.get("content", {}).items():
                example = _examples()["answers"][name].get(media_type)
                if example is not None:
                    content["example"] = example


@cache
def _examples() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("examples.json").read_text("utf-8")
    return dict(json.loads(text))


def _moved(node: Any, old: str, new: str) -> Any:
    """Return the schema with its references moved."""
    if isinstance(node, dict):
        return {
            key: new + value.removeprefix(old)
            if key == "$ref" and isinstance(value, str)
            else _moved(value, old, new)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_moved(item, old, new) for item in node]
    return node


@router.get("/openapi.json")
def get_description(request: Request, reader: Reader) -> Response:
    """Give the description; readable by pages from anywhere."""
    headers = {
        "ETag": etag_of(API_VERSION, reader, request.app.version),
        "Cache-Control": REVALIDATE,
        "Vary": "Accept-Language",
        "Content-Language": reader,
        "Access-Control-Allow-Origin": "*",
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return JSONResponse(request.app.state.describe(reader), headers=headers)


_PAGE = jinja2.Environment(autoescape=True).from_string("""<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ccc; }
code { overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p>{{ description.info.description }}</p>
<p><a href="{{ path }}">{{ link }}</a></p>
<table>
<thead><tr>{% for name in columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for path, operations in description.paths.items() -%}
{% for method, operation in operations.items() -%}
<tr><td><code>{{ method | upper }}</code></td><td><code>{{ path }}</code></td>
<td>{{ operation.summary }}</td></tr>
{% endfor %}{% endfor %}
</tbody>
</table>
</main>
</body>
</html>
""")


@router.get("/docs")
def get_page(request: Request, reader: Reader) -> Response:
    """Give the description as a page for people."""
    page = _PAGE.render(
        language=reader,
        title=translate("api.title", reader),
        description=request.app.state.describe(reader),
        path=PATH,
        link=translate("api.link", reader),
        columns=[translate(f"api.column.{name}", reader) for name in ("method", "path", "what")],
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Content-Language": reader})
