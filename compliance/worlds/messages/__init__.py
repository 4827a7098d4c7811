"""What a change of the rules is and what came of it, as plain Structs: they go to other processes and into files."""
