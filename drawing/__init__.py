"""How pictures look: one style for reports, dashboards and contact sheets."""
