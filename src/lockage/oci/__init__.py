"""OCI image layouts on disk: read, verified, compared."""
