"""Stage, check, shift, verify; and back. Plans are data, executors act."""
