"""An article goes in: files are read, cut into passages, encoded and stored in the archive."""
