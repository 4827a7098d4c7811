"""The venue file, its default, the keys that go with it, and the commands that write them."""

from __future__ import annotations

import datetime
import hashlib
import json
import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.vocabulary.codes import CONTINUOUS, DOMESTIC_STABLECOIN, FIRM, FUTURE, OPENING_AUCTION, PRO_RATA
from engine.vocabulary.messages.commands import (
    AddAsset,
    AuthoriseClient,
    Deposit,
    IssueAsset,
    ListInstrument,
    LoadRulebook,
    OpenAccount,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetIndexPrice,
    SetMarginRules,
    SetPhase,
    SetSchedule,
    SetTradingRules,
)
from engine.vocabulary.messages.events import CommandRejected, InvestorRegistered
from gateway.cli.main import SUMMARIES, group
from gateway.core import new_exchange
from gateway.identity import IDENTITY_FILE, Identities
from gateway.keys import (
    KeyFileError,
    new_private_key,
    parse_public_key,
    public_key_bytes,
    read_private_key,
    write_private_key,
)
from gateway.venue.setup import OPENING_BALANCE
from gateway.venue.template import monthly_series, write_default_venue
from gateway.venue.venue import Venue, VenueError, load_rulebook_documents, load_venue, parse_venue
from tests.support.gateway.venues.small_venue import venue_text
from tests.support.gateway.venues.venue_mistakes import MINIMAL, MISTAKES

TODAY = datetime.date(2026, 3, 2)
RULEBOOKS = ("derivatives-2025", "elr-2025", "general-2026")


@pytest.fixture(scope="module")
def default_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("venue") / "default"
    write_default_venue(directory, TODAY)
    return directory


@pytest.fixture(scope="module")
def venue(default_directory: Path) -> Venue:
    return load_venue(default_directory)


def load(tmp_path: Path, text: str, rulebook: str = "") -> Venue:
    file = tmp_path / "venue.toml"
    file.write_text(text, encoding="utf-8")
    return load_venue(file, rulebook)


def test_minimal_venue_becomes_exactly_these_commands(tmp_path: Path) -> None:
    venue = load(tmp_path, MINIMAL)
    assert (venue.venue_id, venue.host, venue.port, venue.durability) == ("small", "127.0.0.1", 8765, "fsync")
    rulebook, *rest = venue.genesis()
    assert isinstance(rulebook, LoadRulebook)
    assert (rulebook.name, list(rulebook.documents)) == ("elr-2025", ["elr-2025"])
    assert [type(command).__name__ for command in rest] == [
        "AddAsset",
        "AddAsset",
        "ListInstrument",
        "RegisterIntermediary",
        "PublishWarning",
        "RegisterInvestor",
        "RecordTest",
        "RecordAcknowledgement",
        "OpenAccount",
        "Deposit",
        "Deposit",
        "SetPhase",
    ]
    assert rest[2] == ListInstrument(
        "BTC/RUB", 0, "BTC", "RUB", 100 * 10**8, 10**4, 10**4, 10 * 10**8, 100_000_000_00, 30_000
    )
    # Midnight in Moscow is 21:00 UTC of the day before.
    midnight = datetime.datetime(2026, 1, 30, 21, tzinfo=datetime.UTC)
    assert rest[6] == RecordTest("anna", "risk", 90, int(midnight.timestamp()) * 10**9)
    assert rest[8:] == [
        OpenAccount("anna.main", "anna", "anna", "north"),
        Deposit("anna.main", "RUB", 125_050, "opening", origin=OPENING_BALANCE),
        Deposit("anna.main", "BTC", 50_000_000, "opening", origin=OPENING_BALANCE),
        SetPhase("BTC/RUB", CONTINUOUS, "opening"),
    ]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in MINIMAL
    with pytest.raises(VenueError) as caught:
        load(tmp_path, MINIMAL.replace(old, new, 1))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'venue.toml'}: ")


def test_two_participants_may_not_share_a_key(tmp_path: Path) -> None:
    participant = MINIMAL[MINIMAL.index("[[participants]]") : MINIMAL.index("[[intermediaries]]")]
    with pytest.raises(VenueError, match="has the same key; make one with `sbx keys new`"):
        load(tmp_path, MINIMAL + participant.replace('"anna"', '"boris"'))


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(VenueError, match="does not exist; `sbx init DIR` writes a venue"):
        load_venue(tmp_path / "nowhere.toml")


