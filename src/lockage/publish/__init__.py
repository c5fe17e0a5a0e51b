"""What passed goes to the registry by digest, under an immutable tag; zips and layers go to the release store."""
