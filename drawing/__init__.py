"""What all pictures share: one style, contact sheets, pairs and feature maps."""
