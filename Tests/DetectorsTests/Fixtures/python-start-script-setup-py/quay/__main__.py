"""Nothing to start here."""
