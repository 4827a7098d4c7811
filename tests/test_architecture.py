"""The house rules, checked on the syntax tree of every file: who may import whom, how long things are, what is pure."""

from __future__ import annotations

import gc
from functools import cache

import pytest

from tests.support.architecture import PACKAGES, Module, Rooms, circles, excesses, problems, room_problems
from tests.support.places import ROOT

# Of where the project is made, not of what it is.
FOREIGN_WORDS = ("/work/", "/tmp/", "pypi-more", "workplace")

# Every room, lowest first: what it may import of its own package, and what of other packages. `x.*` is x and all in it,
# `.` the modules directly in the package, which bear its name. In tests, a room that mirrors another needs no row: it may
# import what the row of its package may.
ROOMS = Rooms(
    {
        # The core.
        "engine.vocabulary.messages": ("", ""),
        "engine.vocabulary": ("vocabulary.messages", ""),
        "engine.book": ("vocabulary.*", ""),
        "engine.money": ("vocabulary book", ""),
        "engine.state": ("vocabulary.* book money", ""),
        "engine.trading": ("vocabulary.* book money state", ""),
        "engine.clearing": ("vocabulary.* book money state trading", ""),
        "engine.phases": ("vocabulary.* book money state trading clearing", ""),
        "engine.record": ("vocabulary.*", ""),
        "engine.snapshot.messages": ("vocabulary.*", ""),
        "engine.snapshot": ("vocabulary.* book money state trading snapshot.messages", ""),
        "engine": ("vocabulary.* book money state trading clearing phases record snapshot.*", ""),
        # The rules.
        "compliance.messages": ("", "engine.vocabulary"),
        "compliance.registry": ("", "engine.vocabulary engine.book"),
        "compliance.rulebook": ("registry", "engine.vocabulary"),
        "compliance.ledger": ("messages registry", "engine.vocabulary.*"),
        "compliance.rules": ("registry rulebook ledger", "engine.vocabulary.* engine.state"),
        "compliance.surveillance.base": ("registry rulebook rules", "engine.vocabulary.*"),
        "compliance.surveillance.detectors": ("registry surveillance.base", "engine.vocabulary.*"),
        "compliance.surveillance": ("surveillance.base surveillance.detectors", "engine.vocabulary.*"),
        "compliance": (
            "messages registry rulebook ledger rules",
            "engine.vocabulary.* engine.book engine.money engine.state",
        ),
        "compliance.worlds.messages": ("", ""),
        "compliance.worlds": (
            ". registry rulebook rules worlds.messages",
            "engine engine.vocabulary.* engine.book engine.state engine.clearing",
        ),
        # The world.
        "gateway": ("", "engine compliance compliance.registry engine.vocabulary.messages"),
        "gateway.protocol": ("", "engine.vocabulary.*"),
        "gateway.candles": ("", "engine.vocabulary"),
        "gateway.words": ("", "engine.vocabulary.* compliance.rulebook compliance.rules"),
        "gateway.client.values": ("protocol", ""),
        "gateway.client.accounts": ("protocol client.values", "engine.vocabulary"),
        "gateway.client.copies": ("protocol client.values client.accounts", ""),
        "gateway.client.links": ("protocol client.values client.accounts client.copies", "engine.vocabulary"),
        "gateway.client": (
            "protocol client.values client.accounts client.copies client.links",
            "engine.vocabulary",
        ),
        "gateway.journal": (".", "engine.vocabulary.* engine.record"),
        "gateway.index": (". candles journal", "engine.vocabulary.* engine.record"),
        "gateway.audit": (".", "engine.vocabulary"),
        "gateway.venue": (". protocol words", "engine.vocabulary.* compliance"),
        "gateway.filed": (". venue", "engine engine.* compliance compliance.*"),
        "gateway.metrics": ("", "engine.vocabulary.*"),
        "gateway.outbound.messages": ("", ""),
        "gateway.outbound.channels": ("protocol candles words outbound.messages", "engine.book engine.vocabulary.*"),
        "gateway.outbound.private_reports": ("protocol words", "engine.vocabulary.*"),
        "gateway.outbound": (
            "protocol words outbound.messages outbound.channels outbound.private_reports",
            "engine engine.vocabulary.* engine.record",
        ),
        "gateway.inbound.history": (
            ". protocol candles journal index outbound outbound.channels outbound.private_reports",
            "engine engine.book engine.record engine.vocabulary.*",
        ),
        "gateway.inbound": (
            ". protocol candles words journal index audit venue filed metrics outbound.* inbound.history",
            "engine.* compliance compliance.registry compliance.rulebook",
        ),
        "gateway.published": ("protocol candles outbound.* inbound", "engine engine.vocabulary.* compliance"),
        "gateway.snapshots": (". words journal outbound.*", "engine.*"),
        "gateway.replaying": (". journal snapshots", "engine.*"),
        "gateway.follower": (". journal index snapshots", "engine"),
        "gateway.server.loop": (".", "engine.vocabulary"),
        "gateway.server.door": (". protocol venue inbound server.loop", "engine.vocabulary"),
        "gateway.server.peers": (
            "protocol audit venue metrics outbound.channels inbound server.loop server.door",
            "engine.vocabulary",
        ),
        "gateway.server.sequencing": (
            ". words journal venue filed metrics outbound outbound.channels inbound inbound.history snapshots",
            "engine engine.vocabulary.* engine.state engine.phases engine.record",
        ),
        "gateway.server.upkeep": (
            ". protocol journal metrics follower server.loop server.door server.peers server.sequencing",
            "engine engine.vocabulary",
        ),
        "gateway.server": (
            ". protocol journal audit venue metrics outbound.channels inbound server.loop server.door server.peers server.sequencing server.upkeep",
            "engine engine.vocabulary",
        ),
        "gateway.deribit.dialect": ("protocol", "engine.vocabulary"),
        "gateway.deribit.callers": (
            ". protocol audit venue inbound server.peers deribit.dialect",
            "engine.vocabulary",
        ),
        "gateway.deribit.feeds": ("protocol deribit.dialect deribit.callers", "engine.vocabulary"),
        "gateway.deribit.calls": ("protocol deribit.dialect deribit.callers deribit.feeds", "engine.vocabulary"),
        "gateway.deribit": (
            "venue inbound server.loop server.door server.peers deribit.dialect deribit.callers deribit.feeds deribit.calls",
            "engine engine.vocabulary",
        ),
        "gateway.reporting.steps": (
            ". protocol words journal snapshots",
            "engine.* compliance compliance.ledger compliance.registry compliance.rules",
        ),
        "gateway.reporting.tables": (". words reporting.steps", "engine.vocabulary compliance.registry"),
        "gateway.reporting.sums": (
            "protocol words reporting.steps reporting.tables",
            "engine.* compliance compliance.registry",
        ),
        "gateway.reporting.searches": ("reporting.steps", "engine.vocabulary"),
        "gateway.reporting.stories": (
            ". words journal snapshots reporting.steps reporting.tables",
            "engine.* compliance compliance.rulebook compliance.rules",
        ),
        "gateway.reporting": (
            "journal reporting.steps reporting.tables reporting.sums reporting.searches reporting.stories",
            "engine engine.vocabulary.messages",
        ),
        "gateway.reporting.onepage": (". words reporting.steps reporting.tables", ""),
        "gateway.reporting.sections": (
            ". words reporting reporting.steps reporting.tables reporting.sums reporting.searches reporting.stories",
            "engine engine.vocabulary.* compliance compliance.registry compliance.rules",
        ),
        "gateway.session": (
            ". protocol candles words reporting.steps reporting.stories reporting.tables journal index snapshots",
            "engine.* compliance compliance.registry",
        ),
        "gateway.whatif": (". words journal reporting.steps reporting.tables snapshots", "engine.* compliance.*"),
        "gateway.alerting": (
            ". protocol client client.values words journal reporting.steps reporting.tables session",
            "engine.vocabulary.* engine.record engine.phases compliance.surveillance.*",
        ),
        "gateway.watching": (
            ". protocol client words reporting.tables session",
            "engine engine.vocabulary.* engine.record compliance",
        ),
        "gateway.operating": (". words journal index snapshots", "engine.vocabulary"),
        "gateway.export": (
            ". protocol candles words outbound.channels journal reporting.steps reporting.sums session",
            "engine.vocabulary.*",
        ),
        "gateway.readable": (
            ". words journal export reporting.stories reporting.tables session",
            "engine engine.vocabulary compliance compliance.rulebook",
        ),
        "gateway.inprocess": (
            ". protocol client.values journal venue inbound server.sequencing reporting.stories reporting.tables session readable",
            "engine engine.vocabulary",
        ),
        "gateway.playback": ("protocol journal venue metrics server.loop server.sequencing server session", ""),
        "gateway.control": (
            ". client client.values protocol words venue session",
            "engine.vocabulary compliance compliance.rulebook",
        ),
        "gateway.cli": (
            ". words journal venue reporting.steps reporting.tables session export",
            "engine engine.vocabulary",
        ),
        "gateway.cli.controls": (
            ". cli protocol client client.values words venue reporting.tables control",
            "engine.vocabulary compliance compliance.registry",
        ),
        "gateway.cli.access": (
            ". cli cli.controls client journal venue deribit.callers reporting.tables control",
            "engine.vocabulary",
        ),
        "gateway.cli.live": (
            ". cli cli.controls protocol client words index venue reporting.tables session watching operating",
            "",
        ),
        "gateway.cli.serving": (
            ". cli client journal venue filed server.loop server.door server.sequencing server.upkeep server deribit",
            "engine engine.vocabulary",
        ),
        "gateway.cli.recordings": (
            ". cli cli.serving journal venue server.loop server.sequencing reporting.steps reporting.tables snapshots replaying session export playback",
            "engine engine.record engine.vocabulary",
        ),
        "gateway.cli.inspecting": (
            ". cli cli.recordings words journal index audit venue reporting.steps reporting.stories reporting.tables snapshots session export",
            "engine engine.record engine.vocabulary.* compliance compliance.rulebook",
        ),
        "gateway.cli.supervision": (
            ". cli cli.recordings client words journal index venue reporting.* session whatif alerting",
            "engine.record compliance.registry compliance.surveillance compliance.surveillance.base compliance.worlds.*",
        ),
        "gateway.cli.documents": (
            ". cli protocol words venue published",
            "engine compliance compliance.rulebook compliance.rules",
        ),
        # The load on it.
        "loadtest": ("", ""),
        "loadtest.flow": (
            "",
            "engine.* compliance gateway gateway.words gateway.protocol gateway.client gateway.venue gateway.cli",
        ),
        "loadtest.demo": (
            ". flow",
            "engine.* compliance compliance.surveillance gateway gateway.protocol gateway.client gateway.client.values gateway.journal gateway.venue gateway.session gateway.alerting gateway.watching gateway.cli gateway.cli.recordings gateway.cli.live",
        ),
        "loadtest.planted.ground": (
            "demo flow",
            "engine engine.vocabulary.* compliance gateway gateway.venue",
        ),
        "loadtest.planted.plants": ("planted.ground", "engine.vocabulary.*"),
        "loadtest.planted": (
            "planted.ground planted.plants",
            "engine.vocabulary.* engine.record compliance.surveillance.* gateway gateway.journal gateway.cli",
        ),
        "loadtest.bench.engines": (
            "",
            "engine.* compliance gateway.protocol gateway.words gateway.venue gateway.outbound.* gateway.inbound",
        ),
        "loadtest.bench.costs": (
            "bench.engines",
            "engine.* compliance gateway gateway.protocol gateway.venue gateway.outbound.* gateway.inbound gateway.cli",
        ),
        "loadtest.bench.served": (". bench.engines bench.costs", "engine.vocabulary gateway gateway.protocol"),
        "loadtest.bench": (
            "bench.engines bench.costs bench.served",
            "engine.* compliance gateway gateway.venue gateway.cli",
        ),
        "loadtest.abuse": (".", "engine.* compliance.* gateway gateway.venue gateway.cli"),
        "loadtest.load.plan": ("flow", "engine.* gateway.protocol gateway.venue"),
        "loadtest.load.results": ("bench.engines", "engine.vocabulary"),
        "loadtest.load.drive": (
            "load.plan load.results",
            "engine.vocabulary gateway gateway.protocol gateway.client.copies",
        ),
        "loadtest.load.page": ("load.results", "engine.vocabulary gateway"),
        "loadtest.load": (
            ". bench.engines demo load.plan load.results load.drive load.page",
            "engine.* compliance gateway gateway.protocol gateway.client gateway.journal gateway.venue gateway.cli",
        ),
        "loadtest.abuse.connections": (
            "load load.plan load.results load.drive",
            "engine.vocabulary gateway gateway.protocol gateway.venue gateway.cli",
        ),
        "loadtest.scenarios": ("", "engine.* compliance gateway gateway.words gateway.cli"),
        # The public face: it hands on what others do.
        "sandbox_exchange": (
            "",
            "gateway.client gateway.inprocess gateway.journal gateway.readable gateway.reporting.tables gateway.session gateway.venue",
        ),
        # The tests.
        "tests.reference": ("", "engine.vocabulary.*"),
        "tests.support": ("", "engine.vocabulary.* gateway gateway.words"),
        "tests.support.engine": ("", "engine"),
        "tests.support.engine.desks": ("support", "engine.*"),
        "tests.support.engine.draws": ("reference support.engine.desks", "engine.* compliance gateway.venue"),
        "tests.support.engine.checks": ("reference support.engine.draws", "engine.* loadtest.scenarios"),
        "tests.support.compliance": ("support", "engine.* compliance.*"),
        "tests.support.gateway": ("", ""),
        "tests.support.gateway.protocol": ("support", "engine.vocabulary.* gateway.*"),
        "tests.support.gateway.journal": ("support support.engine.desks", "engine.* gateway.*"),
        "tests.support.gateway.feeds": ("support.engine.desks", "engine.* gateway.*"),
        "tests.support.gateway.venues": ("support support.gateway.protocol", "engine.* gateway.*"),
        "tests.support.gateway.inprocess": ("support.gateway.protocol support.gateway.venues", "engine.* gateway.*"),
        "tests.support.gateway.processes": (
            "support support.gateway.journal support.gateway.venues",
            "engine.vocabulary.* gateway.*",
        ),
        "tests.support.gateway.links": ("support.gateway.venues", "gateway.*"),
        "tests.support.gateway.reporting": (
            "support.engine.desks support.compliance support.gateway.journal support.gateway.venues",
            "engine.* compliance.* gateway.*",
        ),
        "tests.support.gateway.outside": ("support", "gateway.*"),
        "tests.support.catalogues": ("support", "engine.* compliance.* gateway.* loadtest.*"),
        "tests.support.loadtest": ("support", "engine.* gateway.* loadtest.*"),
        "tests.scenarios": ("reference support.*", "engine.* compliance.* loadtest.scenarios"),
        "tests.engine": ("support support.engine.*", "engine.* compliance loadtest.scenarios"),
        "tests.compliance": ("support support.engine.* support.compliance", "engine.* compliance.* gateway.words"),
        "tests.gateway": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.gateway.server.access": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.gateway.server.questions": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.gateway.server.stops": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.gateway.server.trading": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.loadtest": ("support.*", "engine.* compliance.* gateway.* loadtest.*"),
        "tests.sandbox_exchange": ("support.*", "engine.* compliance.* gateway.* sandbox_exchange"),
        "tests.golden": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.examples": ("support support.gateway.processes", "gateway.client gateway.protocol"),
        "tests.simulator": ("support", "engine.* compliance.* gateway.*"),
        "tests": ("support.*", "engine.* gateway gateway.cli"),
    }
)


