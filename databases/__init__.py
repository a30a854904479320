"""Layouts and annotations of databases: a file each, which yields recordings."""

from databases.bbc_smiles import BbcSmiles
from databases.casme2 import Casme2
from databases.ck_plus import CkPlus
from databases.database import Database, Published
from databases.disfa_plus import DisfaPlus
from databases.folder import Folder
from databases.pairs import Pairs
from databases.recording import Recording, Video, natural_order
from databases.samm import Samm
from databases.smic import Smic
from databases.spos import Spos
from databases.ustc_nvie import UstcNvie
from databases.uva_nemo import UvaNemo
from databases.videos import Videos

__all__ = [
    "BbcSmiles",
    "Casme2",
    "CkPlus",
    "Database",
    "DisfaPlus",
    "Folder",
    "Pairs",
    "Published",
    "Recording",
    "Samm",
    "Smic",
    "Spos",
    "UstcNvie",
    "UvaNemo",
    "Video",
    "Videos",
    "natural_order",
]
