"""What people type, made into a call. Guarantee: reading is a pure function, and it never guesses."""
