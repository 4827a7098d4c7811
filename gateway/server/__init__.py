"""Sockets, the one writer and its clock, and starting from a journal."""
