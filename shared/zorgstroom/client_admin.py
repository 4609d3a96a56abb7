"""What an administrator asks of the API, and what it says of itself to everybody."""

from __future__ import annotations

from zorgstroom.client_base import Calls
from zorgstroom.service_document import AuditPage, CallerInfo, Overview, ServiceInfo


class AdminCalls(Calls):
    """Questions about the installation; all but `service` are for administrators."""

    def service(self) -> ServiceInfo:
        """Return version, limits and whether writing needs a key."""
        return ServiceInfo.model_validate_json(self._get("/service").content)

    def caller(self) -> CallerInfo:
        """Return who the service takes this client for; raise `NotAllowed` for a key it does not know."""
        return CallerInfo.model_validate_json(self._get("/caller").content)

    def overview(self) -> Overview:
        """Return how the installation is doing; raise `NotAllowed` for who is no administrator."""
        return Overview.model_validate_json(self._get("/admin/overview").content)

    def audit(self, limit: int = 50, cursor: str | None = None, action: str | None = None) -> AuditPage:
        """Return who did what, newest first; raise `NotAllowed` for who is no administrator."""
        asked = {"limit": limit, "cursor": cursor, "action": action}
        params = {name: value for name, value in asked.items() if value is not None}
        return AuditPage.model_validate_json(self._get("/admin/audit", params=params).content)
