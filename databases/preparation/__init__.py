"""From recordings to aligned pairs: frames, faces, crops and the prepared folder."""
