"""`sbx index`: files of index prices, and the feeding of them into a real venue."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization

from engine.record.rows import decode_command
from engine.vocabulary.messages.commands import SetIndexPrice
from gateway.cli.main import group
from gateway.client.index_file import IndexFileError, IndexRow, read_index_file
from gateway.journal.reader import JournalReader
from tests.support.gateway.venues.small_venue import KEYS, client, served_apart


def write(directory: Path, text: str) -> Path:
    file = directory / "prices.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_times_are_moments_or_seconds(tmp_path):
    moments = write(
        tmp_path,
        "time,index,price\n2026-11-25T10:00:00+03:00,BTC,8000000\n2026-11-25T07:00:01.5Z,BTC,8000001.25\n"
        "\n2026-11-25 07:00:01.500,ETH,250000\n",
    )
    file = read_index_file(moments)
    assert file.rows == [
        IndexRow(2, 0, "BTC", "8000000"),
        IndexRow(3, 1_500_000_000, "BTC", "8000001.25"),
        IndexRow(5, 1_500_000_000, "ETH", "250000"),
    ]
    assert file.indices == ["BTC", "ETH"]
    assert file.source == f"prices.csv sha256:{hashlib.sha256(moments.read_bytes()).hexdigest()[:12]}"
    seconds = write(tmp_path, "time, index, price\r\n0.25, BTC, 1\r\n3,BTC,2\r\n")
    assert [row.offset_ns for row in read_index_file(seconds).rows] == [250_000_000, 3_000_000_000]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the first line is time,index,price"),
        ("when,what,how much\n", "line 1: the first line is time,index,price"),
        ("time,index,price\n", "there is no price in it"),
        ("time,index,price\n1,BTC\n", "line 2: needs 3 columns, has 2"),
        ("time,index,price\n1,BTC,0\n", "line 2: price: must be above zero"),
        ("time,index,price\n1,BTC,-5\n", "line 2: price: not a decimal"),
        ("time,index,price\n1,BTC,1e6\n", "line 2: price: not a decimal"),
        ("time,index,price\n1,BTC,0.000000001\n", "line 2: price: more than 8 decimals"),
        ("time,index,price\n1,,5\n", "line 2: index: a name of 1 to 64 characters is needed"),
        (f"time,index,price\n1,{'x' * 65},5\n", "line 2: index: a name of 1 to 64"),
        ("time,index,price\nsoon,BTC,5\n", "line 2: time: 'soon' is neither ISO 8601 nor seconds"),
        ("time,index,price\n-1,BTC,5\n", "line 2: time: '-1' is neither ISO 8601 nor seconds"),
        ("time,index,price\n2,BTC,5\n1,BTC,5\n", "line 3: time: 1 is before that of the line above"),
        ("time,index,price\n2,BTC,5\n2026-11-25,BTC,5\n", "line 3: time: '2026-11-25' is not of the same kind"),
        (
            "time,index,price\n2026-11-25,BTC,5\n2026-11-24,BTC,5\n",
            "line 3: time: 2026-11-24 is before that of the line above",
        ),
        ('time,index,price\n1,"BTC,5\n', "line 2: unexpected end of data"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, text, problem):
    with pytest.raises(IndexFileError) as caught:
        read_index_file(write(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path / 'prices.csv'}: ")
    assert problem in str(caught.value)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(IndexFileError, match="can't be read"):
        read_index_file(tmp_path / "none.csv")
    (tmp_path / "prices.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(IndexFileError, match="can't be read"):
        read_index_file(tmp_path / "prices.csv")


# ── a real venue ───────────────────────────────────────────────────────────────────────────────────────────────────

PRICES = "time,index,price\n0,BTC,8000000\n0.2,ETH,250000\n0.4,BTC,8000100.5\n"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    directory = tmp_path_factory.mktemp("index")
    for name, key in KEYS.items():
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (directory / f"{name}.pem").write_bytes(pem)
    with served_apart(directory / "venue") as (url, _):
        yield url, directory


def sbx_index(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli", "index", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_prices_are_fed_at_their_pace_and_journaled_with_their_source(venue, tmp_path):
    url, directory = venue
    file = write(tmp_path, PRICES)
    async with client(url) as public:
        started = time.monotonic()
        options = ("--url", url, "--key", str(directory / "otto.pem"), "--json")
        run = await asyncio.to_thread(sbx_index, str(file), *options)
        assert run.returncode == 0, run.stderr
        assert time.monotonic() - started >= 0.4
        report = json.loads(run.stdout)
        source = read_index_file(file).source
        assert (report["prices"], report["indices"], report["source"]) == (3, ["BTC", "ETH"], source)
        assert report["last_seq"] == report["first_seq"] + 2
        subscribed = await public.ask(type="subscribe", channel="index", instrument="BTC")
        assert subscribed["type"] == "subscribed"
        last = await public.until("index_price")
        assert {key: last[key] for key in ("index", "price", "source", "seq")} == {
            "index": "BTC",
            "price": "8000100.5",
            "source": source,
            "seq": subscribed["seq"],
        }
        run = await asyncio.to_thread(sbx_index, str(file), *options[:-1], "--speed", "0", "--source", "by hand")
        assert run.returncode == 0, run.stderr
        assert "3 prices of BTC, ETH stated" in run.stdout
        again = await public.until("index_price")
        assert (again["seq"], again["source"]) == (last["seq"] + 1, "by hand")
    journaled = [decode_command(row[2]) for row in JournalReader(directory / "venue" / "journal").rows()]
    assert [each for each in journaled if isinstance(each, SetIndexPrice)][:3] == [
        SetIndexPrice("BTC", 800_000_000_000_000, source, "otto"),
        SetIndexPrice("ETH", 25_000_000_000_000, source, "otto"),
        SetIndexPrice("BTC", 800_010_050_000_000, source, "otto"),
    ]


def test_who_may_not_and_where_nobody_is(venue, tmp_path):
    url, directory = venue
    file = write(tmp_path, PRICES)
    run = sbx_index(str(file), "--url", url, "--key", str(directory / "alice.pem"), "--speed", "0")
    assert run.returncode == 1
    assert (
        "line 2: the venue refused the price: not_allowed: as participant you may send: faucet, freeze_asset"
        in run.stderr
    )
    run = sbx_index(str(file), "--url", url, "--key", str(directory / "otto.pem"), "--participant", "nobody")
    assert run.returncode == 1
    assert "login_failed" in run.stderr
    run = sbx_index(str(file), "--url", "ws://127.0.0.1:1", "--key", str(directory / "otto.pem"))
    assert run.returncode == 1
    assert "can't connect to ws://127.0.0.1:1" in run.stderr
    run = sbx_index(str(file), "--url", url, "--key", str(directory / "none.pem"))
    assert run.returncode == 1
    assert "the private key can't be read" in run.stderr
    assert "Traceback" not in run.stderr


def test_usage(tmp_path):
    file = write(tmp_path, PRICES)
    assert CliRunner().invoke(group, ["index", str(file)]).exit_code == 2
    run = CliRunner().invoke(group, ["index", str(file), "--url", "x", "--key", "k", "--source", ""])
    assert run.exit_code == 2
    assert "--source has 1 to 512 characters" in run.output
