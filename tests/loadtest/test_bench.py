"""The benchmarks, tiny: they run, they trade, and everyone on the stream makes the same trades of it."""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.build import is_compiled
from engine.vocabulary.memory_limits import CONNECTION_BYTES, TLS_CONNECTION_BYTES
from engine.vocabulary.messages.events import Trade
from gateway.cli.main import group
from loadtest.bench.costs.hook import HOOK_BENCHMARKS, measure_hook, measure_share, prepare_hook, run_hook
from loadtest.bench.costs.percentiles import PERCENTILE_BENCHMARKS, CollectorClock, measure_percentiles, percentile
from loadtest.bench.costs.resting import RestingLine, measure_resting
from loadtest.bench.costs.scale import SCALE_BENCHMARKS, measure_scale
from loadtest.bench.costs.stages import STAGES
from loadtest.bench.digest import events_digest
from loadtest.bench.engines.bare import BareBook
from loadtest.bench.engines.core import prepare_core, run_book, run_core, run_journaled, run_pipeline, trades_in
from loadtest.bench.engines.measure import CORE_BENCHMARKS, PEERS, Line, measure_core, measure_peer, timed
from loadtest.bench.engines.peers import installed_version
from loadtest.bench.engines.stream import ADD, Stream, generate
from loadtest.bench.served.connections import CONNECTION_BENCHMARKS, ConnectionsLine, measure_connections
from loadtest.bench.served.gateway import measure_gateway


@pytest.fixture(scope="module")
def stream() -> Stream:
    return generate(seed=3, count=2_000, resting=100)


def test_the_stream_is_what_it_says(stream: Stream) -> None:
    assert stream == generate(seed=3, count=2_000, resting=100)
    assert stream != generate(seed=4, count=2_000, resting=100)
    assert stream.adds + stream.cancels == len(stream.operations) == 2_000
    assert stream.cancels > 500
    assert stream.trades > 200
    entered: dict[int, bool] = {}
    for index, operation in enumerate(stream.operations):
        if operation.kind == ADD:
            entered[index] = True
        else:
            # Nobody cancels what was never entered, or twice.
            assert entered.pop(operation.target)


def test_every_layer_makes_the_trades_of_the_stream(stream: Stream) -> None:
    expected = (stream.trades, stream.traded_lots)
    assert run_book(stream, BareBook()) == expected
    for rules in (False, True):
        exchange, commands, _ = prepare_core(stream, rules)
        assert trades_in(stream, run_core(exchange, commands)) == expected
        exchange.check()
    exchange, commands, reports = prepare_core(stream, rules=True)
    assert trades_in(stream, run_journaled(exchange, commands, reports.add)) == expected
    written = reports.bytes
    # Two reports of every trade, one of every other order and cancel, none below a hundred bytes.
    assert written > 100 * (2 * stream.trades + stream.adds + stream.cancels)
    prepared = prepare_core(stream, rules=True)
    results = run_pipeline(prepared.exchange, prepared.requests(), prepared.reports)
    assert trades_in(stream, results) == expected
    assert prepared.reports.bytes == written


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.skipif(not installed_version(name), reason="no wheel")) for name in PEERS],
)
def test_other_engines_make_the_same_trades(stream: Stream, name: str) -> None:
    line = measure_peer(name, stream, repeats=1)
    assert isinstance(line, Line), line
    assert (line.trades, line.traded_lots, line.agrees) == (stream.trades, stream.traded_lots, True)


@pytest.mark.parametrize("name", CORE_BENCHMARKS)
def test_a_line_discloses_its_workload(stream: Stream, name: str) -> None:
    line = measure_core(name, "interpreted", stream, repeats=2)
    assert line.agrees
    assert 0 < line.ns_per_operation_min <= line.ns_per_operation_median
    assert (line.operations, line.repeats, line.seed) == (2_000, 2, 3)
    assert "touch-geometric" in line.workload
    assert line.left_out
    assert line.machine.cores > 0