@cache
def modules() -> list[Module]:
    found = [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    assert len({module.package for module in found}) == len(PACKAGES)
    # Their trees stay: the collector need not look at them again and again, which takes two thirds of the time.
    gc.disable()
    assert all(module.tree for module in found)
    gc.freeze()
    gc.enable()
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_house_rules(package: str) -> None:
    found = [
        f"{module.path}:{problem}"
        for module in modules()
        if module.package == package
        for problem in problems(module, ROOMS)
    ]
    assert found == []


def test_every_room_has_a_row_a_sentence_and_a_name_of_its_own() -> None:
    assert room_problems(modules(), ROOMS) == []
    assert ROOMS.disorder() == []
    assert [room for room in ROOMS.rows if not (ROOT / room.replace(".", "/")).is_dir()] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(modules()) == []


def test_files_and_functions_are_short_enough_to_read() -> None:
    assert {name: size for module in modules() for name, size in excesses(module).items()} == {}


def test_the_project_speaks_of_itself_alone() -> None:
    files = [ROOT / name for name in ("pyproject.toml", "setup.py", "Makefile", ".ci/run")]
    files += [ROOT / module.path for module in modules() if module.path != "tests/test_architecture.py"]
    files += [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    files += [path for path in (ROOT / "examples").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files
        if path.exists()
        for word in FOREIGN_WORDS
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []
