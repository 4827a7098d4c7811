"""The bounds of the venue, each with its reason. A few that concern one module alone stand at its head.

What connections take of its memory is in `memory_limits.py`, beside this.

Integers only. Units are in the names: bytes, counts, nanoseconds, and `e8` for decimals scaled by 10**8.
"""

from __future__ import annotations

from typing import Final

# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────
# Prices and quantities travel as integers scaled by 10**8: the finest step any listed asset uses (1 satoshi).
DECIMALS: Final = 8
ONE_E8: Final = 10**DECIMALS
# A decimal on the wire, scaled, stays inside a signed 64-bit integer, so that MessagePack can carry it.
MAX_E8: Final = 2**63 - 1
# The sum of one asset over all accounts. A balance, a fee or a settled notional can never leave 64 bits then,
# while an intermediate product may: those stay Python integers.
MAX_SUPPLY: Final = 2**63 - 1
# Fees above 100 % could take more than a fill brings.
MAX_FEE_PPM: Final = 1_000_000
# A rebate that pays for a good part of the order is a mistake, and a budget would buy without end on it.
MAX_REBATE_PPM: Final = 100_000

# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────
# Long enough for a UUID with a prefix, short enough to keep a frame small.
MAX_NAME_CHARS: Final = 64
# Reasons, titles and details that people read.
MAX_TEXT_CHARS: Final = 512
# The id of a sentence, in ASCII: its length is one byte of a row.
MAX_TEMPLATE_CHARS: Final = 31

# ── rulebooks ──────────────────────────────────────────────────────────────────────────────────────────────────
# What is parsed must not cost more than it is long, nor end in a parser's own words. The largest built-in document has 12 000
# characters, nests three deep ([[rules]] with a list) and has one dot in a key (rules.parameters).
MAX_DOCUMENT_CHARS: Final = 65_536
MAX_DOCUMENT_NESTING: Final = 8
MAX_KEY_PARTS: Final = 8
# Dates on which one parameter changes: each is a midnight at which all is read anew, as after `CHANGE_STEPS`. The law changed the threshold of
# qualified status three times in ten years; ten times that.
MAX_DATED_VALUES: Final = 32
# A text that a rule states, such as the warning of total loss: a page, which a request can carry in any script (four bytes a letter).
MAX_RULE_TEXT_CHARS: Final = 4_096
# Texts that have been in force or were made known: each may be acknowledged for ever, and a snapshot carries them all: 4 MiB.
MAX_KNOWN_TEXTS: Final = 256
# Of a number that no quotes stand around; Python refuses to read more than 4 300, in words of its own.
MAX_NUMBER_DIGITS: Final = 40

