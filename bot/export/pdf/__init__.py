"""`journal.pdf`: the log to read, on paper. Everything that it says is in `journal.jsonl`, which alone proves."""
