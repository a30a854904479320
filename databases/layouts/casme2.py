"""CASME II: micro-expressions, filmed at 200 frames per second."""

from typing import ClassVar

from posed_spontaneous.databases.layouts.coded_clips import CodedClips


class Casme2(CodedClips):
    """Frames in ``sub01/EP02_01f/img46.jpg``, annotated in an ``.xlsx``; the emotion is the label.

    "CASME II: an improved spontaneous micro-expression database and the baseline evaluation"
    (Yan et al., 2014, PLoS ONE). The table has ``/`` for an unknown apex.
    """

    paper: ClassVar[str] = (
        "Yan, Li, Wang, Zhao, Liu, Chen, Fu: CASME II: an improved spontaneous micro-expression "
        "database and the baseline evaluation. 2014, PLoS ONE"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the Institute of Psychology of the Chinese Academy of Sciences"
    )
    layout = "frames such as sub01/EP02_01f/img46.jpg"
    subjects = "sub[0-9][0-9]"
    subject = "sub{:0>2}"
    key_frames: ClassVar[dict[str, str]] = {
        "onset": "OnsetFrame",
        "apex": "ApexFrame",
        "offset": "OffsetFrame",
    }
    details: ClassVar[dict[str, str]] = {"action_units": "Action Units"}
    filmed = 26
    emotions: ClassVar[dict[str, int]] = {
        "happiness": 32,
        "disgust": 63,
        "repression": 27,
        "surprise": 25,
        "others": 99,
        "sadness": 7,
        "fear": 2,
    }
    source = "the database's table of 255 clips; its paper counts 247"
