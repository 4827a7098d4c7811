"""The one writer, without sockets: its turns, the only clock that commands know, and its start from a journal."""
