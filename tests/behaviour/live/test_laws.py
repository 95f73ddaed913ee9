"""Whatever is written, a subscriber ends with what a read shows, and was told of each step once.

The Watcher refuses what makes no sense: a row that is created twice, or removed or updated while
it is not there, an update that changes nothing, a version that goes back.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from charter.serve.live.view import Start
from tests.behaviour.actors import ADA, AUDITOR, BOB, EDITOR, EVE
from tests.behaviour.clients.base import Refused, Someone, Within
from tests.behaviour.clients.rest import RestClient
from tests.behaviour.live.test_views import fresh
from tests.behaviour.live.watching import Watcher, Watching, watching
from tests.behaviour.serving import Served

PATHS: list[tuple[str, Someone | None]] = [
    ("/v1/samples", None),
    ("/v1/samples?number[gte]=3&fields=id,number", None),
    ("/v1/projects", ADA),
    ("/v1/projects", BOB),
    ("/v1/projects?visibility=public&include=tags", None),
    ("/v1/projects?tasks.done=true&include=tasks", ADA),
    ("/v1/projects?include=members&fields=id,name,task_count", AUDITOR),
    ("/v1/members", BOB),
    ("/v1/notes?include=project", EVE),
    ("/v1/tags?include=projects", None),
]
WRITES = 40


@dataclass
class Busy:
    """Somebody who writes whatever comes to mind."""

    http: RestClient
    random: Random
    projects: list[str]
    samples: list[str]
    tags: list[str]

    async def write(self) -> None:
        choices = (
            self.sample, self.change_sample, self.drop_sample, self.project, self.change_project,
            self.tasks, self.member, self.note, self.tag, self.drop_project, self.finish_task,
        )  # fmt: skip
        # What is refused, or about nothing that there is, does nothing.
        with suppress(Refused, IndexError, ValueError):
            await self.random.choice(choices)()

    async def sample(self) -> None:
        values = {"name": "s", "number": self.random.randrange(6)}
        rows = await self.http.create_all("Sample", [values] * self.random.randrange(1, 4))
        self.samples += [row["id"] for row in rows]

    async def change_sample(self) -> None:
        values = {"number": self.random.randrange(6)}
        await self.http.update("Sample", self.random.choice(self.samples), values)

    async def drop_sample(self) -> None:
        key = self.samples.pop(self.random.randrange(len(self.samples)))
        await self.http.delete("Sample", key)

    async def project(self) -> None:
        code = f"c{self.random.randrange(10**9)}"
        values = {
            "name": "p", "code": code, "visibility": self.random.choice(["public", "private"]),
            "tasks": [{"title": "t"}] * self.random.randrange(3),
        }  # fmt: skip
        if self.projects and self.random.random() < 0.3:
            values["parent_id"] = self.random.choice(self.projects)
        made = await self.http.create("Project", values, self.random.choice([ADA, BOB]))
        self.projects.append(made["id"])

    async def change_project(self) -> None:
        values: dict[str, Any] = {"visibility": self.random.choice(["public", "private"])}
        if self.tags and self.random.random() < 0.5:
            values = {"tag_ids": self.random.sample(self.tags, min(2, len(self.tags)))}
        await self.http.update("Project", self.random.choice(self.projects), values, ADA)

    async def tasks(self) -> None:
        done = self.random.random() < 0.5
        values = {"tasks": [{"title": "x", "done": done}]}
        await self.http.update("Project", self.random.choice(self.projects), values, ADA)

    async def finish_task(self) -> None:
        key = self.random.choice(self.projects)
        read = await self.http.read("Project", key, ADA, include="tasks")
        task = self.random.choice(read["tasks"])["id"]
        within = Within("Project", key, "tasks")
        if self.random.random() < 0.5:
            await self.http.delete("Task", task, ADA, within=within)
        else:
            await self.http.update("Task", task, {"done": True}, ADA, within=within)

    async def member(self) -> None:
        values = {"project_id": self.random.choice(self.projects), "user_id": "bob"}
        made = await self.http.create("Member", values, ADA)
        if self.random.random() < 0.5:
            await self.http.delete("Member", made["id"], ADA)

    async def note(self) -> None:
        values = {"project_id": self.random.choice(self.projects), "author_id": "ada", "body": "b"}
        await self.http.create("Note", values, ADA)

    async def tag(self) -> None:
        made = await self.http.create("Tag", {"label": f"t{self.random.randrange(10**9)}"}, EDITOR)
        self.tags.append(made["id"])

    async def drop_project(self) -> None:
        key = self.random.choice(self.projects)
        await self.http.delete("Project", key, self.random.choice([ADA, BOB]))
        with suppress(ValueError):
            self.projects.remove(key)


async def agree(http: RestClient, watchers: list[Watcher]) -> None:
    for (path, who), watcher in zip(PATHS, watchers, strict=True):
        assert watcher.rows == await fresh(http, path, who), path


@pytest.mark.parametrize("seed", range(2))
async def test_who_follows_sees_what_a_read_shows(
    http: RestClient, live: Watching, seed: int
) -> None:
    random = Random(seed)
    busy = Busy(http, random, [], [], [])
    for _ in range(WRITES // 4):
        await busy.write()
    watchers = [await live.watch(path, who) for path, who in PATHS]
    await agree(http, watchers)
    for _ in range(4):
        await asyncio.gather(*(busy.write() for _ in range(WRITES // 4)))
        await live.settled()
        await agree(http, watchers)
    for watcher in watchers:
        watcher.close()
    await asyncio.gather(*(busy.write() for _ in range(WRITES // 4)))
    for (path, who), watcher in zip(PATHS, watchers, strict=True):
        await live.watch(path, who, Start(have=dict(watcher.tags)), watcher)
    await agree(http, watchers)


async def test_what_another_process_writes_is_told(http: RestClient, served: Served) -> None:
    """Two hubs that know nothing of each other: one of them is never woken by the writes."""
    async with watching(served) as first, watching(served) as second:
        one, two = await first.watch("/v1/samples"), await second.watch("/v1/samples")
        for number in range(20):
            await http.create("Sample", {"name": str(number)})
        await first.settled()
        await second.settled()
        assert one.rows == two.rows == await fresh(http, "/v1/samples")
