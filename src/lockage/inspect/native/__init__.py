"""Native code, held to where it will run: read as facts, judged by pure functions, refused with every mistake at once.

``read`` turns trees into facts (the only part with effects); ``systems`` says what Lambda offers for a target;
``loader`` binds each object's libraries as the dynamic loader would; ``judge`` compares; ``hold`` is the door.
Nothing of this machine or of a stand-in is asked: an import that works there proves nothing about Lambda's glibc.
"""

from lockage.inspect.native.facts import LAYERS, ROOT, TASK, Root
from lockage.inspect.native.hold import NativeCodeDoubtful, NativeCodeRefused, hold_native
from lockage.inspect.native.inspection import NativeInspection, inspect_native
from lockage.inspect.native.read import matters
from lockage.inspect.native.remark import Remark
from lockage.inspect.native.target import Target

__all__ = [
    "LAYERS",
    "ROOT",
    "TASK",
    "NativeCodeDoubtful",
    "NativeCodeRefused",
    "NativeInspection",
    "Remark",
    "Root",
    "Target",
    "hold_native",
    "inspect_native",
    "matters",
]
