"""A small venue file, and mistakes in it with what must be said of them."""

from __future__ import annotations

from gateway.keys import new_private_key, public_key_hex

MINIMAL = f"""
[venue]
id = "small"

[[assets]]
asset = "RUB"
kind = "fiat"
scale = 2

[[assets]]
asset = "BTC"
kind = "crypto"
scale = 8

[[instruments]]
instrument = "BTC/RUB"
kind = "spot"
base = "BTC"
quote = "RUB"
tick = "100"
lot = "0.0001"
min_quantity = "0.0001"
max_quantity = "10"
max_notional = "100000000.00"
collar_ppm = 30000
phase = "continuous"

[[participants]]
participant = "anna"
role = "participant"
public_key = "{public_key_hex(new_private_key())}"

[[intermediaries]]
intermediary = "north"

[[investors]]
investor = "anna"
assets_rub = 200_000_000
tests = [{{ test = "risk", score = 90, taken = 2026-01-31 }}]
acknowledgements = [1]

[[accounts]]
account = "anna.main"
participant = "anna"
investor = "anna"
intermediary = "north"
deposits = {{ RUB = "1250.50", BTC = "0.5" }}
"""

# (what to replace, with what, what the message must say)
MISTAKES = [
    ('id = "small"', "", "venue: Object missing required field `id`"),
    (
        'id = "small"',
        'id = "small"\ncolour = "red"',
        "venue: Object contains unknown field `colour`; known keys: id, title",
    ),
    ('id = "small"', 'id = "small"\nport = 70000', "venue.port: Expected `int` <= 65535"),
    ('id = "small"', 'id = "small"\ndurability = "maybe"', "venue.durability: Invalid enum value 'maybe'"),
    (
        'id = "small"',
        'id = "small"\nrulebook = "elr-1999"',
        "unknown rulebook 'elr-1999'; there are derivatives-2025, elr-2025",
    ),
    ('id = "small"', 'id = "small"\nrulebook = "mine.toml"', "mine.toml can't be read"),
    (
        "[venue]",
        "[venues]\n[venue]",
        "unknown section 'venues'; known: venue, limits, server, approval, faucet, deribit, assets",
    ),
    ("[venue]", "[faucet]\nRUB = 5\n[venue]", "faucet[...]: Expected `str`, got `int`"),
    ("[venue]", '[faucet]\nRUB = "0.001"\n[venue]', "faucet.RUB: '0.001': "),
    ("[venue]", '[faucet]\nDOGE = "1"\n[venue]', "faucet.DOGE: no 'DOGE' in [[assets]]"),
    ("[venue]", "[venue", "not valid TOML"),
    (
        "[venue]",
        "[limits]\nliffted = true\n[venue]",
        "limits: Object contains unknown field `liffted`; known keys: lifted",
    ),
    ("[venue]", "[limits]\nparticipant = 5\n[venue]", "limits.participant: Expected `object`, got `int`"),
    (
        "[venue]",
        "[limits]\nparticipant = { rate = 5, burst = 100 }\n[venue]",
        "limits.participant.rate: Expected `int` >= 100",
    ),
    (
        "[venue]",
        "[limits]\naddress = { rate = 1_000 }\n[venue]",
        "limits.address: Object missing required field `burst`",
    ),
    (
        "[venue]",
        "[limits.participants]\nnobody = { rate = 100, burst = 100 }\n[venue]",
        "limits.participants.nobody: no 'nobody' in [[participants]]; define it there",
    ),
    ("[venue]", '[server]\ntls_cert = "a"\n[venue]', "server: tls_cert and tls_key belong together"),
    ("[venue]", "[server]\nheartbeat_s = 0\n[venue]", "server.heartbeat_s: Expected `int` >= 1"),
    ('public_key = "', 'public_key = "\\n', "participants[0] (anna).public_key"),
    ("[venue]", "[server]\nheartbeats = 5\n[venue]", "server: Object contains unknown field `heartbeats`"),
    ("[[intermediaries]]", "[intermediaries]", "intermediaries: write [[intermediaries]] above each entry"),
    (
        'kind = "crypto"',
        'kind = "crypto"\ndisclosure = { title = "t", cover = "100" }',
        "disclosure: needs the digest of the document, or its text, and not both",
    ),
    (
        'kind = "crypto"',
        'kind = "crypto"\ndisclosure = { title = "t", cover = "100.00001", text = "d" }',
        "disclosure.cover: '100.00001': more than 4 decimals",
    ),
    (
        'kind = "crypto"',
        'kind = "crypto"\ndisclosure = { title = "t", cover = "100", text = "d" }',
        "BTC has no issuer here: only securities and domestic stablecoins have",
    ),
    ('tick = "100"', "tick = 100", "instruments[0] (BTC/RUB).tick: Expected `str`, got `int`; write decimals"),
    ('tick = "100"', 'tick = "1e2"', "instruments[0] (BTC/RUB).tick: '1e2': not a decimal"),
    ('tick = "100"', 'tick = "-100"', "instruments[0] (BTC/RUB).tick: '-100': not a decimal"),
    ('tick = "100"', 'tick = "1_00"', "instruments[0] (BTC/RUB).tick: '1_00': not a decimal"),
    ('tick = "100"', 'tick = "٣"', "instruments[0] (BTC/RUB).tick: '٣': not a decimal"),
    ('tick = "100"', 'tick = "99999999999999"', "'99999999999999': larger than 92233720368"),
    ('tick = "100"', 'tick = "0.000000001"', "'0.000000001': more than 8 decimals"),
    (
        'tick = "100"',
        'tick = "0.01"',
        "instruments[0] (BTC/RUB): tick times lot must be a whole number of minor units of RUB",
    ),
    ('base = "BTC"', 'base = "ETH"', "instruments[0] (BTC/RUB).base: no 'ETH' in [[assets]]; define it there"),
    ('kind = "spot"', 'kind = "swap"', "instruments[0] (BTC/RUB).kind: Invalid enum value 'swap'"),
    ('phase = "continuous"', 'phase = "open"', "instruments[0] (BTC/RUB).phase: Invalid enum value 'open'"),
    (
        'kind = "spot"',
        'kind = "future"',
        'instruments[0] (BTC/RUB).expires: a future needs the day on which it is settled, as in "2026-12-25"',
    ),
    ('kind = "spot"', 'kind = "future"\nexpires = "soon"', "instruments[0] (BTC/RUB).expires: Invalid"),
    (
        'kind = "spot"',
        'kind = "future"\nexpires = 2199-12-27\nexpires_at = "6 pm"',
        "instruments[0] (BTC/RUB).expires_at: a time of day is HH:MM",
    ),
    (
        'kind = "spot"',
        'kind = "future"\nexpires = 2199-12-27',
        "instruments[0] (BTC/RUB): a future needs the index it follows",
    ),
    (
        'kind = "spot"',
        'kind = "future"\nunderlying = "BTC"\nexpires = 2199-12-27',
        "instruments[0] (BTC/RUB).phase: ",
    ),
    ('kind = "spot"', 'kind = "spot"\nmark_interval_s = 3600', "instruments[0] (BTC/RUB): "),
    (
        'kind = "spot"',
        'kind = "spot"\nmax_position = "-1"',
        "instruments[0] (BTC/RUB).max_position: '-1': not a decimal",
    ),
    (
        'id = "small"',
        'id = "small"\nmargin_grace_s = 0',
        "venue.margin_grace_s: Expected `int` >= 1",
    ),
    (
        "[[instruments]]",
        '[[indices]]\nindex = "BTC"\nprice = "8000000"\n[[instruments]]',
        "indices[0] (BTC): Object missing required field `source`",
    ),
    (
        "[[instruments]]",
        '[[indices]]\nindex = "BTC"\nprice = "0"\nsource = "x"\n[[instruments]]',
        "indices[0] (BTC): the price of an index must be positive",
    ),
    (
        'asset = "BTC"\nkind = "crypto"',
        'asset = "BTC"\nkind = "crypto"\nissue_limit = "1"',
        "assets[1] (BTC): only securities and domestic stablecoins are issued here",
    ),
    (
        'asset = "BTC"\nkind = "crypto"',
        'asset = "BTC"\nkind = "security"\nissue_limit = "0.123456789"',
        "assets[1] (BTC).issue_limit: '0.123456789': more than 8 decimals",
    ),
    (
        "deposits = {",
        'issued = { EUR = "1" }\ndeposits = {',
        "accounts[0] (anna.main).issued.EUR: no 'EUR' in [[assets]]",
    ),
    (
        "deposits = {",
        'issued = { BTC = "1" }\ndeposits = {',
        "accounts[0] (anna.main).issued.BTC: BTC is not issued here",
    ),
    (
        "acknowledgements = [1]",
        'authorised = [{ intermediary = "south", year = 2026 }]',
        "investors[0] (anna).authorised[0].intermediary: no 'south' in [[intermediaries]]",
    ),
    ('asset = "BTC"', 'asset = "RUB"', "assets[1] (RUB).asset: defined before, in assets[0] (RUB)"),
    ('public_key = "', 'public_key = "0', "participants[0] (anna).public_key: Expected `str` matching regex"),
    (
        'role = "participant"',
        'role = "supervisor"',
        "accounts[0] (anna.main).participant: 'anna' is supervisor, and can't trade",
    ),
    ('participant = "anna"\ninvestor', 'participant = "vera"\ninvestor', "participant: no 'vera' in [[participants]]"),
    (
        'investor = "anna"\ninter',
        'investor = "vera"\ninter',
        "accounts[0] (anna.main).investor: no 'vera' in [[investors]]",
    ),
    (
        'investor = "anna"\nintermediary = "north"',
        'investor = "anna"\nintermediary = "south"',
        "no 'south' in [[intermediaries]]",
    ),
    (
        'RUB = "1250.50"',
        'RUB = "1250.505"',
        "accounts[0] (anna.main).deposits.RUB: '1250.505': more than 2 decimals",
    ),
    ('RUB = "1250.50"', 'EUR = "1"', "accounts[0] (anna.main).deposits.EUR: no 'EUR' in [[assets]]"),
    ('BTC = "0.5"', 'BTC = "0"', "accounts[0] (anna.main).deposits.BTC: the amount must be positive"),
    ('test = "risk"', 'test = "luck"', "investors[0] (anna).tests[0].test: Invalid enum value 'luck'"),
    ("taken = 2026-01-31", 'taken = "yesterday"', "investors[0] (anna).tests[0].taken: Invalid"),
]
