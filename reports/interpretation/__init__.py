"""Pictures of what networks have learned: feature maps, weights and attributions."""
