"""What people may ask of the bot.

Guarantee: each command is declared once (`spec`, `table`) and handled once, in the file of its noun.
"""
