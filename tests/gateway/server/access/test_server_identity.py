"""ID-1 of a served venue: no number of a document gets out, and nobody is known anew because a secret was lost."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.documents import invented_tax_number
from gateway.identity import IDENTITY_FILE, Identities
from gateway.server.sequencing.startup import StartError
from gateway.venue.venue import VenueError, load_venue, parse_venue
from tests.support.gateway.venues.small_venue import client, serve_command, serving, url_of, venue_text

PERSON = invented_tax_number(31_415_926)
OTHER = invented_tax_number(27_182_818)
FIRM = invented_tax_number(1_618_033, firm=True)
PASSPORT = "4510 602214"
WRONG = PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10)
NUMBERS = (PERSON, OTHER, FIRM, PASSPORT, PASSPORT.replace(" ", ""), WRONG)
FILE_NUMBER = invented_tax_number(7_777_777)

ANNA = {"investor": "anna", "kind": "individual", "documents": {"tax_number": PERSON, "passport": PASSPORT}}
INVESTOR = f"""
[[investors]]
investor = "vera"
documents = {{ tax_number = "{FILE_NUMBER}" }}
"""


def later(arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"effective_ns": 2**62, "command": "register_investor", "arguments": arguments, **more}


MANY = {"investor": "llc", "kind": "firm", "documents": {"tax_number": FIRM}, "owners": [{"tax_number": PERSON}] * 9}

SOUND: list[tuple[str, dict[str, Any]]] = [
    ("register_investor", ANNA),
    (
        "register_investor",
        {"investor": "llc", "kind": "firm", "documents": {"tax_number": FIRM}, "owners": [{"passport": PASSPORT}]},
    ),
    ("effective_from", later({"investor": "olga", "kind": "individual", "documents": {"tax_number": OTHER}})),
    ("set_blocked", {"investor": "anna", "blocked": True, "reason": "list"}),
]
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("register_investor", ANNA | {"investor": "again"}),
    ("register_investor", ANNA | {"investor": "again", "documents": {"passport": "45-10 602214"}}),
    (
        "register_investor",
        {"investor": "inc", "kind": "firm", "owners": [{"tax_number": PERSON}, {"passport": PASSPORT}]},
    ),
]
MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("register_investor", ANNA | {"documents": {"tax_number": WRONG}}),
    ("register_investor", ANNA | {"documents": {"tax_number": FIRM}}),
    ("register_investor", ANNA | {"documents": {"tax_number": int(FIRM)}}),
    ("register_investor", ANNA | {"documents": {PERSON: "tax_number"}}),
    ("register_investor", ANNA | {"documents": [PERSON]}),
    ("register_investor", ANNA | {"documents": PERSON}),
    ("register_investor", ANNA | {"investor": PERSON, "documents": {}}),
    ("register_investor", ANNA | {"investor": FIRM, "documents": {"passport": "0000 000000"}}),
    ("register_investor", ANNA | {"investor": f"anna-{PERSON}"}),
    ("register_investor", ANNA | {"reason": f"INN {PERSON[:4]} {PERSON[4:]}"}),
    ("register_investor", ANNA | {"class_override": PERSON, "reason": "x"}),
    ("register_investor", ANNA | {PERSON: "tax_number"}),
    ("register_investor", ANNA | {"assets_rub": PERSON}),
    ("register_investor", ANNA | {"owners": PERSON}),
    ("register_investor", ANNA | {"owners": [{"tax_number": WRONG}]}),
    ("register_investor", ANNA | {"owners": [PERSON]}),
    ("register_investor", ANNA | {"identity_keys": [PERSON]}),
    ("register_investor", ANNA | {"kind": PERSON}),
    ("effective_from", later(ANNA, reason=f"passport {PASSPORT}")),
    ("effective_from", later(ANNA | {"documents": {"tax_number": WRONG}})),
    ("effective_from", later(ANNA) | {"command": PERSON}),
    ("register_investor", ANNA | {"reason": f"INN {PERSON[:4]}/{PERSON[4:8]}№{PERSON[8:]}"}),
    ("register_investor", ANNA | {"reason": ".".join(PERSON)}),
    ("register_investor", ANNA | {"documents": {"passport": PASSPORT}, "assets_rub": int(PASSPORT.replace(" ", ""))}),
    ("register_investor", MANY),
    ("effective_from", later(MANY)),
    (PERSON, ANNA),
]
BROKEN: list[str] = [
    json.dumps({"id": 1, "type": PERSON, "documents": ANNA}),
    json.dumps({"id": PERSON, "type": "admin", "command": "register_investor", "arguments": ANNA}),
    json.dumps({"id": 1, "type": "admin", "command": "register_investor", "arguments": ANNA})[:-20],
    json.dumps({"id": 1, "type": "admin", "command": "register_investor", "arguments": [ANNA]}),
    json.dumps({"id": 1, "type": "admin", "command": "register_investor", PERSON: ANNA}),
    f'{{"id": 1, "type": "admin", "command": "x", "arguments": {{"{PERSON}": 1, "{PERSON}": 2}}}}',
    json.dumps({"id": 1, "type": "cancel_order", "account": PERSON, PERSON: 1}),
]


def test_no_number_of_a_document_gets_out(tmp_path):
    directory = tmp_path / "venue"
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text(INVESTOR))
    log = tmp_path / "log"
    with log.open("wb") as err:
        command = serve_command(directory, "--json", "--metrics-port", "0")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                heard = asyncio.run(talk(json.loads(line)["url"]))
            finally:
                process.terminate()
                process.wait(20)
    heard["log"], heard["stdout"] = log.read_bytes(), line
    for name, arguments in (
        ("history", ["--json"]), ("history", []), ("replay", []), ("replay", ["--json"]), ("verify", []), ("report", ["--json"]),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "gateway.cli", name, str(directory), *arguments], capture_output=True, check=False
        )
        assert done.returncode == 0, done
        heard[f"{name} {arguments}"] = done.stdout + done.stderr
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != "venue.toml"]
    assert {IDENTITY_FILE, "venue.key"} < {path.name for path in files}
    heard |= {str(path): path.read_bytes() for path in files}
    assert any(b"documents 2" in told for told in heard.values()), "the history does not tell how many"
    key = Identities.read(directory).keys(ANNA["documents"], firm=False)[0].encode()
    assert sum(key in told for told in heard.values()) == 1, "a key is in the journal, and nowhere else"
    for where, told in heard.items():
        for number in (*NUMBERS, FILE_NUMBER):
            assert number.encode() not in told, (where, number)


async def talk(url: str) -> dict[str, bytes]:
    """Send everything; what came back, by what was sent."""
    heard: dict[str, bytes] = {}

    def note(sent: object, reply: dict[str, Any]) -> None:
        heard[f"{len(heard)} {sent}"] = msgspec.json.encode(reply)

    for binary in (False, True):
        async with client(url, "sue", binary) as sue, client(url, "otto", binary) as otto:
            await otto.ask(type="subscribe", channel="changes")
            for expected, requests in (("", SOUND), ("rejected", REFUSED), ("error", MALFORMED)):
                for name, arguments in requests:
                    reply = await sue.ask(type="admin", command=name, arguments=arguments)
                    assert binary or not expected or expected in reply["type"], (arguments, reply)
                    note(arguments, reply)
            # What was told before has come when this has.
            await otto.ask(type="subscribe", channel="top", instrument="BTC/RUB")
            assert binary or any(report["type"] == "change" for report in otto.reports)
            for report in (*sue.reports, *otto.reports):
                note("report", report)
        async with client(url, "alice", binary) as alice:
            note("alice", await alice.ask(type="admin", command="register_investor", arguments=ANNA))
        async with client(url, "", binary) as stranger:
            note("stranger", await stranger.ask(type="admin", command="register_investor", arguments=ANNA))
    for text in BROKEN:
        async with client(url, "sue") as sue:
            await sue.socket.send(text, text=True)
            reply = await sue.receive()
            assert reply["type"] == "error", reply
            note(text, reply)
    return heard


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (f'documents = {{ tax_number = "{WRONG}" }}', r"investors\[2\].documents: tax_number: the check digits"),
        (f"documents = {{ tax_number = {int(FIRM)} }}", "Expected `str`, got `int`"),
        (f'documents = {{ {PERSON} = "tax_number" }}', "an unknown kind of document"),
        (f'documents = {{ {PERSON} = "x", {PERSON} = "y" }}', "not valid TOML"),
        (f'{PERSON} = "x"', "contains unknown field `...`"),
        (f'kind = "{PERSON}"', "Invalid enum value '...'"),
        (f'owners = [{{ passport = "{FIRM}" }}]', "only a firm has beneficial owners"),
        (f'kind = "firm"\nowners = [{{ tax_number = "{WRONG}" }}]', r"investors\[2\].owners\[0\]: tax_number: "),
        (
            f'kind = "firm"\nowners = [{", ".join(["{ passport = 1 }".replace("1", repr(FIRM))] * 9)}]',
            "owners: a firm names 8 owners at most",
        ),
        (
            f'[[accounts]]\naccount = "{PASSPORT}"\nparticipant = "alice"\ninvestor = "vera"',
            r"accounts\[[0-9]\].account: a name must not look",
        ),
        (
            f'[[intermediaries]]\nintermediary = "{".".join(FIRM)}"',
            r"intermediaries\[[0-9]\].intermediary: a name must not look",
        ),
        (f'authorised = [{{ intermediary = "{PERSON}", year = 2026 }}]', "no '...' in"),
    ],
)
def test_no_number_in_a_venue_file_is_repeated(tmp_path, entry, message):
    (tmp_path / "venue.toml").write_text(venue_text(f'\n[[investors]]\ninvestor = "vera"\n{entry}\n'))
    check_said(tmp_path, message)


def test_two_investors_of_a_venue_file_are_not_one_person(tmp_path):
    first = f'\n[[investors]]\ninvestor = "vera"\ndocuments = {{ tax_number = "{PERSON}" }}\n'
    spaced = f"{PERSON[:6]} {PERSON[6:]}"
    again = (
        f'\n[[investors]]\ninvestor = "vera.2"\ndocuments = {{ passport = "{PASSPORT}", tax_number = "{spaced}" }}\n'
    )
    (tmp_path / "venue.toml").write_text(venue_text(first + again))
    check_said(tmp_path, r"investors\[3\] \(vera.2\): ID-1: a document of vera.2 is on record of investor vera")


@pytest.mark.parametrize(
    "name", [PERSON, FIRM, f"vera-{PERSON}", f"{PERSON[:6]} {PERSON[6:]}"], ids=["person", "firm", "within", "spaced"]
)
@pytest.mark.parametrize("more", ["", "nosuch = 1\n"])
def test_an_investor_is_not_called_by_a_number(tmp_path, name, more):
    entry = f'\n[[investors]]\ninvestor = "{name}"\n{more}documents = {{ tax_number = "{PERSON}" }}\n'
    (tmp_path / "venue.toml").write_text(venue_text(entry))
    check_said(tmp_path, "unknown field" if more else "the number of a document")


def check_said(directory: Path, message: str) -> None:
    """The venue file is refused, with these words, and with no number; `sbx serve` says as much."""
    with pytest.raises(VenueError, match=message) as caught:
        load_venue(directory)
    done = CliRunner().invoke(group, ["serve", str(directory)])
    assert done.exit_code == 1 and " ".join(done.stderr.split())
    for told in (str(caught.value), done.stdout, done.stderr):
        assert not [number for number in NUMBERS if number in told], told
    assert not (directory / "journal").exists()


def served(directory: Path) -> subprocess.CompletedProcess[str]:
    """What `sbx serve` says of a venue that does not start."""
    command = serve_command(directory)
    return subprocess.run(command, capture_output=True, check=False, text=True)


# ── the secret ─────────────────────────────────────────────────────────────────────────────────────────────────────


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def written(directory: Path, extra: str) -> None:
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text(extra))


async def begun(directory: Path, extra: str = INVESTOR) -> None:
    """A venue that has been served once."""
    written(directory, extra)
    async with serving(directory, load_venue(directory)):
        pass
    assert (directory / IDENTITY_FILE).stat().st_mode & 0o777 == 0o600


async def test_who_was_registered_is_known_again_after_a_restart_however_the_document_is_given(tmp_path):
    directory = tmp_path / "venue"
    await begun(directory)
    async with serving(directory, load_venue(directory)) as server, client(url_of(server), "sue") as sue:
        assert server.started.notes == []
        spaced = {"tax_number": f"{FILE_NUMBER[:6]} {FILE_NUMBER[6:]}"}
        again = {"investor": "again", "kind": "individual", "documents": spaced}
        reply = await sue.ask(type="admin", command="register_investor", arguments=again)
        assert reply["type"] == "rejected"
        assert reply["detail"] == "ID-1: a document of again is on record of investor vera: one person is one investor"


@pytest.mark.parametrize("what", ["missing", "another", "readable"])
async def test_without_the_secret_a_venue_does_not_start_and_nothing_is_written(tmp_path, what):
    directory = tmp_path / "venue"
    await begun(directory)
    path = directory / IDENTITY_FILE
    kept = path.read_bytes()
    path.unlink()
    if what == "another":
        Identities.new().keep(directory)
    elif what == "readable":
        path.write_bytes(kept)
        path.chmod(0o644)
    before = contents(directory)
    done = served(directory)
    assert done.returncode == 1
    words = {
        "missing": "has a journal with identity keys, but no identity.key: nobody would be known again",
        "another": "but an identity.key by which they were not made",
        "readable": "others may read or write the secret",
    }[what]
    assert words in " ".join(done.stderr.split())
    assert contents(directory) == before
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, kept)
    os.close(descriptor)
    async with serving(directory, load_venue(directory)):
        pass


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        (
            "register_investor",
            {"investor": "alice", "kind": "individual", "owners": [ANNA["documents"]]},
            "rejected",
        ),
        ("effective_from", later(ANNA), "done"),
    ],
)
async def test_keys_in_commands_that_were_refused_or_wait_bind_the_secret_too(tmp_path, name, arguments, answer):
    directory = tmp_path / "venue"
    await begun(directory, "")
    async with serving(directory, load_venue(directory)) as server, client(url_of(server), "sue") as sue:
        reply = await sue.ask(type="admin", command=name, arguments=arguments)
        assert reply["type"] == answer, reply
    (directory / IDENTITY_FILE).unlink()
    with pytest.raises(StartError, match=r"no identity\.key"):
        async with serving(directory, load_venue(directory)):
            pass


async def test_a_journal_without_keys_goes_on_under_a_new_secret(tmp_path):
    directory = tmp_path / "venue"
    await begun(directory, "")
    first = (directory / IDENTITY_FILE).read_bytes()
    (directory / IDENTITY_FILE).unlink()
    async with serving(directory, load_venue(directory)):
        pass
    assert (directory / IDENTITY_FILE).read_bytes() != first


async def test_a_file_that_came_meanwhile_is_not_passed_over(tmp_path):
    directory = tmp_path / "venue"
    written(directory, INVESTOR)
    venue = load_venue(directory)
    Identities.new().keep(directory)
    with pytest.raises(StartError, match="was not read before; start again"):
        async with serving(directory, venue):
            pass
    assert not list((directory / "journal").glob("*.sbxj"))
    async with serving(directory, load_venue(directory)):
        pass


async def test_a_venue_read_without_a_directory_takes_the_secret_that_is_there(tmp_path):
    directory = tmp_path / "venue"
    await begun(directory)
    kept = Identities.read(directory)
    async with serving(directory, parse_venue(venue_text(), "", Path())) as server:
        assert kept is not None
        assert server.started.identities.name == kept.name