# ── engine ─────────────────────────────────────────────────────────────────────────────────────────────────────
# Open orders of one account, parked ones too, an iceberg counted by its parts: what a mass cancel and a list of them may cost.
MAX_OPEN_ORDERS_PER_ACCOUNT: Final = 10_000
# Those of one book: what one order may trade with, how many stops may elect each other, what an uncross may match. None of
# these is ever cut: 10 000 fills take 75 to 155 ms interpreted, and five times as many five times that. It takes five accounts
# to fill a book.
MAX_OPEN_ORDERS_PER_BOOK: Final = 50_000
# Those of the venue: about 1 GB of orders with their ids, and what a kill switch may cancel: fifty accounts and ten books fill it.
MAX_OPEN_ORDERS: Final = 500_000
# The last fifth of the room in a book, and in the venue, is for accounts with no more open than this. So whoever fills the rest keeps
# nobody else out: it takes twenty more accounts to fill a book, two hundred to fill the venue.
MAX_SMALL_ACCOUNT: Final = 500
# Orders at one price that get shares of an incoming order: each order that comes looks at so many, however little it takes: 40 us
# interpreted, 2 s if a print elects as many stops as a book may have beside them.
MAX_SHARED_ORDERS: Final = 500
# Pegs of one instrument. A command, or one thing that is due, that changes the touch moves each once, at two events: 200
# events, and 0.4 ms interpreted. It looks for the touch once, through the levels where only pegs rest: no more than pegs.
MAX_PEGS_PER_INSTRUMENT: Final = 100
# And of them of one account: nobody takes all.
MAX_PEGS_PER_ACCOUNT: Final = 20
# Open reduce-only orders of one account in one future, brackets' too: a command that changes the position by a lot cuts them all.
# So two accounts that trade one lot cause 200 cuts of two events at most: some 60 KB of a frame, with the longest names.
MAX_REDUCE_ONLY_PER_POSITION: Final = 100
# Client order ids of one account in one trading day, each kept until it ends (P5): one account does not fill the venue, below.
MAX_CLIENT_ORDER_IDS_PER_DAY: Final = 1_000_000
# And of all accounts, refused orders and transfers too. What is kept of one that has ended takes 190 bytes, half of them its name: 3 GB for
# so many. With names of 64 of the widest characters it is KEPT_ORDER_BYTES, and 20 GB.
KEPT_ORDER_BYTES: Final = 1_250
MAX_ORDERS_PER_DAY: Final = 20_000_000_000 // KEPT_ORDER_BYTES
# Orders that have ended and are still there whole; beyond so many each that ends is made small at once. That takes a tenth of the time of
# an order, which a venue that is not busy has between its turns. 50 MB compiled, 90 interpreted.
MAX_ENDED_WHOLE: Final = 65_536
# So many are made small after a turn that leaves nothing waiting: 10 us compiled, 20 interpreted.
SHRUNK_PER_TURN: Final = 32
# Trades that are kept until the day ends, so that they can be corrected: some 180 bytes compiled, 430 interpreted, 3 or 7 GB.
MAX_TRADES_PER_DAY: Final = 16_000_000
# The last tenth of all three is for orders that only make a future's position smaller.
RESERVED_PART: Final = 10
# What each command throws away of days that have ended, with two more for each event of the one before: an order has at least one, and a trade
# has one, so that more goes than comes.
SWEPT_PER_COMMAND: Final = 32
# Quotes on one side of a mass quote: a ladder, not a book.
MAX_QUOTES_PER_SIDE: Final = 64
# Orders of a participant and trading day before its order-to-trade ratio is tested: below, it says nothing.
ORDERS_BEFORE_RATIO: Final = 100
# Order ids of a command with several orders: its sequence number plus k times this. Commands stay below it.
LEG_ID: Final = 2**40
# Compliance commands that wait for their effective date. Each may carry a whole rulebook, and a snapshot carries them all: 16 MiB.
MAX_SCHEDULED_CHANGES: Final = 256
# Commands that wait for a second approval. Each may carry a whole rulebook, too: 4 MiB. Two people who decide about so many at a time
# do not read them; whoever fills the room is declined by anybody else.
MAX_PROPOSALS: Final = 64
# Withdrawals and transfers of one account that wait: what a freeze, an arrest or a loss may have to end, one by one.
MAX_WAITING_MOVEMENTS_PER_ACCOUNT: Final = 100
# And of the venue: some 700 bytes each with the longest texts, 70 MB, which a snapshot carries. It takes a thousand accounts to fill it.
MAX_WAITING_MOVEMENTS: Final = 100_000
# How long a connection may be gone, or a dead man's timer run: longer is no safety. And a timer is not set more often than a round trip takes.
MAX_ABSENCE_NS: Final = 86_400 * 1_000_000_000
MIN_DEAD_MAN_NS: Final = 100_000_000
# Armed connections of a participant: as many as it may have, and as many that a crash has cut off. 0.5 KB each.
MAX_ARMED_CONNECTIONS: Final = 128
MAX_ARMED_ACCOUNTS: Final = 100
# What is too much for one command is done in pieces: what it has not done when a piece ends, clock ticks carry on, before any
# other command. A piece ends at so many events: about 20 ms compiled, and some 1 MiB of a frame.
# What is never cut may pass it: matching, a cascade of stops, an uncross, the moves of the pegs of one instrument.
PIECE_EVENTS: Final = 4_096
# Or at so many steps that may bring no event: an order rechecked, an account looked at, a level of a call. 1 us each compiled, so 20 ms.
PIECE_STEPS: Final = 20_000
# Steps of a change of the rules, beside one an account, and of any that takes effect: a rulebook takes 5 ms to read. So those that wait for one
# instant are not all in one piece, nor 128 in a turn.
CHANGE_STEPS: Final = 5_000
# Levels (prices of both sides, and market orders collected) up to which the indicative price of a call is computed after each
# command: a level takes about a microsecond, so that a command takes an eighth of a millisecond more at most.
MAX_INSTANT_LEVELS: Final = 128
# With more, the clock says when. After each computation so much time passes for each of its levels, a hundred times what it took:
# one book's indicative prices take a hundredth of the time at most, whatever is sent. 10 000 levels are computed once a second.
INDICATIVE_NS_PER_LEVEL: Final = 100_000
# And not before this time from the first change: a burst is looked at once.
INDICATIVE_WAIT_NS: Final = 1_000_000
# Steps of a daily schedule: a snapshot carries them all, and each may change the phase once a day, 86 s apart if they fill it.
MAX_SCHEDULE_STEPS: Final = 1_000
# Indices: a table that only the operator fills.
MAX_INDICES: Final = 1_000
# Contracts of foreign trade: found by number, never walked but for a list of them. Some 700 bytes each with the longest subject, so 70 MB.
MAX_CONTRACTS: Final = 100_000
# And of one investor, on either side: nobody takes all, and a list of one's own is 10 000 rows in pieces.
MAX_CONTRACTS_PER_INVESTOR: Final = 10_000
# Instruments, assets: registry tables are walked at every change of the registry.
MAX_INSTRUMENTS: Final = 10_000
MAX_ASSETS: Final = 10_000
# A rulebook that comes in force gives each account its decisions anew, in one step: 5 us each interpreted, half a second for so many.
# A day's end takes a microsecond an account.
MAX_ACCOUNTS: Final = 100_000

# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────
NS_PER_SECOND: Final = 1_000_000_000
NS_PER_DAY: Final = 86_400 * NS_PER_SECOND
# Marks by the clock: each settles a whole future, and one is due for each interval that an idle venue slept through.
MIN_MARK_INTERVAL_NS: Final = 60 * NS_PER_SECOND
# A volatility auction of two minutes, unless SetTradingRules says otherwise.
DEFAULT_VOLATILITY_NS: Final = 120 * NS_PER_SECOND
# Grace of a margin call: so that an account whose positions can't be closed out is not called without end.
MIN_GRACE_NS: Final = NS_PER_SECOND
# And of the next one, where it could not be: an idle venue that slept calls it once for each that ended meanwhile.
MIN_NEXT_GRACE_NS: Final = 60 * NS_PER_SECOND
MAX_GRACE_NS: Final = 30 * NS_PER_DAY
# How long a proposal waits for a second approval: both are at work within a day, and nobody approves what he has forgotten.
PROPOSAL_NS: Final = NS_PER_DAY
DEFAULT_GRACE_NS: Final = 3_600 * NS_PER_SECOND
# Papers in force that arrest holdings of one investor: each fill looks at those on what is sold. And of the venue: a kilobyte each.
MAX_ARRESTS_PER_INVESTOR: Final = 32
MAX_ARRESTS: Final = 10_000
# The trading day and the year of the caps are Moscow's: UTC+3, no daylight saving since 2014.
MOSCOW_OFFSET_NS: Final = 3 * 3_600 * NS_PER_SECOND

