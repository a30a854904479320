"""Launchers that Hydra finds by being in this namespace package."""
