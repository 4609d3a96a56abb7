"""What an administrator asks for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zorgstroom_api.pagination import PageQuery


class AuditQuery(PageQuery):
    """Which lines of the audit log."""

    limit: int = Field(default=50, ge=1, le=500)
    action: Annotated[str, Field(max_length=80)] | None = None
