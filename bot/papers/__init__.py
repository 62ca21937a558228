"""What an organisation prints in peacetime: the directory of its people, and a slip for each new account."""