def test_rulebooks_travel_with_what_they_include(tmp_path: Path) -> None:
    name, documents = load_rulebook_documents("general-2026")
    assert (name, list(documents)) == ("general-2026", ["derivatives-2025", "general-2026"])
    mine = tmp_path / "mine.toml"
    mine.write_text(documents["general-2026"].replace('"300000.00"', '"100000.00"'), encoding="utf-8")
    name, with_mine = load_rulebook_documents("mine.toml", tmp_path)
    assert (name, list(with_mine)) == ("mine", ["derivatives-2025", "mine"])
    venue = load(tmp_path, MINIMAL.replace('id = "small"', 'id = "small"\nrulebook = "mine.toml"'))
    assert venue.rulebook == "mine"
    assert venue.rulebook_documents == with_mine


def test_a_broken_rulebook_is_refused_at_its_key(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('title = "Bad"\nrules = 1\n', encoding="utf-8")
    with pytest.raises(VenueError, match=r"venue\.rulebook: "):
        load(tmp_path, MINIMAL, "bad.toml")


@pytest.mark.parametrize("rulebook", RULEBOOKS)
def test_default_venue_sets_up_under_every_rulebook(default_directory: Path, rulebook: str) -> None:
    venue = load_venue(default_directory, rulebook)
    exchange = new_exchange()
    classes: dict[str, str] = {}
    now_ns = int(datetime.datetime(2026, 3, 3, tzinfo=datetime.UTC).timestamp()) * 10**9
    for seq, command in enumerate(venue.genesis(), 1):
        for event in exchange.apply(Sequenced(seq, now_ns, command)):
            assert not isinstance(event, CommandRejected), event.detail
            if isinstance(event, InvestorRegistered):
                classes[event.investor] = event.investor_class
    exchange.check()
    assert len(set(classes.values())) >= (2 if rulebook == "elr-2025" else 3)
    assert classes["anna"] == classes["boris"]
    assert len({classes["anna"], classes["vera"], classes["daria"], classes["alpha-trading"]}) >= 3


def test_default_venue_lists_what_the_rules_speak_of(venue: Venue) -> None:
    commands = venue.genesis()
    instruments = {command.instrument: command for command in commands if isinstance(command, ListInstrument)}
    assert [name for name in instruments if "-FUT-" not in name] == [
        *(f"{base}/RUB" for base in ("BTC", "ETH", "USDT", "A7A5", "SOL", "XRP", "BNB", "TRX", "TON")),
        "BTC/USDT",
        "XMR/RUB",
        "ZEC/RUB",
        "DASH/RUB",
        "BTC-NOTE",
        "KAPPA-DFA",
    ]
    futures = [name for name in instruments if "-FUT-" in name]
    assert futures == [f"{base}-FUT-{series}" for base in ("BTC", "ETH", "SOL") for series in ("2026-03", "2026-04")]
    opened = {
        command.instrument for command in commands if isinstance(command, SetPhase) and command.phase == CONTINUOUS
    }
    assert opened == instruments.keys()
    indices = {command.index for command in commands if isinstance(command, SetIndexPrice)}
    last_friday = datetime.datetime(2026, 3, 27, 15, 45, tzinfo=datetime.UTC)
    for name in futures:
        future = instruments[name]
        assert future.kind == FUTURE
        assert future.underlying in indices
        assert (future.averaging_ns, future.mark_interval_ns) == (1_800 * 10**9, 3_600 * 10**9)
        if name.endswith("2026-03"):
            assert future.expiry_ns == int(last_friday.timestamp()) * 10**9
    privacy = {command.asset: command.privacy for command in commands if isinstance(command, AddAsset)}
    assert {asset: kind for asset, kind in privacy.items() if kind} == {"XMR": 2, "ZEC": 1, "DASH": 1}


def test_series_end_on_the_last_friday() -> None:
    january = ("2026-01", datetime.date(2026, 1, 30))
    february, march = ("2026-02", datetime.date(2026, 2, 27)), ("2026-03", datetime.date(2026, 3, 27))
    assert monthly_series(datetime.date(2026, 1, 29), 3) == [january, february, march]
    # On its last Friday a series ends, and the next one leads.
    assert monthly_series(datetime.date(2026, 1, 30), 2) == [february, march]
    assert monthly_series(datetime.date(2026, 12, 31), 1) == [("2027-01", datetime.date(2027, 1, 29))]


def test_init_writes_keys_that_fit_the_venue_and_overwrites_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "venue"
    run = CliRunner().invoke(group, ["init", str(directory), "--rulebook", "general-2026", "--port", "0", "--json"])
    assert run.exit_code == 0, run.output
    written = json.loads(run.output)
    venue = load_venue(directory)
    assert (venue.rulebook, venue.port) == ("general-2026", 0)
    assert sorted(Path(key).stem for key in written["keys"]) == sorted(venue.participants)
    for path in map(Path, written["keys"]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert public_key_bytes(read_private_key(path)) == venue.participants[path.stem].public_key
    roles = {participant.role for participant in venue.participants.values()}
    assert roles == {"participant", "supervisor", "operator", "surveillance"}
    before = Path(written["venue"]).read_bytes()
    again = CliRunner().invoke(group, ["init", str(directory)])
    assert again.exit_code == 1
    assert "exists already; name another directory" in again.output
    assert Path(written["venue"]).read_bytes() == before


def test_init_keeps_the_secret_that_was_put_back_from_a_copy(tmp_path: Path) -> None:
    secret = Identities.new()
    secret.keep(tmp_path)
    before = (tmp_path / IDENTITY_FILE).read_bytes()
    run = CliRunner().invoke(group, ["init", str(tmp_path)])
    assert run.exit_code == 0, run.output
    assert "identity.key: by what people are known again; kept as it was" in run.output
    assert (tmp_path / IDENTITY_FILE).read_bytes() == before
    assert Identities.read(tmp_path).name == secret.name


def test_init_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("gateway.venue.template.write_private", fail)
    run = CliRunner().invoke(group, ["init", str(tmp_path / "new" / "venue")])
    assert run.exit_code == 1 and "No space left on device" in run.output
    assert list(tmp_path.iterdir()) == []
    # What stood there before stays.
    Identities.new().keep(tmp_path)
    assert CliRunner().invoke(group, ["init", str(tmp_path)]).exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == [IDENTITY_FILE]
    monkeypatch.undo()
    (tmp_path / IDENTITY_FILE).write_text("damaged")
    run = CliRunner().invoke(group, ["init", str(tmp_path)])
    assert run.exit_code == 1 and "is no secret of identity keys; put it back" in run.output
    assert [path.name for path in tmp_path.iterdir()] == [IDENTITY_FILE]
    assert CliRunner().invoke(group, ["init", str(tmp_path / "fresh")]).exit_code == 0


def test_init_refuses_an_unknown_rulebook_before_writing(tmp_path: Path) -> None:
    run = CliRunner().invoke(group, ["init", str(tmp_path / "venue"), "--rulebook", "nothing"])
    assert run.exit_code == 1
    assert "unknown rulebook 'nothing'" in run.output
    assert not (tmp_path / "venue").exists()


def test_init_names_a_rulebook_file_as_seen_from_the_venue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = load_rulebook_documents("general-2026")[1]
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(documents["general-2026"].replace('"300000.00"', '"100000.00"'), encoding="utf-8")
    run = CliRunner().invoke(group, ["init", "somewhere/venue", "--rulebook", "mine.toml"])
    assert run.exit_code == 0, run.output
    venue = load_venue(Path("somewhere/venue"))
    assert venue.rulebook == "mine" and '"100000.00"' in venue.rulebook_documents["mine"]


def test_keys_new_prints_what_the_venue_file_needs(tmp_path: Path) -> None:
    out = tmp_path / "alice.pem"
    run = CliRunner().invoke(group, ["keys", "new", "alice", "--out", str(out)])
    assert run.exit_code == 0, run.output
    (entry,) = tomllib.loads(run.output[run.output.index("[[participants]]") :])["participants"]
    assert parse_public_key(entry["public_key"]) == public_key_bytes(read_private_key(out))
    shown = CliRunner().invoke(group, ["keys", "show", str(out)])
    assert shown.output.strip() == entry["public_key"]
    shown = CliRunner().invoke(group, ["keys", "show", str(out), "--json"])
    assert json.loads(shown.output) == {
        "private_key": str(out),
        "public_key": entry["public_key"],
        "fingerprint": hashlib.sha256(bytes.fromhex(entry["public_key"])).hexdigest()[:16],
    }
    again = CliRunner().invoke(group, ["keys", "new", "alice", "--out", str(out)])
    assert again.exit_code == 1
    assert "exists already" in again.output


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="does not exist; `sbx keys new NAME"):
        read_private_key(tmp_path / "none.pem")
    (tmp_path / "text.pem").write_text("hello", encoding="utf-8")
    with pytest.raises(KeyFileError, match="is not an unencrypted PEM private key"):
        read_private_key(tmp_path / "text.pem")
    for text in ("", "zz", "00" * 31, "00" * 33):
        with pytest.raises(KeyFileError, match="64 hexadecimal digits"):
            parse_public_key(text)
    write_private_key(tmp_path / "once.pem", new_private_key())
    with pytest.raises(KeyFileError, match="exists already"):
        write_private_key(tmp_path / "once.pem", new_private_key())


def test_version_says_which_build_runs() -> None:
    run = CliRunner().invoke(group, ["version", "--json"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert report["core_version"] >= 1
    assert report["build"] == ("interpreted" if report["core_file"].endswith(".py") else "compiled")
    assert set(RULEBOOKS) <= set(report["rulebooks"])


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    run = CliRunner().invoke(group, [name, "--help"])
    assert run.exit_code == 0, run.output
    assert name == "keys" or "Example" in run.output


def test_an_instrument_may_have_bands_an_allocation_and_a_schedule() -> None:
    text = venue_text().replace(
        'phase = "continuous"',
        'dynamic_band_ppm = 20_000\nallocation = "pro_rata"\nbatch_ms = 500\n'
        'schedule = { "09:50" = "opening_auction", "10:00:30" = "continuous" }\nphase = "closed"',
    )
    commands = parse_venue(text, "", Path()).genesis()
    rules = next(command for command in commands if isinstance(command, SetTradingRules))
    assert (rules.dynamic_ppm, rules.allocation, rules.batch_ns) == (20_000, PRO_RATA, 500_000_000)
    steps = next(command.steps for command in commands if isinstance(command, SetSchedule))
    assert steps == ((9 * 3_600 + 50 * 60, OPENING_AUCTION), (10 * 3_600 + 30, CONTINUOUS))
    with pytest.raises(VenueError, match=r"instruments.*schedule: a time of day is HH:MM"):
        parse_venue(text.replace('"09:50"', '"9:50"'), "", Path())


def test_futures_issuers_banks_and_indices_become_commands() -> None:
    text = MINIMAL
    for old, new in (
        ('id = "small"', 'id = "small"\nmargin_grace_s = 60'),
        (
            "[[instruments]]",
            (
                '[[assets]]\nasset = "D"\nkind = "domestic_stablecoin"\nscale = 2\nissuer = "anna"\nterms = "pays"\n'
                'issue_limit = "1000.50"\n\n[[indices]]\nindex = "BTC"\nprice = "8000000.5"\nsource = "by hand"\n\n'
                "[[instruments]]"
            ),
        ),
        (
            'kind = "spot"',
            (
                'kind = "future"\nunderlying = "BTC"\nexpires = "2099-12-25"\nexpires_at = "18:00"\naveraging_s = 60\n'
                'mark_interval_s = 3600\nmax_position = "5"\nstatic_band_ppm = 100_000\nreference_price = "8000000"'
            ),
        ),
        ('intermediary = "north"', 'intermediary = "north"\nlicence = "077-1"\nbank = true'),
        (
            "acknowledgements = [1]",
            'kind = "firm"\nbank = true\nauthorised = [{ intermediary = "north", year = 2026 }]',
        ),
        ("deposits = {", 'issued = { D = "10.25" }\ndeposits = {'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    commands = parse_venue(text, "", Path()).genesis()
    assert SetMarginRules(60 * 10**9) in commands
    assert AddAsset("D", DOMESTIC_STABLECOIN, 2, issuer="anna", terms="pays", issue_limit=100_050) in commands
    assert SetIndexPrice("BTC", 800_000_050_000_000, "by hand") in commands
    (future,) = [command for command in commands if isinstance(command, ListInstrument)]
    at = datetime.datetime(2099, 12, 25, 15, tzinfo=datetime.UTC)
    assert (future.expiry_ns, future.averaging_ns) == (int(at.timestamp()) * 10**9, 60 * 10**9)
    assert (future.mark_interval_ns, future.max_position_e8) == (3_600 * 10**9, 5 * 10**8)
    (intermediary,) = [command for command in commands if isinstance(command, RegisterIntermediary)]
    assert (intermediary.licence, intermediary.bank) == ("077-1", True)
    (investor,) = [command for command in commands if isinstance(command, RegisterInvestor)]
    assert (investor.kind, investor.bank) == (FIRM, True)
    assert AuthoriseClient("north", "anna", 2026, True, "venue file") in commands
    assert IssueAsset("D", "anna.main", 1_025, "", "opening") in commands


def test_a_venue_starts_again_after_its_series_have_expired(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        'kind = "spot"', 'kind = "future"\nunderlying = "BTC"\nexpires = 2020-12-25\nstatic_band_ppm = 100_000', 1
    ).replace("acknowledgements = [1]", 'authorised = [{ intermediary = "north", year = 2020 }]')
    assert load(tmp_path, text).venue_id == "small"
