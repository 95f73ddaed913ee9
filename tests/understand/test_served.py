"""A drafted contract, opened by rules, serves the tables that it was drafted from."""

from pathlib import Path

import httpx2

from tests.serve.apps import bearer, served
from tests.understand import schemas
from tests.understand.conftest import Made
from tests.understand.places import understood

ROWS = """
INSERT INTO accounts (id, name, encrypted_password, created_at, updated_at)
    VALUES (100, 'Ann', 'geheim', '2026-01-02 03:04:05', '2026-01-02 03:04:05');
INSERT INTO posts (id, account_id, title, created_at, updated_at)
    VALUES (100, 100, 'Hello', '2026-01-02 03:04:05', '2026-01-02 03:04:05');
INSERT INTO post_revisions (id, post_id, body) VALUES (100, 100, 'first');
INSERT INTO posts_readers VALUES (100, 100);
"""


def test_tables_of_another_framework_are_read_and_written(made: Made, tmp_path: Path) -> None:
    url = made(schemas.RAILS + ROWS)
    _, text = understood(url)
    contract = tmp_path / "contract.py"
    contract.write_text(text.replace('allow("*", when=False)', 'allow("*")'), encoding="utf-8")
    with (
        served(tmp_path, "--database", url, contract=contract) as service,
        httpx2.Client(base_url=service.url, headers=bearer(), timeout=30) as client,
    ):
        account = client.get("/v1/accounts/100").json()
        assert account["name"] == "Ann"
        assert account["created_at"] == "2026-01-02T03:04:05+00:00"
        assert account["version"] == 0
        assert "encrypted_password" not in account

        post = client.get("/v1/posts/100?include=account,revisions,accounts").json()
        assert post["account"]["id"] == 100
        assert [row["body"] for row in post["revisions"]] == ["first"]
        assert [row["id"] for row in post["accounts"]] == [100]

        refused = client.post("/v1/posts", json={"account_id": 100, "state": "lost"})
        assert refused.status_code == 422
        body = {"account_id": 100, "state": 'it\'s "gone"', "revisions": [{"body": "second"}]}
        answer = client.post("/v1/posts", json=body)
        assert answer.status_code == 201, answer.text
        key = answer.json()["id"]
        found = client.get('/v1/posts?state=it\'s "gone"&include=revisions').json()["items"]
        assert [row["id"] for row in found] == [key]
        assert [row["body"] for row in found[0]["revisions"]] == ["second"]

        etag = {"if-match": client.get("/v1/accounts/100").headers["etag"]}
        changed = client.patch("/v1/accounts/100", json={"name": "Bea"}, headers=etag)
        assert changed.status_code == 200, changed.text
        assert changed.json()["version"] == 1
        again = client.patch("/v1/accounts/100", json={"name": "Cid"}, headers=etag)
        assert again.status_code == 412
