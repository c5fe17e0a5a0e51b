"""Programs we run: the subprocess wrapper, the tools lock, a verbs module each."""
