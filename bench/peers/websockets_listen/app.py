"""Changes with the websockets library: LISTEN on PostgreSQL, and its own broadcast to everybody who
follows the customer's orders."""

import asyncio
import json
import os
import signal
from collections import defaultdict

import asyncpg
import jwt
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

CHANNEL = "orders"
followers: defaultdict[str, set[ServerConnection]] = defaultdict(set)


def actor_of(token: str) -> str:
    """The subject of a token. Raises jwt.InvalidTokenError."""
    subject: str = jwt.decode(
        token,
        os.environ["JWT_KEY"],
        algorithms=["HS256"],
        audience=os.environ["JWT_AUDIENCE"],
        issuer=os.environ["JWT_ISSUER"],
    )["sub"]
    return subject


async def follow(connection: ServerConnection) -> None:
    """A client says who it is, and is told of its orders until it goes."""
    try:
        actor = actor_of(json.loads(await connection.recv())["token"])
    except (jwt.InvalidTokenError, ValueError, KeyError, TypeError):
        await connection.close(4401)
        return
    followers[actor].add(connection)
    try:
        await connection.send('{"type": "ready"}')
        await connection.wait_closed()
    finally:
        followers[actor].discard(connection)


def tell(_connection: object, _pid: int, _channel: str, payload: str) -> None:
    """What a transaction has notified of: the customer, and the row as JSON behind a blank."""
    customer, _, row = payload.partition(" ")
    broadcast(followers[customer], f'{{"type": "changes", "row": {row}}}')


async def main() -> None:
    listener = await asyncpg.connect(os.environ["DATABASE_URL"])
    await listener.add_listener(CHANNEL, tell)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serve(follow, "127.0.0.1", int(os.environ["PORT"]), compression=None):
        await ended.wait()
    await listener.close()


uvloop.run(main())
