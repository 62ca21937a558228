"""Outside channels: what reaches people who are not looking at Matrix. Only this package imports apprise."""
