"""API keys and OAuth's token endpoint: programs that act for an account."""

import base64
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.access.authenticator import certificate
from tests.identity.people import Person, Place, code_of, opened, settings_for
from tests.identity.shop import shop

ANN = "ann@example.com"


async def key(ann: Person, **values: Any) -> dict[str, Any]:
    answer = await ann.post("auth/keys", {"name": "Build", **values})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_key_acts_for_its_account(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann)
    assert made["key"].startswith("chk_")
    assert made["key"].startswith(made["prefix"])
    note = await place.post("notes", {"text": "by a program"}, token=made["key"])
    assert note.status_code == 201, note.text
    assert note.json()["owner_id"] == ann.id


async def test_a_key_is_shown_once(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann)
    listed = await ann.get("auth/keys")
    assert made["key"] not in listed.text
    (item,) = listed.json()["items"]
    assert (item["name"], item["prefix"], item["used_at"]) == ("Build", made["prefix"], None)


async def test_a_key_does_what_its_scopes_allow_and_no_more(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann, scopes=["notes:read"])
    assert (await place.send("GET", "notes", token=made["key"])).status_code == 200
    refused = await place.post("notes", {"text": "x"}, token=made["key"])
    assert refused.status_code == 403


async def test_an_unknown_scope_is_a_mistake(place: Place) -> None:
    ann = await place.person(ANN)
    answer = await ann.post("auth/keys", {"name": "Build", "scopes": ["note:read"]})
    assert answer.json()["flaws"][0]["pointer"] == "#/scopes/0"


async def test_a_removed_key_is_of_no_use_at_once(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann)
    assert (await ann.delete(f"auth/keys/{made['id']}")).status_code == 204
    assert code_of(await place.send("GET", "notes", token=made["key"])) == "session_ended"


async def test_keys_of_others_are_not_there(place: Place) -> None:
    ann, bob = await place.person(ANN), await place.person("bob@example.com")
    made = await key(ann)
    assert (await bob.delete(f"auth/keys/{made['id']}")).status_code == 404
    assert (await bob.get("auth/keys")).json()["items"] == []


async def test_a_program_cannot_change_the_account(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann)
    for method, path, body in (
        ("POST", "auth/keys", {"name": "Another"}),
        ("DELETE", "auth/account", None),
        ("POST", "auth/totp", None),
        ("POST", "auth/email/change", {"email": "eve@example.com"}),
        ("GET", "auth/sessions", None),
    ):
        answer = await place.send(method, path, body, token=made["key"])
        assert answer.status_code == 403, path


async def test_the_last_use_of_a_key_is_noted(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann)
    await place.send("GET", "notes", token=made["key"])
    sessions = place.process._sessions
    assert sessions is not None
    await sessions.drained()
    (item,) = (await ann.get("auth/keys")).json()["items"]
    assert item["used_at"] is not None


async def test_client_credentials_give_a_token_within_the_scopes_of_the_key(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann, scopes=["notes:read", "notes:create"])
    form = {"grant_type": "client_credentials", "scope": "notes:read"}
    answer = await place.client.post("/v1/auth/token", data=form, auth=(made["id"], made["key"]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "notes:read"
    token = answer.json()["access_token"]
    assert (await place.send("GET", "notes", token=token)).status_code == 200
    assert (await place.post("notes", {"text": "x"}, token=token)).status_code == 403
    await ann.delete(f"auth/keys/{made['id']}")
    assert code_of(await place.send("GET", "notes", token=token)) == "session_ended"


async def test_no_token_has_more_than_its_key(place: Place) -> None:
    ann = await place.person(ANN)
    made = await key(ann, scopes=["notes:read"])
    secret = {"client_id": made["id"], "client_secret": made["key"]}
    form = {"grant_type": "client_credentials", "scope": "write", **secret}
    answer = await place.client.post("/v1/auth/token", data=form)
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid_scope"


async def test_a_refresh_token_is_exchanged_there_too(place: Place) -> None:
    ann = await place.person(ANN)
    form = {"grant_type": "refresh_token", "refresh_token": ann.tokens["refresh_token"]}
    answer = await place.client.post("/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert (await place.send("GET", "notes", token=token)).status_code == 200


async def test_a_wrong_secret_is_refused(place: Place) -> None:
    ann = await place.person(ANN)
    made, other = await key(ann), await key(ann)
    form = {"grant_type": "client_credentials"}
    for secret in (other["key"], "chk_" + "0" * 49, "x"):
        answer = await place.client.post("/v1/auth/token", data=form, auth=(made["id"], secret))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_certificate_counts_where_a_trusted_proxy_tells_of_it(
    url: str, tmp_path: Path
) -> None:
    der = certificate(ec.generate_private_key(ec.SECP256R1()))
    field = {"client-cert": f":{base64.b64encode(der).decode()}:"}
    via = {"x-forwarded-for": "192.0.2.7", **field}
    settings = settings_for(url, tmp_path, client_certificates=True)
    serve = replace(settings.serve, trusted_proxies=("127.0.0.1",))
    async with opened(shop.build(), replace(settings, serve=serve), tmp_path) as place:
        ann = await place.person(ANN)
        pem = ssl.DER_cert_to_PEM_cert(der)
        made = await key(ann, certificate=pem, scopes=["notes:read"])
        assert made["key"] is None
        me = (await place.send("GET", "auth/me", headers=via)).json()
        assert (me["id"], me["scopes"]) == (ann.id, ["notes:read"])
        assert (await place.post("notes", {"text": "x"}, headers=via)).status_code == 403
        other = certificate(ec.generate_private_key(ec.SECP256R1()))
        unknown = {**via, "client-cert": f":{base64.b64encode(other).decode()}:"}
        assert code_of(await place.send("GET", "notes", headers=unknown)) == "session_ended"
        assert code_of(await ann.post("auth/keys", {"name": "B", "certificate": pem})) == (
            "wrong_state"
        )
    async with opened(shop.build(), settings, tmp_path) as place:
        assert (await place.send("GET", "auth/me", headers=via)).status_code == 401
