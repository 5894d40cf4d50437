# A Raspberry Pi Zero or 1: the build of armel with a configuration of its own.
BASE = armel
# Raspberry Pi OS has the name of a processor with more for this one.
DEB_ARCHITECTURE = armhf
OPKG_ARCHITECTURE = arm_arm1176jzf-s_vfp
# The Zero's own processor.
RUNNER = qemu-arm -cpu arm1176
