"""What every kind of test stands on."""

import signal

# A shell that starts a job in the background leaves it deaf to Ctrl-C, and so all that it starts. Tests that press
# Ctrl-C mean the terminal's own, wherever they run.
signal.signal(signal.SIGINT, signal.default_int_handler)
