"""`make soak`: whatever dies, whenever it dies, and whatever the network does, nothing is lost and nothing doubled."""
