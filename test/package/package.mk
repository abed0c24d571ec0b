# Releases: included from the Makefile.
#
#   dist      build/mod_chat-VERSION.tar.gz, of FROM (HEAD)
#   sbom      build/mod_chat-VERSION.spdx.json: what the programs are linked with
#   man       build/man/chatctl.1, build/man/chatd.8, from the manual
#   manual    build/manual/README.html and all pages that it leads to
#   deb       build/deb/*.deb, from the tarball         rpm   build/rpm/*.rpm
#   reproducible  two builds in different folders are bit for bit the same
#   platforms the table of platforms in docs/packages.md; HTTPD_GIT=DIR: with releases of httpd from its repository
#   packages  the Debian package in systems of its own, SUITES='bookworm trixie': build, install, use, upgrade, remove, purge
#
# deb and rpm take TARBALL=FILE, a release, as well. DEBEMAIL and DEBFULLNAME name who answers for the package; else the
# author of the commit does.

FROM    ?= HEAD
version  = $(shell { git show $(FROM):src/base/version.h || cat src/base/version.h; } 2>/dev/null | sed -nE 's/^.define CHAT_VERSION "(.*)"$$/\1/p')
release  = $(BUILD)/mod_chat-$(version)
TARBALL ?= $(release).tar.gz
author   = $(shell git log -1 --format=%ae $(FROM) 2>/dev/null)
.PHONY: dist sbom man manual deb rpm reproducible packages platforms

# `git archive` gives every file the time of the commit; gzip -n adds none.
dist:
	@mkdir -p $(BUILD)
	@git archive --prefix=mod_chat-$(version)/ -o $(release).tar $(FROM)
	@gzip -9nf $(release).tar && echo $(release).tar.gz

sbom: all
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct $(FROM)) python3 -B test/package/sbom.py $(version) $(filter %.so %/chatctl %/chatd,$(artefacts)) >$(release).spdx.json
	@echo $(release).spdx.json

man: $(BUILD)/man/chatctl.1 $(BUILD)/man/chatd.8
$(BUILD)/man/%: test/package/man.sh
	@mkdir -p $(@D)
	$(call say,MAN)test/package/man.sh $(*F) >$@

manual:
	@test/need.sh lowdown
	@test/package/manual.py $(BUILD)/manual

tarball := $(if $(filter file,$(origin TARBALL)),dist)
deb: $(tarball)
	@test/need.sh dpkg-dev fakeroot debhelper lowdown
	@test/package/deb.sh $(TARBALL) $(BUILD)/deb $(author)

rpm: $(tarball)
	@test/need.sh rpm rpmlint lowdown
	@test/package/rpm.sh $(TARBALL) $(BUILD)/rpm $(author)

reproducible:
	@test/package/reproducible.sh $(FROM)

# Needs root and Debian's archive.
SUITES ?= $(shell . /etc/os-release && echo $$VERSION_CODENAME)
packages: dist $(npm)
	@test/need.sh mmdebstrap lintian iproute2 nodejs systemd
	@test/package/packages.sh $(BUILD)/packages $(release).tar.gz $$($(MAKE) -s dist FROM=$(RELEASE_BEFORE)) '$(author)' $(SUITES)

platforms:
	@test/need.sh mmdebstrap autoconf libtool libtool-bin libpcre3-dev
	@test/package/platforms.sh $(abspath $(BUILD))/platforms $(HTTPD_GIT)