# ── a turn of the sequencer ────────────────────────────────────────────────────────────────────────────────────
# It takes so many commands: two milliseconds interpreted in which no socket is read.
MAX_TURN_COMMANDS: Final = 128
# What turns have applied while a frame of the journal was synced is the next one. It takes no more, and turns wait for the disk, at so many events, as a
# piece does, or bytes, whichever comes first; a single command may pass them, as said at `MAX_FRAME_BYTES`. Commands of 64 KiB, or events of the longest
# names, reach the bytes first. So much is what a slow disk makes wait, and as much again that is written and not told yet.
MAX_BATCH_EVENTS: Final = PIECE_EVENTS
# Or at so many steps, so that commands which look at much and bring little, as `fok` orders that can't be filled, are not 128 in a turn:
# each may look at all of a book, 15 ms for 10 000 orders of a future interpreted.
MAX_BATCH_STEPS: Final = PIECE_STEPS
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
# Of those, commands of connections that owe for what they asked: a millisecond interpreted, so that a flood makes no turn long that carries the orders
# of others. At a turn each two milliseconds, as with a slow disk, it is four times a participant's rate.
MAX_OWING_A_TURN: Final = 16
# Where both wait, one command in so many is of such a connection: it comes last, but is not locked out.
OWING_PART: Final = 8
# Events of one piece of what a venue slept through, before the next piece is made shorter: far below a frame.
CATCH_UP_EVENTS: Final = 10_000
# A venue that is so late for what is due has slept (a busy one is late by milliseconds); and the shortest such piece.
SLEPT_NS: Final = 60_000_000_000

# ── upkeep ─────────────────────────────────────────────────────────────────────────────────────────────────────
# How often a running venue looks whether its journal is still in its place, and writes the head: so long it may acknowledge into a
# file that nobody will find, and so much of an end that was cut off may go unseen. A look takes 10 us, a head one sync.
UPKEEP_NS: Final = NS_PER_SECOND
# How often those who are connected are told where the chain stands: 2 048 frames of 150 bytes.
TIP_EVERY_NS: Final = 3_600 * NS_PER_SECOND

# ── the venue's clock ──────────────────────────────────────────────────────────────────────────────────────────
# How fast it nears a machine's clock that was set: by one part in so many of what passes. So no deadline, grace or rate is off
# by more than a hundredth, and an hour is made up for in a hundred. What a time service slews acts on the steady clock, too.
SLEW_PART: Final = 100
# The longest span whose share counts: what a venue sleeps between two looks when nothing happens.
SLEW_SPAN_NS: Final = 60 * NS_PER_SECOND
# What is said of a clock that was set: a service that keeps it stays far below, a leap second is one.
CLOCK_STEP_NS: Final = NS_PER_SECOND
# A start behind the journal's last time: a wrong zone is 14 hours at most. A clock that has lost its date is years behind.
MAX_BEHIND_NS: Final = NS_PER_DAY
# A start ahead of it: Moscow's longest holidays are 11 days. Beyond, orders would expire and years end by mistake.
MAX_AHEAD_NS: Final = 14 * NS_PER_DAY

