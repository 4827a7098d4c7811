"""A venue's whole state at one sequence number: replicas that follow a journal, and the files that they are saved in."""
