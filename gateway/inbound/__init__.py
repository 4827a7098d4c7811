"""What comes in, without sockets: sessions, requests as commands, answers to questions."""