# ── connections ────────────────────────────────────────────────────────────────────────────────────────────────
# One request. The largest legitimate one (a rulebook in a command) is below 64 KiB.
MAX_MESSAGE_BYTES: Final = 65_536
# A message may come in pieces, but not in a stream of tiny ones.
MAX_FRAGMENTS: Final = 16
# Decoded requests waiting per connection, commands and questions together; above it the socket is not read.
MAX_INBOX_COMMANDS: Final = 256
# What is read of a socket at once: some 200 of the shortest requests, half a millisecond to decode. So many may come in beyond
# a full inbox, and hold up others at each time that there is room in it.
MAX_READ_BYTES: Final = 8_192
# And of who is not logged in, or owes for what it asked: some 25 requests, or the largest login twice.
MAX_STRANGER_READ_BYTES: Final = 2_048
# So many of those are looked at in a pass of the loop, each once, half of them such as have just come; the others wait for their turn, unread. A
# look takes a fifth of a millisecond interpreted, a handshake twice that: so all strangers together add a millisecond or so to any wait.
MAX_STRANGERS_A_PASS: Final = 4
# All that is done for strangers, coming and going included, has one part in so many of the loop's time while participants are there: their orders
# find the loop busy with strangers one time in ten. That is 100 newcomers a second on a slow machine, of a millisecond each from the socket to its end.
STRANGERS_PART: Final = 10
# What of it may be saved up: 50 who come at once after a quiet while wait for nothing.
STRANGERS_BURST_NS: Final = 50_000_000
# What there is at the start, when all come back at once: 1 000 and more are in at once, 2 048 after some seconds.
STRANGERS_FIRST_NS: Final = NS_PER_SECOND
# Nobody waits for strangers if no participant was heard for so long: then they may have all of the time.
STRANGERS_QUIET_NS: Final = NS_PER_SECOND // 10
# The least that the venue wakes up for when all was spent: five milliseconds later.
STRANGERS_PIECE_NS: Final = 500_000
# What a socket takes beside what is looked at of it, from the kernel's queue to its end: measured, as half of that is done by the event loop.
SOCKET_NS: Final = 300_000
# And the handshake of TLS: a signature and its records.
TLS_NS: Final = 1_500_000
# Newcomers who have said something and wait for their turn; while there are so many nobody is accepted. So they wait with the kernel, in the order in
# which they came, and no time that they have for their handshake runs meanwhile.
MAX_WAITING_NEWCOMERS: Final = 16
# Kernel buffers per socket: small, so that a flooder fills its own and not the machine's.
SOCKET_BUFFER_BYTES: Final = 65_536
LISTEN_BACKLOG: Final = 2_048
# Sockets, whether they have become WebSockets or not: below the limit of open files, which the journal shares.
MAX_CONNECTIONS: Final = 2_048
MAX_CONNECTIONS_PER_ADDRESS: Final = 1_024
MAX_CONNECTIONS_PER_PARTICIPANT: Final = 64
# Of them, those that keys may have which act: who holds one that only looks on could lock out its owner, and even the last operator.
KEPT_CONNECTIONS: Final = 8
# Sockets that have not asked for a WebSocket yet. All clients of an address may come at once, as after a restart of the venue; while they
# do, or pretend to, there is room for the handshakes of others. A request takes one packet; a link that is slow takes a second or two for TLS.
MAX_HANDSHAKES_PER_ADDRESS: Final = MAX_CONNECTIONS_PER_ADDRESS
MAX_HANDSHAKES: Final = MAX_HANDSHAKES_PER_ADDRESS + 512
# Of whatever kind, from an address: its WebSockets, and those who are just told that there are too many.
MAX_SOCKETS_PER_ADDRESS: Final = MAX_CONNECTIONS_PER_ADDRESS + 64
HANDSHAKE_TIMEOUT_SECONDS: Final = 5
# Accepted in one pass of the loop, 0.4 ms each with what becomes of it: the others wait with the kernel, while what is accepted is read.
MAX_ACCEPTS_A_PASS: Final = 4
# Sockets of one address that come before others, a second, once as many have come as it may have at all: all of them may come back at once.
ARRIVALS_PER_SECOND_PER_ADDRESS: Final = 20
# So long those of an address wait for others of which one has gone that never logged in: longer than a handshake may take, or a login.
SUSPECT_NS: Final = 15 * NS_PER_SECOND
# Who waits; while there are so many nobody is accepted. One is let in at each pass, 50 a second and more, so the last one waits ten seconds at most: as long
# as it would with the kernel. As many as the handshakes that there may be beside those of one address.
MAX_LOBBY: Final = 512
# A line of the log, and how many there may be in a second of a kind and in all; what is left out is counted. What waits to be
# written is at most a megabyte, whoever does not read it.
LOG_LINE_BYTES: Final = 1_024
LOG_LINES_PER_SECOND: Final = 5
LOG_LINES_PER_SECOND_IN_ALL: Final = 20
MAX_LOG_KINDS: Final = 100
MAX_WAITING_LOG_LINES: Final = 1_000
# A socket that has neither logged in nor subscribed to public data.
LOGIN_TIMEOUT_SECONDS: Final = 10
# Login attempts on one connection before it is closed.
MAX_LOGIN_ATTEMPTS: Final = 3
# Malformed messages on one connection before it is closed.
MAX_MALFORMED_MESSAGES: Final = 100
# What is read of a peer and thrown away when the venue has said that it closes: what may have been on its way, so that the end is no reset
# which eats the reason, and that the peer's own close is seen. What is beyond waits with the kernel: to go on reading is what a flood wants.
MAX_THROWN_AWAY_BYTES: Final = 2 * SOCKET_BUFFER_BYTES
# Of a frame, beside its payload: so that tiny ones are no more than 2 048, a millisecond.
FRAME_OVERHEAD_BYTES: Final = 64
# Channels that one connection gets, each about one instrument or index: all eight of 250 instruments, where the default venue has 21. Its end takes
# it off the list of each, half a millisecond in all; each takes some 250 bytes, 1 GB if all connections have so many.
MAX_SUBSCRIPTIONS: Final = 2_000
SUBSCRIPTION_BYTES: Final = 256
# Pongs answered per second and connection; further pings are ignored.
MAX_PONGS_PER_SECOND: Final = 5
# Private reports kept per account for clients that reconnect; older ones are answered with a snapshot.
MAX_RECENT_REPORTS: Final = 10_000
# And of all accounts together, beside the last one of each, which says where its numbers stand: 50 accounts that are as
# busy as can be, or 7 800 with 32 to 63 reports. Each takes some 340 bytes (1 000 with the longest texts): 170 MB.
MAX_KEPT_REPORTS: Final = 500_000

