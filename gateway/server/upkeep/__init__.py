"""What a venue that runs has beside its turns: a look at its journal once a second, its metrics, its follower's process."""
