"""Who is in: one connection, what goes out to it and what it leaves unread, how it ended; and peers in the venue's own process."""
