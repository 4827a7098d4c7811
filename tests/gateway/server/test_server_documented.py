"""docs/PROTOCOL.md says what the venue does: its program trades, its examples hold, its tables are complete."""

from __future__ import annotations

import asyncio
import datetime
import json
import re
import subprocess
import sys
import time
from typing import get_args

from cryptography.hazmat.primitives import serialization

from engine.vocabulary import codes
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import InvestorRegistered, RegistryChanged
from gateway.core import new_exchange
from gateway.identity import Identities
from gateway.inbound.admin import ALLOWED, Sender, admin_command, argument_names
from gateway.inbound.asking import Query
from gateway.inbound.translate import TRANSLATE
from gateway.protocol import messages
from gateway.protocol.channel_messages import AnyChannelMessage, ChannelName
from gateway.protocol.messages import Admin
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue
from tests.support.gateway.venues.small_venue import KEYS, NaiveBook, client, serving, url_of
from tests.support.places import ROOT

DOCUMENT = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")


async def test_the_program_logs_in_and_trades(tmp_path):
    program = tmp_path / "trade.py"
    source = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[0]
    imported = {line.split()[1].partition(".")[0] for line in re.findall(r"^(?:from|import) .*$", source, re.MULTILINE)}
    assert imported == {"asyncio", "json", "sys", "cryptography", "websockets"}
    # Prices of the small venue.
    program.write_text(source.replace("7900000", "100").replace("0.01", "1"))
    key = tmp_path / "key.pem"
    key.write_bytes(
        KEYS["alice"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    async with serving(tmp_path / "venue") as server, client(url_of(server), "bob") as bob:
        await bob.order("sell", "0.4", "100", "b1", account="bob")
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(program), url_of(server), "alice", str(key), "alice", stdout=subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0
        assert re.findall(r"'exec_type': '(\w+)'", output.decode()) == ["new", "trade", "cancelled"]


def test_the_example_of_a_book_holds():
    book = NaiveBook()
    for line in re.findall(r'^\{"type":"book_.*\}$', DOCUMENT, re.MULTILINE):
        book.apply(json.loads(line))
    assert book.best(10) == [("100.0", "0.5"), ("101.0", "1.0")]


def test_the_core_version_of_the_example_is_that_of_the_core():
    assert re.findall(r'"core_version":(\d+)', DOCUMENT) == [str(CORE_VERSION)]


def test_every_request_and_its_fields_are_documented():
    for request in messages.AnyRequest.__args__:
        name = request.__struct_config__.tag
        assert f"`{name}`" in DOCUMENT or f'"type":"{name}"' in DOCUMENT, name
        for field in request.__struct_fields__:
            assert f"`{field}`" in DOCUMENT or f'"{field}":' in DOCUMENT, f"{name}.{field}"
    assert len(TRANSLATE) == 12


def test_every_message_and_its_fields_are_documented():
    for message in messages.AnyMessage.__args__:
        name = message.__struct_config__.tag
        assert f"`{name}`" in DOCUMENT or f'"type":"{name}"' in DOCUMENT or f"`{name}`s" in DOCUMENT, name
        for field in message.__struct_fields__:
            assert f"`{field}`" in DOCUMENT or f'"{field}":' in DOCUMENT, f"{name}.{field}"


def test_every_field_of_market_data_is_documented_with_its_channel():
    # A name that is said elsewhere on the page says nothing about this message.
    market_data = DOCUMENT.partition("\n## Market data\n")[2].partition("\n## ")[0]
    before, _, after = market_data.partition("\n| channel |")
    table = after.partition("\n### ")[0]
    sections = {part.partition("\n")[0]: part for part in market_data.split("\n### ")[1:]}
    told_in = {
        "book": "Keeping a book",
        "orders": "Keeping a queue",
        "candles": "Candles",
        "ticker": "The figures of 24 hours",
    }
    assert "`time`" in before
    assert "`instrument`" in before
    assert "`prev_seq`" in before
    checked = set()
    for message in AnyChannelMessage.__args__:
        rows = [line for line in table.splitlines() if line.startswith(f"| `{message.channel}` |")]
        if message.channel == "changes":  # of supervisors, and in their section
            continue
        assert len(rows) == 1, message.channel
        said = rows[0] + sections[told_in[message.channel]] if message.channel in told_in else rows[0]
        missing = [each for each in message.__struct_fields__ if f"`{each}`" not in said and f'"{each}":' not in said]
        assert set(missing) <= {"instrument", "time", "prev_seq"}, f"{message.__name__}: {missing}"
        checked.add(message.channel)
    assert checked == set(get_args(ChannelName)) - {"drop_copy", "changes"}


def test_every_field_of_what_messages_list_is_documented():
    kinds = (messages.OpenOrder, messages.Holding, messages.Position, messages.Cover, messages.InstrumentInfo)
    past = (messages.Fill, messages.Correction, messages.OrderInfo, messages.Settlement)
    own = (messages.AccountLimits, messages.OwnAccount, messages.CapInfo, messages.AssetInfo, messages.InstrumentFees)
    for kind in (*kinds, *past, *own, messages.RecordInfo):
        for field in kind.__struct_fields__:
            assert f"`{field}`" in DOCUMENT or f'"{field}":' in DOCUMENT, f"{kind.__name__}.{field}"


def test_every_question_is_in_the_list_of_questions_and_in_that_of_supervisors():
    named = [str(kind.__struct_config__.tag) for kind in get_args(Query)]
    questions = DOCUMENT.partition("Questions (")[2].partition(")")[0]
    assert [name for name in named if f"`{name}`" not in questions] == []
    supervisors = DOCUMENT.partition("\n## Supervisors and operators\n")[2].partition(" of any account.")[0]
    of_others = ("instruments", "assets", "records", "subscribe", "unsubscribe", "candle_history", "logout")
    of_accounts = [name for name in named if name not in of_others]
    assert [name for name in of_accounts if f"`{name}`" not in supervisors] == []


def test_no_row_of_a_table_stands_apart():
    lines = DOCUMENT.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("|") and not lines[number - 1].startswith("|"):
            assert lines[number + 1].startswith("|---"), line


def test_the_example_of_documents_is_carried_out_by_the_default_venue(tmp_path):
    write_default_venue(tmp_path, datetime.datetime.now(tz=datetime.UTC).date(), "general-2026", port=0)
    (example,) = [line for line in DOCUMENT.splitlines() if '"register_investor","arguments"' in line]
    request = Admin(**{key: value for key, value in json.loads(example.strip("`")).items() if key != "type"})
    venue = load_venue(tmp_path)
    identities = Identities.read(tmp_path)
    exchange = new_exchange()
    for seq, (_, command) in enumerate(venue.setup, 1):
        exchange.apply(Sequenced(seq, time.time_ns(), command))
    command = admin_command(request, Sender("sue", "supervisor"), exchange.assets, identities)
    events = exchange.apply(Sequenced(exchange.seq + 1, time.time_ns(), command))
    assert [type(event) for event in events] == [InvestorRegistered, RegistryChanged]


def test_every_code_is_documented():
    names = [*codes.REJECT_CODES[1:], *codes.CANCEL_REASONS, *codes.ORDER_STATUSES, *codes.PHASES]
    names += [*codes.ASSET_KINDS, *codes.INSTRUMENT_KINDS, *codes.INVESTOR_KINDS, *codes.PRIVACY_KINDS]
    names += [*codes.ORDER_TYPES, *codes.TIMES_IN_FORCE, *codes.SELF_TRADE_MODES, *codes.PEGS, *codes.SCOPES]
    names += [*codes.ALLOCATIONS, *codes.PURPOSES]
    assert [name for name in names if f"`{name}`" not in DOCUMENT] == []


def test_every_admin_command_and_its_arguments_are_documented():
    administration = DOCUMENT.partition("\n## Supervisors and operators\n")[2].splitlines()
    for commands in ALLOWED.values():
        for name, row in commands.items():
            rows = [line for line in administration if line.startswith("| `") and f"`{name}`" in line.split("|")[1]]
            assert len(rows) == 1, name
            required, _, optional = rows[0].split("|", 2)[2].partition("\\|")
            for where, arguments in zip((required, optional), argument_names(row), strict=True):
                assert [each for each in arguments if f"`{each}`" not in where] == [], name
