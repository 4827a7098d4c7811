"""What abuse is planted in: a venue in memory, ordinary flow, and what one act is."""
