"""Venues and commands as processes of their own: loaded, controlled, killed, shown in a terminal."""
