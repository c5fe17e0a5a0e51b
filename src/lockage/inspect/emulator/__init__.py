"""Functions, run where they will live: the real Runtime Interface Emulator, in the image or over unpacked archives.

``call`` says how a function is asked, ``subject`` what it runs from; ``sandbox`` holds both to what Lambda gives a
function and no more, and brings back a ``reading``; ``cause`` tells from it, purely, why there was no answer. ``check``
runs all functions of many artifacts on their probes; ``standing`` says which of them need not be run again; ``hold`` is
the door.
"""
