"""Conversations with the bot, as people have them."""
