"""The venue file: what it may say, and the commands that it becomes."""
