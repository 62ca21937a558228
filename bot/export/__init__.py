"""The incident file: what leaves the store for a lawyer, an insurer or a judge, and how to verify it."""
