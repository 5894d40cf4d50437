################################################################################
#
# postern
#
################################################################################

# What the version is built as stands in Postern's repository, two folders above this tree. Nothing is downloaded, and
# nothing compiled: Buildroot has no Swift.
POSTERN_REPOSITORY = $(BR2_EXTERNAL_POSTERN_PATH)/../..
POSTERN_VERSION = 0.1.0
POSTERN_SOURCE =
POSTERN_LICENSE = Apache-2.0, Apache-2.0 with Swift exception, MIT, BSD-2-Clause, GPL-3.0+ with GCC exception
POSTERN_LICENSE_FILES = LICENSE copyright
POSTERN_BINARY = $(POSTERN_REPOSITORY)/build/$(call qstrip,$(BR2_PACKAGE_POSTERN_PORT))/postern

define POSTERN_EXTRACT_CMDS
	@test -x $(POSTERN_BINARY) || { \
		echo "$(POSTERN_BINARY) is not there: make PORT=$(call qstrip,$(BR2_PACKAGE_POSTERN_PORT)) in Postern's repository" >&2; \
		exit 1; \
	}
	$(INSTALL) -D -m 0755 $(POSTERN_BINARY) $(@D)/postern
	$(INSTALL) -m 0644 $(POSTERN_REPOSITORY)/LICENSE $(POSTERN_REPOSITORY)/ports/copyright $(@D)
	printf 'POSTERN_OPTIONS=%s\n' '$(BR2_PACKAGE_POSTERN_OPTIONS)' > $(@D)/options
endef

define POSTERN_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/postern $(TARGET_DIR)/usr/sbin/postern
	$(INSTALL) -D -m 0644 $(@D)/options $(TARGET_DIR)/etc/default/postern
	$(INSTALL) -d -m 0750 $(TARGET_DIR)/etc/postern
endef

define POSTERN_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(POSTERN_REPOSITORY)/ports/init/S50postern \
		$(TARGET_DIR)/etc/init.d/S50postern
endef

define POSTERN_INSTALL_INIT_OPENRC
	$(INSTALL) -D -m 0755 $(POSTERN_REPOSITORY)/ports/init/postern.openrc \
		$(TARGET_DIR)/etc/init.d/postern
	$(INSTALL) -D -m 0644 $(@D)/options $(TARGET_DIR)/etc/conf.d/postern
endef

define POSTERN_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(POSTERN_REPOSITORY)/ports/init/postern.service \
		$(TARGET_DIR)/usr/lib/systemd/system/postern.service
	$(INSTALL) -D -m 0644 $(POSTERN_REPOSITORY)/ports/init/postern.socket \
		$(TARGET_DIR)/usr/lib/systemd/system/postern.socket
endef

define POSTERN_USERS
	postern -1 postern -1 * - - - Postern, TLS server
endef

define POSTERN_PERMISSIONS
	/etc/postern d 750 postern postern - - - - -
endef

$(eval $(generic-package))
