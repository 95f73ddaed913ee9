"""A served contract takes the tokens of a real issuer elsewhere, beside its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from charter.serve.asgi import application
from tests.serve.apps import CONTRACT, bearer, settings_in
from tests.support.oidc.provider import AUDIENCE, OpenIdProvider, why_not


@pytest.fixture(scope="module")
def issuer() -> Iterator[OpenIdProvider]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    provider = OpenIdProvider("ES256")
    provider.start()
    yield provider
    provider.stop()


async def test_own_and_outside_tokens_are_both_good(issuer: OpenIdProvider, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    tables = {"corp": {"issuer": issuer.issuer, "audience": AUDIENCE}}
    settings = replace(settings, auth=replace(settings.auth, issuers=tables))
    app = application(CONTRACT, settings)
    await app.open()
    transport = httpx2.ASGITransport(app)
    outside = {"authorization": f"Bearer {issuer.machine_token()}"}
    forged = {"authorization": outside["authorization"][:-8] + "AAAAAAAA"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answers = [
            (await client.get("/.well-known/jwks.json")).json(),
            (await client.get("/v1/nothing", headers=outside)).status_code,
            (await client.get("/v1/nothing", headers=bearer())).status_code,
            (await client.get("/v1/nothing", headers=forged)).status_code,
        ]
    await app.close()
    assert answers == [{"keys": []}, 404, 404, 401]