# ── rates ──────────────────────────────────────────────────────────────────────────────────────────────────────
# In units of about one order (`gateway/inbound/rates.py`); a venue file may say otherwise. An interpreted venue carries some 20 000 a
# second: a tenth for a participant, so that one alone leaves the others nine. A maker with ten quotes in each of ten instruments
# makes them all anew ten times a second.
DEFAULT_UNITS_PER_SECOND: Final = 2_000
# Half a second of the venue's work: 75 of the largest mass quotes, or all orders of an account ended one by one.
DEFAULT_BURST_UNITS: Final = 10_000
# Of an address, for those who have not logged in: 200 logins a second. At the burst all of an address's 1 024 connections log in at once.
DEFAULT_ADDRESS_UNITS_PER_SECOND: Final = 1_000
DEFAULT_ADDRESS_BURST_UNITS: Final = 10_000
# What one connection may have of what it shares with others: the half.
CONNECTION_PART: Final = 2
# The slowest: what is owed beyond a second's worth, by one request of the largest (193 units), is paid for in four seconds by a
# connection, which is less than any peer waits for an answer to its ping. The fastest is more than any venue carries.
MIN_UNITS_PER_SECOND: Final = 100
MAX_UNITS_PER_SECOND: Final = 1_000_000
MAX_BURST_UNITS: Final = 10_000_000
# Bytes of a request that cost a unit more: to read 64 KiB takes 0.2 ms.
BYTES_PER_UNIT: Final = 1_024
# Addresses whose buckets are kept: twice as many as there may be connections, 1 MB. Then the one that connected first is forgotten.
MAX_RATED_ADDRESSES: Final = 2 * MAX_CONNECTIONS

