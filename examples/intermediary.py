"""An intermediary with ten clients: it takes them on, sends an order for each, and tells each what became of it.

It shows what a client needs before it may buy (documents, tests, an authorisation, an acknowledged warning, an account), and orders of
many accounts at once over one connection. Taking clients on is the supervisor's and the operator's to do: their keys are here, too.

    sbx init my-venue --rulebook general-2026
    sbx serve my-venue
    python examples/intermediary.py my-venue
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.client import Client, OrderRejected, connect

CLIENTS = [f"client-{number:02}" for number in range(1, 11)]
UNTESTED, UNWARNED, RICH = CLIENTS[7:]
"""One took no test, one was not warned, one wants more than the law allows."""


async def take_on(name: str, supervisor: Client, operator: Client, broker: Client) -> None:
    """Register a client, and open its account; one that is there already stays as it is."""
    if await supervisor.records("account", f"{name}.north"):
        return
    now = datetime.now(UTC)
    document = {"passport": f"00 00 {900_000 + CLIENTS.index(name)}"}
    await supervisor.admin("register_investor", investor=name, kind="individual", documents=document)
    for year in {now.year, (now + timedelta(days=1)).year}:
        await supervisor.admin("authorise_client", intermediary="north", investor=name, year=year, reason="example")
    if name != UNTESTED:
        taken_ns = int(now.timestamp() - 60) * 1_000_000_000
        await supervisor.admin("record_test", investor=name, test="knowledge", score=90, taken_ns=taken_ns)
    account = {"account": f"{name}.north", "participant": "broker-north", "investor": name, "intermediary": "north"}
    await operator.admin("open_account", **account)
    await operator.admin("deposit", account=f"{name}.north", asset="RUB", amount="1000000.00", reason="example")
    warning = await broker.risk_warning(f"{name}.north")
    if name != UNWARNED and warning.in_force is not None:
        await broker.admin("record_acknowledgement", investor=name, digest=warning.in_force)


async def order_for(broker: Client, name: str) -> str:
    """Buy bitcoin for a client; returns what to tell it."""
    quantity = "0.05" if name == RICH else "0.01"
    try:
        order = await broker.buy("BTC/RUB", quantity=quantity, price="7990000", account=f"{name}.north")
    except OrderRejected as refused:
        return f"refused by {refused.rule or refused.code} ({refused.title}): {refused.detail}"
    return f"order {order.order_id} for {order.quantity:f} is {order.status}"


async def main() -> None:
    """Take all on, one after the other; send their orders at once; take back what rests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", type=Path, help="the directory of the venue, for its keys")
    parser.add_argument("--url", default="ws://127.0.0.1:8765")
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        names = ("supervisor", "operator", "broker-north")
        keys = [(name, options.venue / "keys" / f"{name}.pem") for name in names]
        logins = [await stack.enter_async_context(connect(options.url, name, key)) for name, key in keys]
        supervisor, operator, broker = logins
        for name in CLIENTS:
            await take_on(name, supervisor, operator, broker)
        told = await asyncio.gather(*(order_for(broker, name) for name in CLIENTS))
        for name, words in zip(CLIENTS, told, strict=True):
            print(f"{name}: {words}")
        taken_back = [await broker.mass_cancel(account=f"{name}.north") for name in CLIENTS]
        print(f"took back {sum(taken_back)} orders")


if __name__ == "__main__":
    asyncio.run(main())
