"""`tocsin playbook`: what a playbook holds, for whom, and how an organisation's own differ from those that are shipped.

Guarantee: what is shown is what an incident would be opened with in the same circumstances, and nothing is overwritten.
"""
