"""Who calls: keys and signatures, the sessions of the venue that act for them, and the markets and accounts that those follow."""
