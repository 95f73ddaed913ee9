"""The relying parties that the settings make: one for each identity provider."""

from collections.abc import Mapping

from charter.access.oidc.known import read_providers
from charter.access.oidc.relying import RelyingParty
from charter.access.outbound import Outbound, open_outbound
from charter.access.settings import AccessSettings
from charter.core.signals import Listener


class Parties:
    """All providers that people can sign in with, and the client that all of them are asked with.
    For one event loop."""

    def __init__(self, parties: Mapping[str, RelyingParty], outbound: Outbound) -> None:
        self.by_name = dict(parties)
        self._outbound = outbound

    async def close(self) -> None:
        """End what is under way, and close the connections that are kept."""
        for party in self.by_name.values():
            await party.close()
        await self._outbound.close()


def open_parties(
    settings: AccessSettings, listener: Listener, *, development: bool
) -> Parties | None:
    """The providers of the settings, or None where they name none. ValueError where one makes no
    sense; MissingExtra."""
    providers = read_providers(settings.providers or {}, development=development)
    if not providers:
        return None
    outbound = open_outbound(development=development)
    made = {each.name: RelyingParty(each, outbound, listener) for each in providers}
    return Parties(made, outbound)
