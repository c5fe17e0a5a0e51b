"""What passed goes to the registry by digest, under an immutable tag."""
