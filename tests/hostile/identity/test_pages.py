"""Pages of other sites: no request of theirs changes anything, and no answer can be read."""

from http.cookies import SimpleCookie

from tests.hostile.identity.acts import rows
from tests.hostile.identity.routes import routes_of
from tests.identity.people import ORIGIN, PASSWORD, Person, Place, code_of

OWN = {"sec-fetch-site": "same-origin", "origin": ORIGIN}
EVIL = "https://evil.example"
PAGES = {
    "a form": {"sec-fetch-site": "cross-site", "origin": EVIL},
    "a sister": {"sec-fetch-site": "same-site", "origin": "https://blog.shop.example"},
    "an old browser": {"origin": EVIL},
    "a sandbox": {"origin": "null"},
    "nothing": {},
    "a made-up token": {"x-csrf-token": "a" * 64},
    "a port": {"origin": f"{ORIGIN}:8443"},
    "plain http": {"origin": ORIGIN.replace("https", "http")},
    "a longer name": {"origin": f"{ORIGIN}.evil.example"},
    "both": {"sec-fetch-site": "cross-site", "origin": ORIGIN},
}


async def cookie_of(place: Place, person: Person, sent: str = "") -> str:
    """The Cookie field of a browser that has signed in; `sent` is what it had before."""
    body = {"email": person.address, "password": PASSWORD, "mode": "browser"}
    headers = {**OWN, **({"cookie": sent} if sent else {})}
    answer = await place.post("auth/sign-in", body, headers=headers)
    place.client.cookies.clear()
    given = SimpleCookie(answer.headers["set-cookie"])["__Host-charter"].value
    return f"__Host-charter={given}"


async def test_no_page_of_another_site_changes_anything(place: Place, bob: Person) -> None:
    """Every route that changes something, with the cookie that a browser sends by itself."""
    cookie = await cookie_of(place, bob)
    note = (await bob.post("notes", {"text": "x", "pages": [{"text": "y"}]})).json()
    before, wrong = await rows(place), []
    routes = [route for route in await routes_of(place) if route.writes and not route.open]
    assert len(routes) > 20
    for route in routes:
        path = route.at({"id": note["id"], "part_id": note["id"]})
        for name, fields in PAGES.items():
            answer = await place.send(
                route.method, path, route.body, headers={"cookie": cookie, **fields}
            )
            if answer.status_code != 403 or code_of(answer) != "cross_site_request":
                wrong.append(f"{route.method} {path} from {name}: {answer.text}")
    assert wrong == []
    assert await rows(place) == before


async def test_open_routes_take_nobody_for_the_owner_of_the_cookie(
    place: Place, bob: Person
) -> None:
    cookie = await cookie_of(place, bob)
    before = await rows(place)
    for route in await routes_of(place):
        if route.writes and route.open and not route.parameters and "batch" not in route.path:
            headers = {"cookie": cookie, **PAGES["a form"]}
            more = {"data": route.body} if route.form else {}
            body = None if route.form else route.body
            answer = await place.send(route.method, route.path, body, headers=headers, **more)
            assert "set-cookie" not in answer.headers, route.path
    assert await rows(place) == before
    assert (await place.send("GET", "auth/me", headers={"cookie": cookie})).status_code == 200


async def test_a_form_of_another_site_signs_nobody_in(place: Place, ann: Person) -> None:
    """Nobody is made to work under the account of an attacker (login CSRF)."""
    body = {"email": ann.address, "password": PASSWORD, "mode": "browser"}
    for name in ("a form", "a sister", "an old browser", "a sandbox", "a longer name", "both"):
        answer = await place.post("auth/sign-in", body, headers=PAGES[name])
        assert code_of(answer) == "cross_site_request", name
        assert "set-cookie" not in answer.headers
    for media in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = await place.client.post(
            "/v1/auth/sign-in", content=str(body).encode(), headers={"content-type": media}
        )
        assert answer.status_code == 415, media


async def test_a_cookie_from_before_the_sign_in_is_never_that_of_the_session(
    place: Place, ann: Person, bob: Person
) -> None:
    """Session fixation: neither a made-up cookie, nor the attacker's own one."""
    attackers = await cookie_of(place, ann)
    for planted in (attackers, f"__Host-charter=chs_{'a' * 49}", "__Host-charter=x", "charter=x"):
        victims = await cookie_of(place, bob, planted)
        assert victims != planted
        me = await place.send("GET", "auth/me", headers={"cookie": victims})
        assert me.json()["id"] == bob.id
        after = await place.send("GET", "auth/me", headers={"cookie": planted})
        assert after.status_code == 401 or after.json().get("id") == ann.id


async def test_a_cookie_beside_a_token_says_nothing(place: Place, ann: Person, bob: Person) -> None:
    cookie = await cookie_of(place, bob)
    me = await place.send("GET", "auth/me", token=ann.token, headers={"cookie": cookie})
    assert me.json()["id"] == ann.id
    made = await place.post("notes", {"text": "x"}, token="nonsense", headers={"cookie": cookie})
    assert made.status_code == 401


async def test_no_other_origin_reads_an_answer(place: Place, bob: Person) -> None:
    """CORS is closed: no answer, and none to a preflight, is for another origin."""
    cookie = await cookie_of(place, bob)
    for route in await routes_of(place):
        path = f"/v1/{route.at({'id': 'x', 'part_id': 'x'})}"
        for origin in (EVIL, "null", f"{ORIGIN}.evil.example"):
            headers = {"origin": origin, "access-control-request-method": route.method}
            asked = await place.client.options(path, headers=headers)
            assert not [name for name in asked.headers if name.startswith("access-control")]
        if route.method == "GET":
            headers = {"origin": EVIL, "cookie": cookie}
            answer = await place.client.get(path, headers=headers)
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_letters_lead_to_the_service_whatever_a_request_says_its_name_is(
    place: Place, ann: Person
) -> None:
    named = {
        "host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http",
        "forwarded": "host=evil.example", "x-original-url": "https://evil.example/",
        "origin": EVIL, "referer": f"{EVIL}/",
    }  # fmt: skip
    body = {"email": "new@example.com", "password": PASSWORD}
    for path, given in (
        ("auth/register", body), ("auth/password/forgot", {"email": ann.address}),
    ):  # fmt: skip
        answer = await place.post(path, given, headers=named)
        assert answer.status_code == 202, answer.text
        assert "evil" not in str(answer.headers) + answer.text
    changed = await ann.post("auth/email/change", {"email": "ann@new.example"}, headers=named)
    assert changed.status_code == 202
    letters = await place.letters()
    assert len(letters) >= 3
    for letter in letters:
        assert "evil" not in letter.as_string()
        texts = [part.get_content() for part in letter.walk() if not part.is_multipart()]
        if any("cho_" in text for text in texts):
            assert all(f"{ORIGIN}/account/" in text for text in texts)


async def test_no_answer_leads_anywhere_else(place: Place) -> None:
    """No redirect, whatever address a request names."""
    targets = (EVIL, "//evil.example", "/\\evil.example", "https:evil.example", "%0d%0aLocation:x")
    for route in await routes_of(place):
        if route.method != "GET" or route.path.startswith("notes"):
            continue
        for target in targets:
            for name in ("return_to", "redirect_uri", "next", "url"):
                path = f"/v1/{route.at({'id': 'x', 'part_id': 'x'})}"
                answer = await place.client.get(path, params={name: target})
                assert "evil" not in str(answer.headers)
                assert answer.status_code not in range(300, 400)
