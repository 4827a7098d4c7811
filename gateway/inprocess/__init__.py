"""A venue inside a program, for notebooks and scripts: the server's sequencer and sessions without sockets, and a clock of its own."""
