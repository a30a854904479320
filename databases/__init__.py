"""From recordings of a database to an audited manifest of aligned pairs."""
