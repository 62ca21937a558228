"""`python -m tests.voices` writes down everything that the bot says."""

import sys

from tests.voices.collect import main

sys.exit(main(sys.argv[1:]))