# ── questions ──────────────────────────────────────────────────────────────────────────────────────────────────
# What an answer takes is counted in steps, so that the bound does not depend on the clock: half a microsecond each, as measured.
# What all answers between two turns take, and so what any number of questions adds to the wait for an order: a quarter of a
# millisecond. What a piece takes beyond it, the next ones go without.
MAX_ANSWER_STEPS: Final = 500
# And then they pause, while there are turns that would wait: so those who ask without end have a fifth of the time, not all that orders leave.
# Whoever asks now and then comes first, and at once. An answer of 10 000 reports takes 130 ms beside orders, where it took 30.
ANSWERS_PAUSE_NS: Final = 1_000_000
# One piece of a long answer; then the next connection that asks has its turn.
ANSWER_PIECE_STEPS: Final = 120
# To take up a question and to send its answer: 10 us.
QUESTION_STEPS: Final = 20
# A report, an order, an instrument, a holding or a position, made and encoded: 2.5 us.
ROW_STEPS: Final = 5
# A level of a book, made and encoded: 0.8 us where no cache holds its price.
LEVEL_STEPS: Final = 2
# An order of a queue, summed, or made and encoded: a microsecond.
QUEUED_STEPS: Final = 2
# What conflated books tell in one pass of the loop, in steps: two milliseconds, for whatever came due at once. The rest has the next pass.
PACED_STEPS: Final = 4_000
# Levels that a conflated update gathers; with more it is told before its interval is over. As many as one turn may change.
MAX_PACED_LEVELS: Final = PIECE_EVENTS
# Levels copied, or ids looked through, in a step: 20 ns each.
COPIED_PER_STEP: Final = 32
# Bytes of a finished answer that are put together in a step: several copies on the way to the kernel.
BYTES_PER_STEP: Final = 4_096
# Orders in one answer to `open_orders`, which is one piece, since it says how all of them stand at one moment: with 10 000 ids
# to look through 1 332 steps, 0.7 ms, which the next two shares go without; about 50 KB of JSON.
MAX_LISTED_ORDERS: Final = 200
# Contracts in one answer to `contracts`: one piece of 1 100 steps; with the longest subjects 250 KB of JSON.
MAX_LISTED_CONTRACTS: Final = 100
# What waits to leave accounts, in one answer to `movements`: all of an account. With the longest texts 100 KB of JSON.
MAX_LISTED_MOVEMENTS: Final = MAX_WAITING_MOVEMENTS_PER_ACCOUNT
# Records in one answer to `records`: 1 000 steps, as many as open orders; accounts with names of 64 letters are 28 KB of JSON. With the
# names of 99 000 accounts left out before it 4 100 steps: 2.3 ms were measured.
MAX_LISTED_RECORDS: Final = 200
# Accounts whose open orders are counted in a step: 150 to 430 ns each where there are 100 000.
COUNTED_PER_STEP: Final = 2
# What was received is carried out for so long when the venue is told to stop. With a second for each peer to say goodbye
# (`CLOSE_SECONDS`) and a turn that has begun, it has ended within two.
STOP_NS: Final = 500_000_000

# ── journal ────────────────────────────────────────────────────────────────────────────────────────────────────
# A segment ends at the first frame that passes this size: a unit to copy, sign and archive.
SEGMENT_BYTES: Final = 64 * 1024 * 1024
# One frame holds any row: matching, a cascade of stops and an uncross are never cut. A length above it is damage, not data.
# Each trade uses up a part that was open in the book, or an order that came. So a part adds at most: its stop triggers (808 bytes
# with the longest names, 64 letters of four bytes), it begins as an order of a pair (835), shows or rests (289), is cut to its position
# (1 124), and ends: by a trade (1 417), or by a cancel (3 181 with values as long as the longest text) beside one that prevention makes smaller
# (1 124); its account is called (547). That is 7 908 bytes, 395 MB of MAX_OPEN_ORDERS_PER_BOOK. A print may halt the market: that
# cancels what volatility auctions of other books have collected, 841 bytes each, and reports each instrument: 384 MB. In all 779 MB.
# With names of 16 ASCII letters an order that sweeps a book makes 6 MB.
MAX_FRAME_BYTES: Final = 1024 * 1024 * 1024
