# A Raspberry Pi Zero or 1: the build of armel with a configuration of its own.
BASE = armel
