"""A crisis played on this machine: an embedded homeserver, encrypted players, and their script."""
