"""Tests, in a folder for each room."""

import os

# Before Triton is imported: the kernels of packs run in its interpreter, on the processor.
os.environ.setdefault("TRITON_INTERPRET", "1")
