"""From recordings to aligned pairs: frames, faces, crops, and a folder that can be trained on."""
