"""The description of the messages, as the API gives it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.api import running_api

from zorgstroom.events.documents import asyncapi_document

pytestmark = pytest.mark.unit


def test_the_description_of_the_messages_is_served_and_kept_by_its_tag(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        response = api.client.get("/v1/asyncapi.json")
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        assert response.json() == asyncapi_document()
        again = api.client.get("/v1/asyncapi.json", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
