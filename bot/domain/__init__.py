"""The domain: pure computation, without I/O, without async and without a clock."""
