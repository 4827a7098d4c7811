"""What can be subscribed to: one module a channel, and `registry`, which knows them all."""
