"""The loop: a fault in it ends the venue, strangers have a share of it, it hears who still lives, and no log holds it up."""
