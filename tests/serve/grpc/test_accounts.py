"""Accounts over gRPC: sessions that end at once, API keys, and certificates that stand for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from charter.wire.grpc.settings import GrpcSettings
from tests.identity import people
from tests.identity.people import settings_for
from tests.identity.shop import shop
from tests.serve.grpc.apps import Opened
from tests.serve.grpc.test_tls import Signed, signed


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


@asynccontextmanager
async def served(
    place: people.Place, credentials: grpc.ChannelCredentials
) -> AsyncIterator[Opened]:
    server: Any = place.process.grpc()
    await server.start()
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.aio.secure_channel(f"127.0.0.1:{server.port}", credentials, options)
    async with channel:
        yield Opened(place.process, server, channel, [])
    await server.stop(0)


async def test_an_account_is_known_by_all_that_stands_for_it(tmp_path: Path) -> None:
    authority = signed("authority")
    server, ann_s, nobodys = (signed(name, authority) for name in ("server", "ann", "nobody"))
    for name, data in {
        "c.pem": server.pem,
        "k.pem": server.key_pem,
        "ca.pem": authority.pem,
    }.items():
        (tmp_path / name).write_bytes(data)
    tls = GrpcSettings(
        certificate=tmp_path / "c.pem", key=tmp_path / "k.pem", client_ca=tmp_path / "ca.pem"
    )
    url = f"sqlite:///{tmp_path}/x.db"
    settings = replace(settings_for(url, tmp_path, client_certificates=True), grpc=tls)
    async with people.opened(shop.build(), settings, tmp_path) as place:
        ann = await place.person("ann@example.com")
        pem = ann_s.pem.decode()
        made = await ann.post("auth/keys", {"name": "Build", "certificate": pem})
        assert made.status_code == 200, made.text
        key = (await ann.post("auth/keys", {"name": "Other", "scopes": ["notes:read"]})).json()

        def proving(who: Signed) -> grpc.ChannelCredentials:
            return grpc.ssl_channel_credentials(authority.pem, who.key_pem, who.pem)

        async with served(place, proving(ann_s)) as service:
            note = await service.ask("CreateNote", note={"text": "by certificate"})
            assert note.owner_id == ann.id
        async with served(place, proving(nobodys)) as service:
            assert (await service.refused("ListNotes")).reason == "SESSION_ENDED"
            listed = await service.calling("ListNotes", metadata=bearer(key["key"]))
            assert [item.text for item in listed.items] == ["by certificate"]
            request = service.message("CreateNoteRequest", note={"text": "x"})
            scoped = await service.refused("CreateNote", request, metadata=bearer(key["key"]))
            assert scoped.reason == "INSUFFICIENT_SCOPE"
            session = bearer(ann.tokens["access_token"])
            assert (await service.calling("ListNotes", metadata=session)).items
            assert (await ann.post("auth/sign-out")).status_code == 204
            ended = await service.refused("ListNotes", metadata=session)
            assert (ended.code, ended.reason) == (
                grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED",
            )  # fmt: skip
