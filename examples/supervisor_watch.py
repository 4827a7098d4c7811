"""A supervisor's watch: refusals as they happen; and when one rule refuses too often, it is changed while the venue runs.

It shows `refusals`, `changes`, `records` and `admin`: what the command line does with `sbx control`.

    sbx init my-venue --rulebook general-2026
    sbx serve my-venue
    python examples/supervisor_watch.py my-venue
    python examples/intermediary.py my-venue        # has a client who wants more than the cap
"""

import argparse
import asyncio
from collections import Counter
from pathlib import Path

from gateway.client import Client, connect

RULE, KEY = "RET-1", "retail_cap_rub"


async def raise_cap(client: Client, cap: str) -> None:
    """Put another cap in force, and say what it was."""
    name = f"{RULE}.{KEY}"
    before = (await client.records("parameter", name))[name].value
    if before == cap:
        return
    seq = await client.admin("set_parameter", rule=RULE, key=KEY, value=cap, reason="an example: the cap is tried")
    print(f"command {seq}: {name} was {before}, is {cap}", flush=True)


async def watch(client: Client, after: int, cap: str) -> None:
    """Tell each refusal; raise the cap once it has refused so many times."""
    refused: Counter[str] = Counter()
    async with client.refusals() as refusals:
        print("watching", flush=True)
        async for each in refusals:
            by = each.rule or each.code
            refused[by] += 1
            what = f"{each.side} {each.quantity} {each.instrument}" if each.instrument else "a request"
            print(f"{each.account}: {what}: {by} ({refused[by]}): {each.title or each.detail}", flush=True)
            if each.rule == RULE and refused[RULE] == after:
                await raise_cap(client, cap)


async def tell_changes(client: Client) -> None:
    """Tell what anybody changes of rules and settings."""
    async with client.changes() as changes:
        async for each in changes:
            if each.by:
                print(f"changed by {each.by}: {each.what} {each.key} {each.detail}", flush=True)


async def main() -> None:
    """Watch until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", type=Path, help="the directory of the venue, for its keys")
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    parser.add_argument("--after", type=int, default=1, help=f"refusals by {RULE} until the cap is raised")
    parser.add_argument("--cap", default="500000.00", help="the cap that is tried, in roubles")
    parser.add_argument("--seconds", type=float, default=None, help="by default for ever")
    options = parser.parse_args()
    async with connect(options.url, "supervisor", options.venue / "keys" / "supervisor.pem") as client:
        try:
            async with asyncio.timeout(options.seconds), asyncio.TaskGroup() as group:
                group.create_task(watch(client, options.after, options.cap))
                group.create_task(tell_changes(client))
        except TimeoutError:
            print("watched long enough")


if __name__ == "__main__":
    asyncio.run(main())
