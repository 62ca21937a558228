"""What an organisation prepares in peacetime, read from files: roster, directory, playbooks, templates."""
