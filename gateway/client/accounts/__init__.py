"""What a client knows of its accounts: orders on their way and entered, reports in turn, positions."""