def test_the_stages_of_a_command_are_told_apart(tmp_path: Path) -> None:
    absent = tmp_path / "python"
    arguments = ["bench", "--operations=600", "--resting=50", "--repeats=1", f"--compiled={absent}"]
    run = CliRunner().invoke(group, [*arguments, "--only=stages"])
    assert run.exit_code == 0, run.output
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    stages = [line for line in lines if "skipped" not in line]
    assert [line["codec"] for line in stages] == ["json", "msgpack"]
    for line in stages:
        assert list(line["stages_ns"]) == list(STAGES)
        assert sum(line["stages_ns"].values()) == line["total_ns"]
        assert min(line["stages_ns"][stage] for stage in ("read", "core", "journal", "books")) > 0
    shown = CliRunner().invoke(group, [*arguments, "--profile"])
    assert shown.exit_code == 0, shown.output
    for stage, about in STAGES.items():
        assert f"{stage}: {about}" in shown.stdout


def test_what_is_timed_stands_between_freeze_and_unfreeze(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    for name in ("freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, lambda name=name: called.append(name))
    timed(lambda: called.append("run"))
    assert called == ["freeze", "run", "unfreeze"]


def test_an_engine_that_disagrees_is_shown(stream: Stream) -> None:
    tampered = stream._replace(trades=stream.trades + 1)
    assert not measure_core("book", "interpreted", tampered, repeats=1).agrees


def test_the_command_prints_json_lines_and_says_what_is_absent(tmp_path: Path) -> None:
    absent = tmp_path / "python"
    arguments = [
        "--operations=300",
        "--resting=20",
        "--repeats=1",
        "--only=book",
        "--only=core",
        f"--compiled={absent}",
    ]
    run = CliRunner().invoke(group, ["bench", *arguments])
    assert run.exit_code == 0, run.output
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    here = "compiled" if is_compiled() else "interpreted"
    ran = [(line["benchmark"], line["build"]) for line in lines if "skipped" not in line]
    assert ran == [("book", here), ("core", here)]
    if not is_compiled():
        assert [line["skipped"].partition(";")[0] for line in lines[2:]] == [f"{absent} does not exist"] * 2


@pytest.mark.parametrize("name", PERCENTILE_BENCHMARKS)
def test_percentiles_name_the_command_that_took_the_longest(stream: Stream, name: str) -> None:
    line = measure_percentiles(name, "interpreted", stream, repeats=3)
    assert 0 < line.clock_ns < line.ns_p50 <= line.ns_p99 <= line.ns_p999 <= line.ns_max
    assert (line.operations, line.repeats, line.seed, line.trades, line.agrees) == (2_000, 3, 3, stream.trades, True)
    worst, dearest = line.worst, line.dearest
    assert worst.ns == line.ns_max
    assert worst.ns_least <= dearest.ns_least <= dearest.ns <= worst.ns
    assert 0 <= worst.collector_ns <= worst.ns - worst.ns_least
    for each in (worst, dearest):
        entered = stream.operations[each.place].kind == ADD
        assert each.kind == ("NewOrder" if entered else "CancelOrder")
        exchange, commands, _ = prepare_core(stream, rules=name != "core_percentiles")
        events = run_core(exchange, commands)[each.place]
        assert (each.events, each.fills) == (len(events), sum(type(event) is Trade for event in events))
    tampered = stream._replace(trades=stream.trades + 1)
    assert not measure_percentiles(name, "interpreted", tampered, repeats=1).agrees


def test_what_the_garbage_collector_took_is_told_apart() -> None:
    with CollectorClock() as collector:
        assert collector.ns == 0
        start_ns = time.perf_counter_ns()
        gc.collect()
        elapsed_ns = time.perf_counter_ns() - start_ns
    assert 0 < collector.ns < elapsed_ns
    noted = collector.ns
    gc.collect()
    assert collector.ns == noted


def test_a_percentile_is_a_value_that_so_many_do_not_exceed() -> None:
    values = range(1, 1_001)
    assert [percentile(values, permille) for permille in (0, 1, 500, 990, 999, 1_000)] == [1, 1, 500, 990, 999, 1_000]
    assert [percentile([7], permille) for permille in (500, 999)] == [7, 7]
    assert percentile([1, 2, 3], 500) == 2


@pytest.mark.parametrize("name", HOOK_BENCHMARKS)
def test_the_hook_is_measured_on_orders_that_pass(name: str) -> None:
    line = measure_hook(name, "interpreted", orders=200, repeats=2)
    assert 0 < line.ns_per_order_min <= line.ns_per_order_median
    assert (line.orders, line.repeats, line.rulebook) == (200, 2, "general-2026")
    assert line.workload == HOOK_BENCHMARKS[name]


def test_each_path_of_the_hook_takes_the_way_that_it_is_named_for() -> None:
    for name, free in (("hook_table", True), ("hook_cap", False), ("hook_exposure", False), ("hook_portfolio", False)):
        hook, lives = prepare_hook(name, 4)
        assert run_hook(hook, lives) == 4
        order = lives[0][0]
        client = hook.intake.registry.clients[order.account.account]
        assert order.instrument is not None
        decision = client.decisions[order.instrument.number * 2 + order.side]
        assert (decision.free_tick_lots >= 0) == free
    hook, lives = prepare_hook("hook_cap", 4)
    run_hook(hook, lives)
    days = hook.intake.ledger.investors["retail"].through("bank").days
    assert [each.bought for each in days.values()] == [4 * 100]


def test_the_share_of_the_hook_is_of_the_core_with_it(stream: Stream) -> None:
    line = measure_share("interpreted", stream, repeats=1)
    rules, plain = line.ns_per_operation, line.ns_per_operation_without_rules
    assert min(rules, plain) > 0
    assert abs(line.share_percent - (rules - plain) * 100 / rules) <= 2


@pytest.mark.parametrize("name", SCALE_BENCHMARKS)
def test_a_line_of_scale_has_a_figure_for_every_size(name: str) -> None:
    line = measure_scale(name, "interpreted", repeats=1, seed=3, largest=1_000)
    assert line.ns_per_operation.keys() == {"1000"}
    assert 100 < line.ns_per_operation["1000"] < 10_000_000
    assert line.workload == SCALE_BENCHMARKS[name][0]


def test_a_resting_order_takes_no_more_than_it_may() -> None:
    """By the memory of a process: also what an order keeps alive, such as the command that entered it, counts."""
    line = measure_resting("this one", sizes=(20_000,))
    assert isinstance(line, RestingLine)
    most = 400 if is_compiled() else 1_350
    assert most // 3 < line.bytes_per_order["20000"] <= most


def test_the_digest_covers_much_and_depends_on_the_seed() -> None:
    digest, kinds = events_digest(seed=1, count=6_000)
    assert events_digest(seed=1, count=6_000) == (digest, kinds)
    assert events_digest(seed=2, count=6_000)[0] != digest
    assert {
        "FutureMarked",
        "VariationMargin",
        "Transferred",
        "ParameterChanged",
        "ChangeScheduled",
        "HoldingFrozen",
        "AssetIssued",
        "Trade",
        "OrderAmended",
        "OrderCancelled",
        "OrderRejected",
        "MassCancelled",
        "RulebookLoaded",
    } <= kinds.keys()
    assert kinds["Trade"] > 100


def test_the_gateway_answers_every_request_of_every_connection() -> None:
    line = measure_gateway("interpreted", "os", seed=5, operations=1_600, repeats=1)
    assert (line.operations, line.connections, line.window, line.durability) == (1_600, 8, 64, "os")
    assert line.round_trips_per_second_max == line.round_trips_per_second_median > 0
    assert line.trades > 100
    assert line.refused < 400


@pytest.mark.parametrize("name", CONNECTION_BENCHMARKS)
def test_all_of_a_crowd_come_twice_while_orders_are_answered(name: str) -> None:
    line = measure_connections(name, "interpreted", connections=12, seconds=0.2)
    assert isinstance(line, ConnectionsLine), line
    assert line.connections == 12
    assert bool(line.tls) == CONNECTION_BENCHMARKS[name]
    assert min(line.arrivals_per_second, line.arrivals_per_second_beside_orders, line.venue_us_per_arrival) > 0
    assert 0 < line.bytes_per_connection < (TLS_CONNECTION_BYTES if line.tls else CONNECTION_BYTES)
    assert list(line.latency) == ["without", "among", "arriving"]
    for each in line.latency.values():
        assert each.requests > 1
        assert 0 < each.ns_p50 <= each.ns_p99 <= each.ns_max
