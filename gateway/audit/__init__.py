"""The audit of a venue: who logged in, who left and why, who was refused; files beside the journal, bounded, chained and sealed."""
