"""How fast training is: against what one writes first, and against what the processor can do."""
