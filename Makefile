# Everything starts here; `make help` lists it. A port is data (ports/<port>), the rules below are the same for all.

PORT ?= host
PORTS = $(patsubst ports/%/port.mk,%,$(wildcard ports/*/port.mk))
include ports/$(PORT)/port.mk

# A port on top of another, such as one board of a processor that has a port, has only a Config.swift of its own, and
# what it says about itself counts before what the other says.
BASE ?= $(PORT)
ifneq ($(BASE),$(PORT))
include ports/$(BASE)/port.mk
include ports/$(PORT)/port.mk
endif

# Debian's release decides which Mbed TLS is linked: trixie has 3.6, bookworm 2.28.
SUITE ?= $(DEFAULT_SUITE)

# The folder of Config.swift and the name of the build: a board's own, unless a test wants other values.
CONFIG ?= ports/$(PORT)
RELEASE := $(if $(filter-out $(DEFAULT_SUITE),$(SUITE)),-$(SUITE))
NAME ?= $(PORT)$(RELEASE)
BUILD := build/$(NAME)
# All configurations of one port are compiled in one folder: no more than Port and the program differ.
CODE := build/$(BASE)$(RELEASE)

# Not in parallel: SwiftPM uses all processors itself.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: all build run test board-test check fuzz bench ports certs docs format setup sysroot install sbom deb ipk clean help

all: build

# What a release of Debian brings: its GCC, and a musl that can unpack relocations (1.2.4) or not.
GCC_bookworm := 12
GCC_trixie := 14
RELOCATIONS_bookworm := none
RELOCATIONS_trixie := relr

ifneq ($(ARCHITECTURE),)
SYSROOT := build/sysroot/$(SUITE)-$(ARCHITECTURE)
endif

SWIFT_BUILD = swift build --build-system native -c release --product postern \
	$(if $(SWIFT_TRIPLE),--triple $(SWIFT_TRIPLE)) --toolset $(CODE)/toolset.json --scratch-path $(CODE)/swift
LLVM = $(dir $(realpath $(shell command -v swiftc)))

# Locked until the program has been taken out of the common folder.
build: export PORT_CONFIG := $(CONFIG)
build: export PORT_OTHERS := $(notdir $(filter-out %/Config.swift,$(wildcard $(CONFIG)/*)))
build: $(CODE)/toolset.json
	@mkdir -p $(BUILD)
	flock $(CODE) sh -ec '$(SWIFT_BUILD); \
		$(LLVM)llvm-objcopy --strip-all $$($(SWIFT_BUILD) --show-bin-path)/postern $(BUILD)/postern'
	@ports/sbom.sh $(BUILD)/postern $(PORT) $(CODE)/inputs >$(BUILD)/postern.cdx.json.new
	@mv $(BUILD)/postern.cdx.json.new $(BUILD)/postern.cdx.json
	@ports/report-size.sh $(BUILD)/postern
	@sed -n 's|^! |WARNING: $(BUILD)/postern is |p' $(CODE)/inputs >&2

# What Debian's packages put into the binary. Written anew only where they have changed: all is compiled then.
$(CODE)/inputs: setup sysroot
	@mkdir -p $(CODE)
	@ports/inputs.sh $(SYSROOT) >$@.new
	@cmp -s $@.new $@ || mv $@.new $@
	@rm -f $@.new

$(CODE)/toolset.json: ports/$(BASE)/toolset.json Makefile $(CODE)/inputs
	@mkdir -p $(CODE)
	sed -e 's|@SYSROOT@|$(abspath $(SYSROOT))|g' -e 's|@PORTS@|$(abspath ports)|g' \
		-e 's|@GCC@|$(GCC_$(SUITE))|g' -e 's|@RELOCATIONS@|$(RELOCATIONS_$(SUITE))|g' \
		-e "s|@PACKAGE@|$$(sed -n 's/^libmbedtls-dev \([^ ]*\) .*/\1/p' $(CODE)/inputs)|g" \
		-e "s|@UPDATES@|$$(grep -q '^!' $(CODE)/inputs && echo 0 || echo 1)|g" $< > $@.new
	@cmp -s $@.new $@ || rm -rf $(CODE)/swift      # SwiftPM compiles no Swift again when only options change
	@mv $@.new $@

sysroot:
	@$(if $(SYSROOT),ports/sysroot.sh $(ARCHITECTURE) $(SUITE) $(SYSROOT))

# What `make run` and a build need beside the Swift toolchain; what only tests need is in Tests/packages.
PACKAGES = libmbedtls-dev mmdebstrap libc6-dev
setup:
	@ports/install-packages.sh $(PACKAGES)

ports:
	set -e; for port in $(PORTS); do $(MAKE) PORT=$$port; done

# Installs what was built, as whoever calls it: `make install` never builds, so that root does not have to.
PREFIX ?= /usr/local
install:
	DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' INIT='$(INIT)' ports/install.sh $(BUILD)/postern

# The bill of materials, which every build makes.
sbom: build
	@echo $(BUILD)/postern.cdx.json

# Packages. What Debian, and what OpenWrt's opkg call the processor is a value of the port.
ifeq ($(ARCHITECTURE),)
deb ipk:
	@echo 'make $@: port $(PORT) is built for this machine alone; give PORT=amd64 or a board' >&2; exit 2
else
DEB_ARCHITECTURE ?= $(ARCHITECTURE)
deb: build
	ports/debian/build.sh $(BUILD)/postern $(DEB_ARCHITECTURE) $(BUILD)
ipk: build
	ports/openwrt/build.sh $(BUILD)/postern $(OPKG_ARCHITECTURE) $(BUILD)
endif

# Throw-away certificates to try the server with; never for a device. The list comes last.
certs/ca.crl:
	@test -x build/host/postern || $(MAKE) PORT=host
	certs/make.sh build/host/postern
certs:
	@rm -f certs/ca.crl
	$(MAKE) certs/ca.crl

run: build certs/ca.crl
	@echo 'Talk to it from another terminal; a line that you type comes back:'
	@echo '  openssl s_client -connect localhost:4433 -CAfile certs/ca.crt -verify_return_error -verify_hostname localhost -quiet'
	$(BUILD)/postern --listen localhost:4433 --certificate certs/server.crt --key certs/server.key

test:
	Tests/run

board-test:
	Tests/run board-armhf board-arm64 board-arm64-16k

# FUZZ_SECONDS=600 for longer than half a minute each, FUZZ_TARGETS='Names' for one of them.
fuzz:
	@ports/install-packages.sh $$(cat Tests/packages/pytest Tests/packages/fuzz)
	$(MAKE) PORT=host
	$(MAKE) PORT=amd64
	/usr/bin/python3 -m pytest -q -s -p no:cacheprovider Tests/Fuzz

bench:
	@ports/install-packages.sh $$(cat Tests/packages/benchmarks)
	$(MAKE) PORT=host
	$(MAKE) PORT=amd64
	python3 Tests/Benchmarks/bench.py

# The documentation of the library, in build/docs; any web server shows it.
docs:
	@ports/install-packages.sh $$(cat Tests/packages/swift-test)
	swift build --build-system native --scratch-path build/swift-test --target Postern
	Documentation/make.sh build/swift-test build/docs

format:
	swift format --in-place --recursive Package.swift Sources Tests ports

clean:
	rm -rf build .build

help:
	@echo 'make                 build/$(PORT)/postern; PORT=<port> for another of: $(PORTS)'
	@echo 'make run             build and serve localhost:4433'
	@echo 'make test            every test; Tests/run --help for one suite or one test'
	@echo 'make board-test      those on booted boards, of armhf and arm64 (also with 16 KiB pages)'
	@echo 'make fuzz            hostile bytes into every parser; FUZZ_SECONDS=600 for longer than half a minute each'
	@echo 'make bench           figures beside a minimal C loop'
	@echo 'make ports           all ports'
	@echo 'make install         what was built, to DESTDIR and PREFIX ($(PREFIX)), with what INIT needs: some of'
	@echo '                     busybox sysv openrc procd runit s6 systemd'
	@echo 'make deb, make ipk   a package for Debian, for OpenWrt, of PORT'
	@echo 'make sbom             what is in the binary, as build/$(PORT)/postern.cdx.json (CycloneDX)'
	@echo 'make certs           throw-away certificates in certs/, to try things with'
	@echo 'make docs            the documentation of the library, in build/docs'
	@echo 'make format          format the Swift sources'
	@echo 'make clean           remove what was built'
