"""Permits: never too many at once, in order, and never for ever."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.store.errors import Unavailable
from charter.store.permits import Permits


def permits(size: int, *, queue: int = 100, seconds: float = 60) -> Permits:
    return Permits(size, queue=queue, seconds=seconds, what="chair")


async def test_those_who_wait_come_in_order() -> None:
    chairs = permits(1)
    await chairs.acquire()
    order: list[int] = []

    async def sit(number: int) -> None:
        await chairs.acquire()
        order.append(number)
        chairs.release()

    tasks = [asyncio.create_task(sit(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert order == []
    chairs.release()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_a_full_queue_refuses_at_once() -> None:
    chairs = permits(1, queue=1)
    await chairs.acquire()
    waiting = asyncio.create_task(chairs.acquire())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too many requests wait for chair"):
        await chairs.acquire()
    chairs.release()
    await waiting


async def test_who_waits_too_long_is_refused_and_leaves_the_queue() -> None:
    chairs = permits(1, queue=1, seconds=0.01)
    await chairs.acquire()
    for _ in range(3):
        with pytest.raises(Unavailable, match="no chair came free in time"):
            await chairs.acquire()
    chairs.release()
    await chairs.acquire()


async def test_close_waits_for_the_holders_and_refuses_newcomers() -> None:
    chairs = permits(2)
    await chairs.acquire()
    closing = asyncio.create_task(chairs.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await chairs.acquire()
    assert not closing.done()
    chairs.release()
    await closing


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=12),
)
def test_no_permit_is_lost_whoever_is_cancelled_when(
    size: int, visits: list[tuple[int, int]]
) -> None:
    async def run() -> None:
        chairs = permits(size)
        sitting = 0

        async def visit(steps: int) -> None:
            nonlocal sitting
            await chairs.acquire()
            sitting += 1
            assert sitting <= size
            try:
                for _ in range(steps):
                    await asyncio.sleep(0)
            finally:
                sitting -= 1
                chairs.release()

        tasks = []
        for steps, patience in visits:
            task = asyncio.create_task(visit(steps))
            tasks.append(task)
            for _ in range(patience):
                await asyncio.sleep(0)
            if patience % 2:
                tasks[len(tasks) // 2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(size):
            await chairs.acquire()

    asyncio.run(asyncio.wait_for(run(), 60))
