"""What the bot costs beside bare nio: the same Matrix calls, on the same homeserver, in one run, in turns."""
