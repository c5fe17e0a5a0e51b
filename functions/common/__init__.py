"""What the platform's functions share: settings, logs, clients, tables and the probe."""
