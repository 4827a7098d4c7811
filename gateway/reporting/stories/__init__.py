"""What happened, in words: who changed what and why, and a command explained."""
